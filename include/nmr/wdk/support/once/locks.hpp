#pragma once
#include <nmr/platform/std_atomics.hpp>
#include <nmr/wdk/support/interlocked.h>
#include <nmr/wdk/support/locks.h>
#include <nmr/wdk/support/once/irql.hpp>
#include <nmr/wdk/support/once/parking.hpp>

NMR_BEGIN_NAMESPACE
namespace wdk {

/// Reports where a function is called below DISPATCH_LEVEL that leaves the level alone; or above it, as all of them.
[[nodiscard]] inline bool at_dispatch(const char* object, const char* function, const volatile void* address,
                                      const void* caller) noexcept {
  if (this_thread().irql == DISPATCH_LEVEL) [[likely]]
    return true;
  report_level(object, function, address, caller, "DISPATCH_LEVEL");
  return false;
}

/// A KSPIN_LOCK holds who has it, or 0.
[[nodiscard]] inline bool try_spin_lock(PKSPIN_LOCK lock) noexcept {
  return nmr_wdk_compare_exchange(lock, this_thread_id(), 0) == 0;
}
inline void spin_lock(PKSPIN_LOCK lock, const char* function) noexcept {
  if (nmr_wdk_read(lock) == this_thread_id())
    return nmr_wdk_misuse("KSPIN_LOCK", function, "acquired by the thread that holds it", lock);
  for (unsigned turn = 0; !try_spin_lock(lock); ++turn) StdAtomics::relax(turn);
}
[[nodiscard]] inline bool spin_unlock(PKSPIN_LOCK lock, const char* function) noexcept {
  if (nmr_wdk_compare_exchange(lock, 0, this_thread_id()) == this_thread_id()) return true;
  nmr_wdk_misuse("KSPIN_LOCK", function, "released by a thread that does not hold it", lock);
  return false;
}

/// An EX_SPIN_LOCK counts who shares it. The upper bit keeps more from coming: of who has it alone, or waits for that.
struct SharedSpin {
  enum : LONG { kExclusive = INT32_MIN };

  static void lock_shared(PEX_SPIN_LOCK lock) noexcept {
    for (unsigned turn = 0;; ++turn) {
      const LONG seen = ReadAcquire(lock);
      if (seen >= 0 && InterlockedCompareExchange(lock, seen + 1, seen) == seen) return;
      StdAtomics::relax(turn);
    }
  }
  [[nodiscard]] static bool unlock_shared(PEX_SPIN_LOCK lock, const char* function) noexcept {
    for (;;) {
      const LONG seen = ReadAcquire(lock);
      if ((seen & ~kExclusive) == 0) {
        nmr_wdk_misuse("EX_SPIN_LOCK", function, "released while nobody shares it", lock);
        return false;
      }
      if (InterlockedCompareExchange(lock, seen - 1, seen) == seen) return true;
    }
  }
  static void lock(PEX_SPIN_LOCK lock) noexcept {
    for (unsigned turn = 0;; ++turn) {
      const LONG seen = ReadAcquire(lock);
      if (seen >= 0 && InterlockedCompareExchange(lock, seen | kExclusive, seen) == seen) break;
      StdAtomics::relax(turn);
    }
    for (unsigned turn = 0; ReadAcquire(lock) != kExclusive; ++turn) StdAtomics::relax(turn);
  }
  [[nodiscard]] static bool unlock(PEX_SPIN_LOCK lock, const char* function) noexcept {
    if (InterlockedCompareExchange(lock, 0, kExclusive) == kExclusive) return true;
    nmr_wdk_misuse("EX_SPIN_LOCK", function, "released while nobody has it alone", lock);
    return false;
  }
};

/// An EX_PUSH_LOCK counts who shares it; all ones is who has it alone. Belongs to the mutex of its lot.
struct Push {
  enum : ULONG_PTR { kExclusive = ~ULONG_PTR{0} };

  template <class MayEnter, class Enter>
  static void acquire(PEX_PUSH_LOCK lock, const char* function, const void* caller, MayEnter may_enter,
                      Enter enter) noexcept {
    if (!at_most(APC_LEVEL, "EX_PUSH_LOCK", function, lock, caller)) return;
    Lot& lot = lot_of(lock);
    LockGuard guard(lot.mutex);
    while (!may_enter(*lock)) lot.changed.wait(lot.mutex);
    *lock = enter(*lock);
  }
  template <class IsHeld, class Leave>
  static void release(PEX_PUSH_LOCK lock, const char* function, IsHeld is_held, Leave leave) noexcept {
    Lot& lot = lot_of(lock);
    lot.mutex.lock();
    const bool held = is_held(*lock);
    if (held) {
      *lock = leave(*lock);
      lot.changed.notify_all();
    }
    lot.mutex.unlock();
    if (!held) nmr_wdk_misuse("EX_PUSH_LOCK", function, "released while nobody holds it so", lock);
  }
};

}  // namespace wdk
NMR_END_NAMESPACE

VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock) { *SpinLock = 0; }
KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock) {
  const KIRQL before = KeGetCurrentIrql();
  if (nmr::wdk::raise(DISPATCH_LEVEL, "KeAcquireSpinLock", __builtin_return_address(0)))
    nmr::wdk::spin_lock(SpinLock, "KeAcquireSpinLock");
  return before;
}
VOID KeAcquireSpinLock(PKSPIN_LOCK SpinLock, PKIRQL OldIrql) {
  *OldIrql = KeGetCurrentIrql();
  if (nmr::wdk::raise(DISPATCH_LEVEL, "KeAcquireSpinLock", __builtin_return_address(0)))
    nmr::wdk::spin_lock(SpinLock, "KeAcquireSpinLock");
}
VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql) {
  if (nmr::wdk::spin_unlock(SpinLock, "KeReleaseSpinLock"))
    nmr::wdk::lower(NewIrql, "KeReleaseSpinLock", __builtin_return_address(0));
}
VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) {
  const char* const name = "KeAcquireSpinLockAtDpcLevel";
  if (nmr::wdk::at_dispatch("KSPIN_LOCK", name, SpinLock, __builtin_return_address(0)))
    nmr::wdk::spin_lock(SpinLock, name);
}
BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) {
  const char* const name = "KeTryToAcquireSpinLockAtDpcLevel";
  return nmr::wdk::at_dispatch("KSPIN_LOCK", name, SpinLock, __builtin_return_address(0)) &&
         nmr::wdk::try_spin_lock(SpinLock);
}
VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock) {
  (void)nmr::wdk::spin_unlock(SpinLock, "KeReleaseSpinLockFromDpcLevel");
}

KIRQL ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock) {
  const KIRQL before = KeGetCurrentIrql();
  if (nmr::wdk::raise(DISPATCH_LEVEL, "ExAcquireSpinLockShared", __builtin_return_address(0)))
    nmr::wdk::SharedSpin::lock_shared(SpinLock);
  return before;
}
VOID ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql) {
  if (nmr::wdk::SharedSpin::unlock_shared(SpinLock, "ExReleaseSpinLockShared"))
    nmr::wdk::lower(OldIrql, "ExReleaseSpinLockShared", __builtin_return_address(0));
}
KIRQL ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock) {
  const KIRQL before = KeGetCurrentIrql();
  if (nmr::wdk::raise(DISPATCH_LEVEL, "ExAcquireSpinLockExclusive", __builtin_return_address(0)))
    nmr::wdk::SharedSpin::lock(SpinLock);
  return before;
}
VOID ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql) {
  if (nmr::wdk::SharedSpin::unlock(SpinLock, "ExReleaseSpinLockExclusive"))
    nmr::wdk::lower(OldIrql, "ExReleaseSpinLockExclusive", __builtin_return_address(0));
}
VOID ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock) {
  const char* const name = "ExAcquireSpinLockSharedAtDpcLevel";
  if (nmr::wdk::at_dispatch("EX_SPIN_LOCK", name, SpinLock, __builtin_return_address(0)))
    nmr::wdk::SharedSpin::lock_shared(SpinLock);
}
VOID ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK SpinLock) {
  (void)nmr::wdk::SharedSpin::unlock_shared(SpinLock, "ExReleaseSpinLockSharedFromDpcLevel");
}
VOID ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock) {
  const char* const name = "ExAcquireSpinLockExclusiveAtDpcLevel";
  if (nmr::wdk::at_dispatch("EX_SPIN_LOCK", name, SpinLock, __builtin_return_address(0)))
    nmr::wdk::SharedSpin::lock(SpinLock);
}
VOID ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK SpinLock) {
  (void)nmr::wdk::SharedSpin::unlock(SpinLock, "ExReleaseSpinLockExclusiveFromDpcLevel");
}

VOID ExInitializePushLock(PEX_PUSH_LOCK PushLock) { *PushLock = 0; }
VOID ExAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock) {
  nmr::wdk::Push::acquire(
      PushLock, "ExAcquirePushLockExclusive", __builtin_return_address(0),
      [](ULONG_PTR state) { return state == 0; },
      [](ULONG_PTR) { return ULONG_PTR{nmr::wdk::Push::kExclusive}; });
}
VOID ExReleasePushLockExclusive(PEX_PUSH_LOCK PushLock) {
  nmr::wdk::Push::release(
      PushLock, "ExReleasePushLockExclusive",
      [](ULONG_PTR state) { return state == nmr::wdk::Push::kExclusive; },
      [](ULONG_PTR) { return ULONG_PTR{0}; });
}
VOID ExAcquirePushLockShared(PEX_PUSH_LOCK PushLock) {
  nmr::wdk::Push::acquire(
      PushLock, "ExAcquirePushLockShared", __builtin_return_address(0),
      [](ULONG_PTR state) { return state != nmr::wdk::Push::kExclusive; },
      [](ULONG_PTR state) { return state + 1; });
}
VOID ExReleasePushLockShared(PEX_PUSH_LOCK PushLock) {
  nmr::wdk::Push::release(
      PushLock, "ExReleasePushLockShared",
      [](ULONG_PTR state) { return state != 0 && state != nmr::wdk::Push::kExclusive; },
      [](ULONG_PTR state) { return state - 1; });
}
