#pragma once
#include <new>
#include <thread>

#include <nmr/platform/callback_boundary.hpp>
#include <nmr/platform/std_atomics.hpp>
#include <nmr/wdk/support/once/immortal.hpp>
#include <nmr/wdk/support/once/irql.hpp>
#include <nmr/wdk/support/verifier.hpp>
#include <nmr/wdk/support/work_items.h>

struct _IO_WORKITEM {
  explicit _IO_WORKITEM(PDEVICE_OBJECT owner) noexcept : device(owner) {}
  PDEVICE_OBJECT device;
  PIO_WORKITEM_ROUTINE routine = nullptr;
  PVOID context = nullptr;
  _IO_WORKITEM* next = nullptr;
  bool queued = false;
};

NMR_BEGIN_NAMESPACE
namespace wdk {

/// The threads that run work items: as many as there were routines that ran at once. They stay.
class Workers {
 public:
  /// Returns whether there is a thread at all.
  [[nodiscard]] bool ready() noexcept {
    LockGuard lock(mutex_);
    return threads_ != 0 || start();
  }

  /// Returns false if it is queued already.
  [[nodiscard]] bool queue(_IO_WORKITEM& item, PIO_WORKITEM_ROUTINE routine, PVOID context) noexcept {
    LockGuard lock(mutex_);
    if (item.queued) return false;
    item.queued = true;
    item.routine = routine;
    item.context = context;
    item.next = nullptr;
    *end_ = &item;
    end_ = &item.next;
    ++waiting_;
    // Without another thread it waits for one that runs now.
    if (idle_ < waiting_) (void)start();
    work_.notify_all();
    return true;
  }

  [[nodiscard]] bool is_queued(const _IO_WORKITEM& item) noexcept {
    LockGuard lock(mutex_);
    return item.queued;
  }

  void wait_until_done() noexcept {
    LockGuard lock(mutex_);
    while (waiting_ + running_ != 0) done_.wait(mutex_);
  }

 private:
  /// Starts one more thread. Returns whether it could.
  bool start() noexcept {
    auto one_more = [this] { return std::thread([this] { run(); }).detach(), true; };
    auto none = [] { return false; };
    if (!platform::Callbacks<platform::ThisUnit>::translate<bool>(one_more, none)) return false;
    ++threads_;
    ++idle_;
    return true;
  }

  void run() noexcept {
    mutex_.lock();
    for (;;) {
      while (first_ == nullptr) work_.wait(mutex_);
      _IO_WORKITEM* const item = first_;
      first_ = item->next;
      if (first_ == nullptr) end_ = &first_;
      item->queued = false;
      const auto routine = item->routine;
      const auto device = item->device;
      const auto context = item->context;
      --waiting_;
      --idle_;
      ++running_;
      mutex_.unlock();
      routine(device, context);  // the item may be gone, or queued again
      if (this_thread().irql != PASSIVE_LEVEL) {
        this_thread().irql = PASSIVE_LEVEL;
        nmr_wdk_misuse("work item", "its routine", "returned at a raised level",
                       reinterpret_cast<void*>(routine));
      }
      mutex_.lock();
      --running_;
      ++idle_;
      if (waiting_ + running_ == 0) done_.notify_all();
    }
  }

  platform::Mutex mutex_;
  platform::Condition work_;
  platform::Condition done_;
  _IO_WORKITEM* first_ = nullptr;
  _IO_WORKITEM** end_ = &first_;
  unsigned threads_ = 0;
  unsigned idle_ = 0;  // those that are about to look for work, too
  unsigned waiting_ = 0;  // items
  unsigned running_ = 0;
};

void wait_for_work_items() { immortal<Workers>().wait_until_done(); }

}  // namespace wdk
NMR_END_NAMESPACE

PIO_WORKITEM IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject) {
  if (!nmr::wdk::at_most(DISPATCH_LEVEL, "work item", "IoAllocateWorkItem", nullptr,
                         __builtin_return_address(0)) ||
      !nmr::wdk::immortal<nmr::wdk::Workers>().ready())
    return nullptr;
  return new (std::nothrow) _IO_WORKITEM(DeviceObject);
}
VOID IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE,
                     PVOID Context) {
  if (!nmr::wdk::at_most(DISPATCH_LEVEL, "work item", "IoQueueWorkItem", IoWorkItem,
                         __builtin_return_address(0)))
    return;
  if (!nmr::wdk::immortal<nmr::wdk::Workers>().queue(*IoWorkItem, WorkerRoutine, Context))
    nmr_wdk_misuse("work item", "IoQueueWorkItem", "queued while it is queued", IoWorkItem);
}
VOID IoFreeWorkItem(PIO_WORKITEM IoWorkItem) {
  if (nmr::wdk::immortal<nmr::wdk::Workers>().is_queued(*IoWorkItem))
    return nmr_wdk_misuse("work item", "IoFreeWorkItem", "freed while it is queued", IoWorkItem);
  delete IoWorkItem;
}
