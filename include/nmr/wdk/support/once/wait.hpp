#pragma once
#include <nmr/platform/std_atomics.hpp>
#include <nmr/wdk/support/once/irql.hpp>
#include <nmr/wdk/support/once/machine.hpp>
#include <nmr/wdk/support/once/parking.hpp>
#include <nmr/wdk/support/wait.h>

NMR_BEGIN_NAMESPACE
namespace wdk {

/// Objects that can be waited for. Their state belongs to the mutex of their lot.
struct Waitable {
  enum : UCHAR { kNotification = 0, kSynchronization = 1, kMutex = 2 };

  static void initialize(DISPATCHER_HEADER& header, UCHAR type, LONG state) noexcept {
    LIST_ENTRY* const itself = &header.WaitListHead;
    header = {type, {}, state, {itself, itself}};
  }
  [[nodiscard]] static bool valid(const DISPATCHER_HEADER& header, const char* function) noexcept {
    if (header.Type <= kMutex && header.WaitListHead.Flink == &header.WaitListHead) return true;
    nmr_wdk_misuse("dispatcher object", function, "not initialised, or moved since", &header);
    return false;
  }
  /// Sets the state. Returns what it was, or 0 if there is no such object.
  static LONG set(DISPATCHER_HEADER& header, LONG state, const char* function, const void* caller) noexcept {
    if (!at_most(DISPATCH_LEVEL, "KEVENT", function, &header, caller) || !valid(header, function)) return 0;
    Lot& lot = lot_of(&header);
    LockGuard lock(lot.mutex);
    const LONG before = header.SignalState;
    header.SignalState = state;
    if (state != 0) lot.changed.notify_all();
    return before;
  }
  /// What the end of a wait does to the object. Returns false if it has not come.
  [[nodiscard]] static bool try_take(DISPATCHER_HEADER& header) noexcept {
    if (header.Type == kMutex) {
      auto& mutex = reinterpret_cast<KMUTANT&>(header);
      void* const mine = &this_thread();
      if (header.SignalState <= 0 && mutex.OwnerThread != mine) return false;
      mutex.OwnerThread = mine;
      --header.SignalState;
      return true;
    }
    if (header.SignalState == 0) return false;
    if (header.Type == kSynchronization) header.SignalState = 0;
    return true;
  }
};

/// Returns when a timeout is over, of the clock that never jumps.
[[nodiscard]] inline platform::Deadline deadline_of(const LARGE_INTEGER* timeout) noexcept {
  if (timeout == nullptr) return platform::kNever;
  if (timeout->QuadPart == 0) return 0;  // long ago
  const std::int64_t left =
      timeout->QuadPart < 0 ? -(timeout->QuadPart + 1) : timeout->QuadPart - system_time();
  if (left <= 0 && timeout->QuadPart > 0) return 0;
  return left >= platform::kNever / 100 ? static_cast<platform::Deadline>(platform::kNever)
                                        : deadline_after<StdAtomics>((left + 1) * 100);
}

}  // namespace wdk
NMR_END_NAMESPACE

VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State) {
  nmr::wdk::Waitable::initialize(Event->Header, static_cast<UCHAR>(Type), State != FALSE);
}
LONG KeSetEvent(PRKEVENT Event, KPRIORITY, BOOLEAN) {
  return nmr::wdk::Waitable::set(Event->Header, 1, "KeSetEvent", __builtin_return_address(0));
}
LONG KeResetEvent(PRKEVENT Event) {
  return nmr::wdk::Waitable::set(Event->Header, 0, "KeResetEvent", __builtin_return_address(0));
}
VOID KeClearEvent(PRKEVENT Event) {
  nmr::wdk::Waitable::set(Event->Header, 0, "KeClearEvent", __builtin_return_address(0));
}
LONG KeReadStateEvent(PRKEVENT Event) {
  if (!nmr::wdk::Waitable::valid(Event->Header, "KeReadStateEvent")) return 0;
  nmr::LockGuard lock(nmr::wdk::lot_of(Event).mutex);
  return Event->Header.SignalState;
}

VOID KeInitializeMutex(PRKMUTEX Mutex, ULONG) {
  nmr::wdk::Waitable::initialize(Mutex->Header, nmr::wdk::Waitable::kMutex, 1);
  Mutex->OwnerThread = nullptr;
}
LONG KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN) {
  if (!nmr::wdk::Waitable::valid(Mutex->Header, "KeReleaseMutex")) return 0;
  nmr::wdk::Lot& lot = nmr::wdk::lot_of(Mutex);
  lot.mutex.lock();
  const LONG before = Mutex->Header.SignalState;
  const bool mine = before <= 0 && Mutex->OwnerThread == &nmr::wdk::this_thread();
  if (mine) {
    ++Mutex->Header.SignalState;
    if (before == 0) {
      Mutex->OwnerThread = nullptr;
      lot.changed.notify_all();
    }
  }
  lot.mutex.unlock();
  if (!mine) nmr_wdk_misuse("KMUTEX", "KeReleaseMutex", "released by a thread that does not own it", Mutex);
  return before;
}

NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON, KPROCESSOR_MODE, BOOLEAN, PLARGE_INTEGER Timeout) {
  auto& header = *static_cast<DISPATCHER_HEADER*>(Object);
  const bool asks_only = Timeout != nullptr && Timeout->QuadPart == 0;
  if (!nmr::wdk::at_most(asks_only ? DISPATCH_LEVEL : APC_LEVEL, "dispatcher object", "KeWaitForSingleObject",
                         Object, __builtin_return_address(0)) ||
      !nmr::wdk::Waitable::valid(header, "KeWaitForSingleObject"))
    return STATUS_UNSUCCESSFUL;
  const nmr::platform::Deadline deadline = nmr::wdk::deadline_of(Timeout);
  nmr::wdk::Lot& lot = nmr::wdk::lot_of(Object);
  nmr::LockGuard lock(lot.mutex);
  while (!nmr::wdk::Waitable::try_take(header)) {
    if (!lot.changed.wait_until(lot.mutex, deadline)) return STATUS_TIMEOUT;
  }
  return STATUS_SUCCESS;
}

NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE, BOOLEAN, PLARGE_INTEGER Interval) {
  if (!nmr::wdk::at_most(APC_LEVEL, "thread", "KeDelayExecutionThread", nullptr, __builtin_return_address(0)))
    return STATUS_UNSUCCESSFUL;
  const nmr::platform::Deadline deadline = nmr::wdk::deadline_of(Interval);
  for (std::int64_t now = nmr::platform::now_ns(); now < deadline; now = nmr::platform::now_ns())
    nmr::platform::sleep_for_ns(deadline - now);
  return STATUS_SUCCESS;
}
