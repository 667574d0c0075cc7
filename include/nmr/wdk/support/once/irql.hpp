#pragma once
#include <cstdint>
#include <cstdio>

#include <nmr/platform/report_misuse.hpp>
#include <nmr/wdk/support/irql.h>
#include <nmr/wdk/support/lists.h>

NMR_BEGIN_NAMESPACE
namespace wdk {

/// What is a thread's own. Its address tells threads apart, and is never null.
struct ThisThread {
  KIRQL irql = PASSIVE_LEVEL;
  unsigned critical_regions = 0;
  const char* rundown_place = nullptr;  // of the next call that is verified
};
inline ThisThread& this_thread() noexcept {
  static thread_local ThisThread mine;
  return mine;
}
[[nodiscard]] inline ULONG_PTR this_thread_id() noexcept {
  return reinterpret_cast<ULONG_PTR>(&this_thread());
}

/// Reports that a function was called at a level where it must not be.
inline void report_level(const char* object, const char* function, const volatile void* address,
                         const void* caller, const char* must_be) noexcept {
  char where[160];
  if (caller != nullptr)
    std::snprintf(where, sizeof where, "%s, called at %p", function, caller);
  else
    std::snprintf(where, sizeof where, "%s", function);
  char rule[80];
  std::snprintf(rule, sizeof rule, "called at level %u; it must be %s", unsigned{this_thread().irql},
                must_be);
  report_misuse({object, where, rule, const_cast<const void*>(address)});
}

[[nodiscard]] inline bool at_most(KIRQL level, const char* object, const char* function,
                                  const volatile void* address, const void* caller) noexcept {
  if (this_thread().irql <= level) [[likely]]
    return true;
  const char* const texts[] = {"PASSIVE_LEVEL", "APC_LEVEL or below", "DISPATCH_LEVEL or below"};
  report_level(object, function, address, caller, level < 3 ? texts[level] : "lower");
  return false;
}

/// As KeRaiseIrql() and KeLowerIrql(), on behalf of another function. Return whether they have.
[[nodiscard]] inline bool raise(KIRQL level, const char* function, const void* caller) noexcept {
  if (!at_most(level, "IRQL", function, nullptr, caller)) return false;
  this_thread().irql = level;
  return true;
}
inline bool lower(KIRQL level, const char* function, const void* caller) noexcept {
  if (this_thread().irql < level) {
    report_level("IRQL", function, nullptr, caller, "the level that it goes down to, or above");
    return false;
  }
  this_thread().irql = level;
  return true;
}

}  // namespace wdk
NMR_END_NAMESPACE

KIRQL KeGetCurrentIrql() { return nmr::wdk::this_thread().irql; }

VOID KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql) {
  *OldIrql = nmr::wdk::this_thread().irql;
  (void)nmr::wdk::raise(NewIrql, "KeRaiseIrql", __builtin_return_address(0));
}
KIRQL KeRaiseIrqlToDpcLevel() {
  const KIRQL before = nmr::wdk::this_thread().irql;
  (void)nmr::wdk::raise(DISPATCH_LEVEL, "KeRaiseIrqlToDpcLevel", __builtin_return_address(0));
  return before;
}
VOID KeLowerIrql(KIRQL NewIrql) { nmr::wdk::lower(NewIrql, "KeLowerIrql", __builtin_return_address(0)); }

VOID KeEnterCriticalRegion() { ++nmr::wdk::this_thread().critical_regions; }
VOID KeLeaveCriticalRegion() {
  unsigned& regions = nmr::wdk::this_thread().critical_regions;
  if (regions == 0)
    return nmr_wdk_misuse("critical region", "KeLeaveCriticalRegion", "left without having been entered",
                          nullptr);
  --regions;
}
BOOLEAN KeAreApcsDisabled() {
  const nmr::wdk::ThisThread& mine = nmr::wdk::this_thread();
  return mine.critical_regions != 0 || mine.irql >= APC_LEVEL;
}

BOOLEAN nmr_wdk_irql_at_most(KIRQL level, const char* object, const char* function,
                             const volatile void* address, const void* caller) {
  return nmr::wdk::at_most(level, object, function, address, caller);
}

BOOLEAN nmr_wdk_in_line_at_most(KIRQL level, const char* object, const char* function,
                                const volatile void* address) {
  return nmr::wdk::at_most(level, object, function, address, __builtin_return_address(0));
}

VOID nmr_wdk_misuse(const char* object, const char* function, const char* rule,
                    const volatile void* address) {
  nmr::report_misuse({object, function, rule, const_cast<const void*>(address)});
}
