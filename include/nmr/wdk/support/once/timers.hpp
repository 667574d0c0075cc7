#pragma once
#include <thread>

#include <nmr/platform/callback_boundary.hpp>
#include <nmr/platform/std_atomics.hpp>
#include <nmr/wdk/support/lists.h>
#include <nmr/wdk/support/once/immortal.hpp>
#include <nmr/wdk/support/once/wait.hpp>
#include <nmr/wdk/support/timers.h>

NMR_BEGIN_NAMESPACE
namespace wdk {

/// The thread that waits for timers and runs their routines. Its mutex is locked before those of lots.
class Clock {
 public:
  Clock() noexcept {
    InitializeListHead(&dpcs_);
    InitializeListHead(&timers_);
  }

  [[nodiscard]] bool queue(KDPC& dpc, PVOID one, PVOID two) noexcept {
    LockGuard lock(mutex_);
    return ready() && enqueue(dpc, one, two);
  }
  [[nodiscard]] bool remove(KDPC& dpc) noexcept {
    LockGuard lock(mutex_);
    return unlink(dpc.DpcListEntry);
  }
  void flush() noexcept {
    LockGuard lock(mutex_);
    while (running_ || !IsListEmpty(&dpcs_)) idle_.wait(mutex_);
  }

  [[nodiscard]] bool set(KTIMER& timer, const LARGE_INTEGER& due, LONG period, PKDPC dpc) noexcept {
    LockGuard lock(mutex_);
    const bool was_set = unlink(timer.TimerListEntry);
    Waitable::set(timer.Header, 0, "KeSetTimer", nullptr);
    timer.DueTime = deadline_of(&due);
    timer.Period = period;
    timer.Dpc = dpc;
    if (ready()) insert(timer);
    work_.notify_all();
    return was_set;
  }
  [[nodiscard]] bool cancel(KTIMER& timer) noexcept {
    LockGuard lock(mutex_);
    return unlink(timer.TimerListEntry);
  }

 private:
  /// Returns whether there is the thread.
  [[nodiscard]] bool ready() noexcept {
    if (started_) return true;
    auto start = [this] { return std::thread([this] { run(); }).detach(), true; };
    auto none = [] { return false; };
    started_ = platform::Callbacks<platform::ThisUnit>::translate<bool>(start, none);
    if (!started_) nmr_wdk_misuse("timer", "KeSetTimer", "there is no thread to be had", this);
    return started_;
  }

  /// Returns whether it was linked.
  static bool unlink(LIST_ENTRY& entry) noexcept {
    if (entry.Flink == nullptr) return false;
    RemoveEntryList(&entry);
    entry.Flink = nullptr;
    return true;
  }
  bool enqueue(KDPC& dpc, PVOID one, PVOID two) noexcept {
    if (dpc.DpcListEntry.Flink != nullptr) return false;
    dpc.SystemArgument1 = one;
    dpc.SystemArgument2 = two;
    InsertTailList(&dpcs_, &dpc.DpcListEntry);
    work_.notify_all();
    return true;
  }
  /// The list is sorted by when they are due.
  void insert(KTIMER& timer) noexcept {
    LIST_ENTRY* behind = timers_.Flink;
    while (behind != &timers_ && of(behind).DueTime <= timer.DueTime) behind = behind->Flink;
    InsertTailList(behind, &timer.TimerListEntry);
  }
  static KTIMER& of(LIST_ENTRY* entry) noexcept { return *CONTAINING_RECORD(entry, KTIMER, TimerListEntry); }

  void run() noexcept {
    LockGuard lock(mutex_);
    for (;;) {
      if (!IsListEmpty(&dpcs_)) {
        run_first();
      } else if (IsListEmpty(&timers_)) {
        work_.wait(mutex_);
      } else if (of(timers_.Flink).DueTime <= platform::now_ns()) {
        fire(of(timers_.Flink));
      } else {
        (void)work_.wait_until(mutex_, of(timers_.Flink).DueTime);
      }
    }
  }

  void fire(KTIMER& timer) noexcept {
    unlink(timer.TimerListEntry);
    if (timer.Dpc != nullptr) enqueue(*timer.Dpc, nullptr, nullptr);
    if (timer.Period > 0) {
      timer.DueTime += timer.Period * std::int64_t{1'000'000};
      insert(timer);
    }
    Waitable::set(timer.Header, 1, "KeSetTimer", nullptr);  // last: whoever waits for it may free it
  }

  void run_first() noexcept {
    KDPC& dpc = *CONTAINING_RECORD(dpcs_.Flink, KDPC, DpcListEntry);
    unlink(dpc.DpcListEntry);
    const KDPC seen = dpc;  // it may be queued again, or freed
    const KIRQL level = seen.Threaded ? PASSIVE_LEVEL : DISPATCH_LEVEL;
    running_ = true;
    mutex_.unlock();
    this_thread().irql = level;
    seen.DeferredRoutine(&dpc, seen.DeferredContext, seen.SystemArgument1, seen.SystemArgument2);
    if (this_thread().irql != level)
      nmr_wdk_misuse("KDPC", "its routine", "returned at another level",
                     reinterpret_cast<void*>(seen.DeferredRoutine));
    this_thread().irql = PASSIVE_LEVEL;
    mutex_.lock();
    running_ = false;
    if (IsListEmpty(&dpcs_)) idle_.notify_all();
  }

  platform::Mutex mutex_;
  platform::Condition work_;
  platform::Condition idle_;
  LIST_ENTRY dpcs_;
  LIST_ENTRY timers_;
  bool started_ = false;
  bool running_ = false;
};

}  // namespace wdk
NMR_END_NAMESPACE

VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
  *Dpc = {{}, DeferredRoutine, DeferredContext, nullptr, nullptr, FALSE};
}
VOID KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
  *Dpc = {{}, DeferredRoutine, DeferredContext, nullptr, nullptr, TRUE};
}
BOOLEAN KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2) {
  return nmr::wdk::immortal<nmr::wdk::Clock>().queue(*Dpc, SystemArgument1, SystemArgument2);
}
BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc) { return nmr::wdk::immortal<nmr::wdk::Clock>().remove(*Dpc); }
VOID KeFlushQueuedDpcs() {
  if (nmr::wdk::at_most(PASSIVE_LEVEL, "KDPC", "KeFlushQueuedDpcs", nullptr, __builtin_return_address(0)))
    nmr::wdk::immortal<nmr::wdk::Clock>().flush();
}

VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type) {
  *Timer = {};
  nmr::wdk::Waitable::initialize(Timer->Header, static_cast<UCHAR>(Type), 0);
}
VOID KeInitializeTimer(PKTIMER Timer) { KeInitializeTimerEx(Timer, NotificationTimer); }
BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc) {
  if (!nmr::wdk::at_most(DISPATCH_LEVEL, "KTIMER", "KeSetTimer", Timer, __builtin_return_address(0)) ||
      !nmr::wdk::Waitable::valid(Timer->Header, "KeSetTimer"))
    return FALSE;
  return nmr::wdk::immortal<nmr::wdk::Clock>().set(*Timer, DueTime, Period, Dpc);
}
BOOLEAN KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc) {
  return KeSetTimerEx(Timer, DueTime, 0, Dpc);
}
BOOLEAN KeCancelTimer(PKTIMER Timer) {
  return nmr::wdk::Waitable::valid(Timer->Header, "KeCancelTimer") &&
         nmr::wdk::immortal<nmr::wdk::Clock>().cancel(*Timer);
}
BOOLEAN KeReadStateTimer(PKTIMER Timer) {
  if (!nmr::wdk::Waitable::valid(Timer->Header, "KeReadStateTimer")) return FALSE;
  nmr::LockGuard lock(nmr::wdk::lot_of(Timer).mutex);
  return Timer->Header.SignalState != 0;
}
