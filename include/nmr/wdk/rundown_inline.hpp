#pragma once
#include <cstddef>
#include <cstdint>
#include <new>

#include <nmr/platform/pointer.hpp>
#include <nmr/rundown/std_rundown.hpp>
#include <nmr/wdk/rundown.h>
#include <nmr/wdk/support/irql.h>

NMR_BEGIN_NAMESPACE
namespace wdk {

static_assert(sizeof(EX_RUNDOWN_REF) == sizeof(RundownRef) && alignof(EX_RUNDOWN_REF) == alignof(RundownRef));

/// Returns the reference whose bytes these are. That all of them are zero in one that is open and new is a matter of
/// RundownWord and CompletionList.
///
/// Where drivers zero the memory and call no ExInitialize, the standard knows of no RundownRef in it: none was made, and
/// its constructor does something, so that none begins to live by itself. GCC and Clang, which these names are for, do not
/// ask for that. They go by what is read and written: words, by the atomic built-ins alone, in an array of unsigned
/// char, which may be anything; and nothing is known of an object but its words, which has no virtual functions and no
/// member that is const or a reference. R135 holds them to it. After ExInitialize it is as the standard has it.
[[nodiscard]] inline RundownRef& ref_in(PEX_RUNDOWN_REF memory) noexcept {
  return *static_cast<RundownRef*>(static_cast<void*>(memory));
}

/// Returns where in the caller's memory the reference lies: at the first place that is aligned for it.
[[nodiscard]] inline ShardedRundownRef& ref_in(PEX_RUNDOWN_REF_CACHE_AWARE memory) noexcept {
  constexpr std::uintptr_t kMask = alignof(ShardedRundownRef) - 1;
  return *reinterpret_cast<ShardedRundownRef*>((reinterpret_cast<std::uintptr_t>(memory) + kMask) & ~kMask);
}

/// Reports a wait at a level at which Windows forbids it, and goes on: whoever waits is about to free something.
inline void look_at_level(const char* object, const char* function, const void* ref) noexcept {
  auto* look = &nmr_wdk_in_line_at_most;  // not const: to compare a name itself with null is warned of
  if (look != nullptr) (void)look(APC_LEVEL, object, function, ref);
}

}  // namespace wdk
NMR_END_NAMESPACE

extern "C" {

NMR_WDK_IN_LINE void NTAPI ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) {
  new (nmr::platform::At{RunRef}) nmr::RundownRef;
}
NMR_WDK_IN_LINE BOOLEAN NTAPI ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef) {
  return nmr::wdk::ref_in(RunRef).try_acquire();
}
NMR_WDK_IN_LINE BOOLEAN NTAPI ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count) {
  return nmr::wdk::ref_in(RunRef).try_acquire(Count);
}
NMR_WDK_IN_LINE void NTAPI ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef) {
  nmr::wdk::ref_in(RunRef).release();
}
NMR_WDK_IN_LINE void NTAPI ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count) {
  nmr::wdk::ref_in(RunRef).release(Count);
}
NMR_WDK_IN_LINE void NTAPI ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef) {
  nmr::wdk::look_at_level("EX_RUNDOWN_REF", "ExWaitForRundownProtectionRelease", RunRef);
  nmr::wdk::ref_in(RunRef).run_down();
}
NMR_WDK_IN_LINE void NTAPI ExRundownCompleted(PEX_RUNDOWN_REF RunRef) {
  nmr::wdk::ref_in(RunRef).rundown_completed();
}
NMR_WDK_IN_LINE void NTAPI ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) {
  nmr::wdk::ref_in(RunRef).reinitialize();
}

NMR_WDK_IN_LINE SIZE_T NTAPI ExSizeOfRundownProtectionCacheAware(void) {
  return alignof(nmr::ShardedRundownRef) - 1 + nmr::ShardedRundownRef::bytes_in_place();
}
NMR_WDK_IN_LINE void NTAPI ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                                   SIZE_T RunRefSize) {
  auto& ref = nmr::wdk::ref_in(RunRef);
  const auto skipped = static_cast<SIZE_T>(reinterpret_cast<char*>(&ref) - reinterpret_cast<char*>(RunRef));
  nmr::ShardedRundownRef::make_in_place(&ref, RunRefSize < skipped ? 0 : RunRefSize - skipped);
}
NMR_WDK_IN_LINE PEX_RUNDOWN_REF_CACHE_AWARE NTAPI ExAllocateCacheAwareRundownProtection(POOL_TYPE, ULONG) {
  const SIZE_T size = ExSizeOfRundownProtectionCacheAware();
  void* const memory = ::operator new(size, std::nothrow);
  const auto ref = static_cast<PEX_RUNDOWN_REF_CACHE_AWARE>(memory);
  if (ref != nullptr) ExInitializeRundownProtectionCacheAware(ref, size);
  return ref;
}
NMR_WDK_IN_LINE void NTAPI ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  nmr::wdk::ref_in(RunRef).~BasicShardedRundownRef();
  ::operator delete(static_cast<void*>(RunRef));
}

NMR_WDK_IN_LINE BOOLEAN NTAPI ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  return nmr::wdk::ref_in(RunRef).try_acquire();
}
NMR_WDK_IN_LINE BOOLEAN NTAPI ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                                     ULONG Count) {
  return nmr::wdk::ref_in(RunRef).try_acquire(Count);
}
NMR_WDK_IN_LINE void NTAPI ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  nmr::wdk::ref_in(RunRef).release();
}
NMR_WDK_IN_LINE void NTAPI ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                                  ULONG Count) {
  nmr::wdk::ref_in(RunRef).release(Count);
}
NMR_WDK_IN_LINE void NTAPI ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  nmr::wdk::look_at_level("EX_RUNDOWN_REF_CACHE_AWARE", "ExWaitForRundownProtectionReleaseCacheAware",
                          RunRef);
  nmr::wdk::ref_in(RunRef).run_down();
}
NMR_WDK_IN_LINE void NTAPI ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  nmr::wdk::ref_in(RunRef).rundown_completed();
}
NMR_WDK_IN_LINE void NTAPI ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  nmr::wdk::ref_in(RunRef).reinitialize();
}

}  // extern "C"
