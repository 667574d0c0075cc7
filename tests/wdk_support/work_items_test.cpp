#include <doctest/doctest.h>

#include <nmr/wdk/support/verifier.hpp>

#include "support/alloc.hpp"
#include "support/misuse.hpp"
#include "wdk_support/levels.hpp"

namespace {

struct Work {
  PIO_WORKITEM item = nullptr;
  PDEVICE_OBJECT device = nullptr;
  PKTHREAD thread = nullptr;
  KIRQL level = HIGH_LEVEL;
  LONG runs = 0;
  LONG wanted = 1;
};

VOID run(PDEVICE_OBJECT device, PVOID context) {
  auto& work = *static_cast<Work*>(context);
  work.device = device;
  work.thread = KeGetCurrentThread();
  work.level = KeGetCurrentIrql();
  if (++work.runs < work.wanted) {
    IoQueueWorkItem(work.item, &run, DelayedWorkQueue, context);
  } else {
    IoFreeWorkItem(work.item);
  }
}

VOID count(PDEVICE_OBJECT, PVOID context) { InterlockedIncrement(static_cast<LONG*>(context)); }

}  // namespace

TEST_CASE(
    "R149: a work item runs on another thread at PASSIVE_LEVEL, and may queue itself again or free itself") {
  DEVICE_OBJECT device{};
  Work work;
  work.wanted = 3;
  work.item = IoAllocateWorkItem(&device);
  REQUIRE(work.item != nullptr);
  {
    const AtLevel dispatch(DISPATCH_LEVEL);
    IoQueueWorkItem(work.item, &run, DelayedWorkQueue, &work);
  }
  nmr::wdk::wait_for_work_items();
  CHECK(work.runs == 3);
  CHECK(work.device == &device);
  CHECK(work.level == PASSIVE_LEVEL);
  CHECK(work.thread != KeGetCurrentThread());
}

TEST_CASE("R149: work items may wait for each other") {
  struct Pair {
    KEVENT first, second;
  } events;
  KeInitializeEvent(&events.first, SynchronizationEvent, FALSE);
  KeInitializeEvent(&events.second, SynchronizationEvent, FALSE);
  PIO_WORKITEM const one = IoAllocateWorkItem(nullptr);
  PIO_WORKITEM const other = IoAllocateWorkItem(nullptr);
  LONG done = 0;
  struct Both {
    Pair& events;
    LONG& done;
  } both{events, done};
  IoQueueWorkItem(
      one,
      [](PDEVICE_OBJECT, PVOID context) {
        auto& [pair, done_too] = *static_cast<Both*>(context);
        KeWaitForSingleObject(&pair.first, Executive, KernelMode, FALSE, nullptr);
        KeSetEvent(&pair.second, 0, FALSE);
        InterlockedIncrement(&done_too);
      },
      DelayedWorkQueue, &both);
  IoQueueWorkItem(
      other,
      [](PDEVICE_OBJECT, PVOID context) {
        auto& [pair, done_too] = *static_cast<Both*>(context);
        KeSetEvent(&pair.first, 0, FALSE);
        KeWaitForSingleObject(&pair.second, Executive, KernelMode, FALSE, nullptr);
        InterlockedIncrement(&done_too);
      },
      DelayedWorkQueue, &both);
  nmr::wdk::wait_for_work_items();
  CHECK(done == 2);
  IoFreeWorkItem(one);
  IoFreeWorkItem(other);
}

TEST_CASE(
    "R149: an item that is queued is neither queued again nor freed, which is reported; the others run") {
  MisuseTrap trap;
  LONG runs = 0;
  LONG queued = 0;
  PIO_WORKITEM item = IoAllocateWorkItem(nullptr);
  for (; trap.count() == 0; ++queued) IoQueueWorkItem(item, &count, CriticalWorkQueue, &runs);
  CHECK(trap.rule() == "queued while it is queued");
  nmr::wdk::wait_for_work_items();
  CHECK(runs == queued - 1);
  LONG freed = 0;
  for (runs = queued = 0; trap.count() == 1; ++queued) {
    IoQueueWorkItem(item, &count, CriticalWorkQueue, &runs);
    IoFreeWorkItem(item);
    if (trap.count() != 1) continue;
    ++freed;
    item = IoAllocateWorkItem(nullptr);
  }
  CHECK(trap.rule() == "freed while it is queued");
  nmr::wdk::wait_for_work_items();
  CHECK(runs == queued);
  CHECK(freed == queued - 1);
  IoFreeWorkItem(item);
  CHECK(trap.count() == 2);
}

TEST_CASE(
    "R149: a routine that returns at a raised level is reported, and the next begins at PASSIVE_LEVEL") {
  MisuseTrap trap;
  PIO_WORKITEM const item = IoAllocateWorkItem(nullptr);
  IoQueueWorkItem(
      item, [](PDEVICE_OBJECT, PVOID) { (void)KeRaiseIrqlToDpcLevel(); }, DelayedWorkQueue, nullptr);
  nmr::wdk::wait_for_work_items();
  CHECK(trap.count() == 1);
  CHECK(trap.rule() == "returned at a raised level");
  LONG raised = 0;
  for (int turn = 0; turn < 200; ++turn) {  // whichever thread runs it
    IoQueueWorkItem(
        item,
        [](PDEVICE_OBJECT, PVOID context) {
          *static_cast<LONG*>(context) += KeGetCurrentIrql() != PASSIVE_LEVEL;
        },
        DelayedWorkQueue, &raised);
    nmr::wdk::wait_for_work_items();
  }
  CHECK(raised == 0);
  CHECK(trap.count() == 1);
  IoFreeWorkItem(item);
}

TEST_CASE("R149: without memory, or above DISPATCH_LEVEL, there is no work item") {
  IoFreeWorkItem(IoAllocateWorkItem(nullptr));  // there is a thread now
  PIO_WORKITEM item = nullptr;
  {
    const alloc::FailNth fail(1);
    item = IoAllocateWorkItem(nullptr);
    CHECK(fail.happened());
  }
  CHECK(item == nullptr);
  MisuseTrap trap;
  const AtLevel high(HIGH_LEVEL);
  CHECK(IoAllocateWorkItem(nullptr) == nullptr);
  CHECK(trap.count() == 1);
}
