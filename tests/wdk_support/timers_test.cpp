#include <doctest/doctest.h>

#include <memory>

#include "support/misuse.hpp"
#include "wdk_support/levels.hpp"

namespace {

struct Called {
  KEVENT event;
  LONG times = 0;
  KIRQL level = HIGH_LEVEL;
  PVOID arguments[2] = {};

  Called() { KeInitializeEvent(&event, SynchronizationEvent, FALSE); }
  void wait() { KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr); }
};

VOID call(KDPC*, PVOID context, PVOID one, PVOID two) {
  auto& called = *static_cast<Called*>(context);
  called.level = KeGetCurrentIrql();
  called.arguments[0] = one;
  called.arguments[1] = two;
  InterlockedIncrement(&called.times);
  KeSetEvent(&called.event, 0, FALSE);
}

LARGE_INTEGER from_now(LONGLONG hundreds_of_ns) {
  LARGE_INTEGER due{};
  due.QuadPart = -hundreds_of_ns;
  return due;
}
constexpr LONGLONG kHour = 36'000'000'000;

}  // namespace

TEST_CASE("R156: a deferred routine runs once for each time it is queued, at its level, with its arguments") {
  Called called;
  KDPC dpc, threaded;
  KeInitializeDpc(&dpc, &call, &called);
  KeInitializeThreadedDpc(&threaded, &call, &called);
  CHECK(KeInsertQueueDpc(&dpc, &dpc, &called) == TRUE);
  called.wait();
  KeFlushQueuedDpcs();
  CHECK(called.times == 1);
  CHECK(called.level == DISPATCH_LEVEL);
  CHECK(called.arguments[0] == &dpc);
  CHECK(called.arguments[1] == &called);
  CHECK(KeInsertQueueDpc(&threaded, nullptr, nullptr) == TRUE);
  KeFlushQueuedDpcs();
  CHECK(called.times == 2);
  CHECK(called.level == PASSIVE_LEVEL);
}

TEST_CASE("R156: a routine that is queued is not queued twice, and can be taken back") {
  struct Gate {
    KEVENT inside, go;
  } gate;
  KeInitializeEvent(&gate.inside, SynchronizationEvent, FALSE);
  KeInitializeEvent(&gate.go, SynchronizationEvent, FALSE);
  KDPC holds, dpc;
  KeInitializeThreadedDpc(
      &holds,
      [](KDPC*, PVOID context, PVOID, PVOID) {
        auto& its = *static_cast<Gate*>(context);
        KeSetEvent(&its.inside, 0, FALSE);
        KeWaitForSingleObject(&its.go, Executive, KernelMode, FALSE, nullptr);
      },
      &gate);
  Called called;
  KeInitializeDpc(&dpc, &call, &called);
  KeInsertQueueDpc(&holds, nullptr, nullptr);
  KeWaitForSingleObject(&gate.inside, Executive, KernelMode, FALSE, nullptr);
  CHECK(KeInsertQueueDpc(&dpc, nullptr, nullptr) == TRUE);
  CHECK(KeInsertQueueDpc(&dpc, nullptr, nullptr) == FALSE);
  CHECK(KeRemoveQueueDpc(&dpc) == TRUE);
  CHECK(KeRemoveQueueDpc(&dpc) == FALSE);
  KeSetEvent(&gate.go, 0, FALSE);
  KeFlushQueuedDpcs();
  CHECK(called.times == 0);
}

TEST_CASE("R157: a timer is signalled when it is due, and may be freed by who has waited for it") {
  for (int turn = 0; turn < 50; ++turn) {
    auto timer = std::make_unique<KTIMER>();
    KeInitializeTimer(timer.get());
    CHECK(KeSetTimer(timer.get(), from_now(turn * 10), nullptr) == FALSE);
    CHECK(KeWaitForSingleObject(timer.get(), Executive, KernelMode, FALSE, nullptr) == STATUS_SUCCESS);
    CHECK(KeReadStateTimer(timer.get()) == TRUE);
  }
}

TEST_CASE("R157: timers are signalled in the order in which they are due, not before") {
  KTIMER late, early;
  KeInitializeTimer(&late);
  KeInitializeTimerEx(&early, SynchronizationTimer);
  const ULONG64 before = KeQueryInterruptTime();
  KeSetTimer(&late, from_now(kHour), nullptr);
  KeSetTimer(&early, from_now(10'000), nullptr);
  KeWaitForSingleObject(&early, Executive, KernelMode, FALSE, nullptr);
  CHECK(KeQueryInterruptTime() - before >= 10'000);
  CHECK(KeReadStateTimer(&early) == FALSE);  // it lets one through
  CHECK(KeReadStateTimer(&late) == FALSE);
  CHECK(KeSetTimer(&late, from_now(kHour), nullptr) == TRUE);
  CHECK(KeCancelTimer(&late) == TRUE);
  CHECK(KeCancelTimer(&late) == FALSE);
}

TEST_CASE("R157: a periodic timer queues its routine again and again, until it is cancelled") {
  Called called;
  KDPC dpc;
  KeInitializeDpc(&dpc, &call, &called);
  KTIMER timer;
  KeInitializeTimer(&timer);
  KeSetTimerEx(&timer, from_now(1), 1, &dpc);
  for (int turn = 0; turn < 5; ++turn) called.wait();
  CHECK(KeCancelTimer(&timer) == TRUE);
  KeFlushQueuedDpcs();
  const LONG times = called.times;
  CHECK(times >= 5);
  CHECK(KeCancelTimer(&timer) == FALSE);
  KeSetTimer(&timer, from_now(1), nullptr);  // the next to come is of another
  KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, nullptr);
  CHECK(called.times == times);
}

TEST_CASE("R157: a timer that was not initialised, and a flush at DISPATCH_LEVEL, are reported") {
  KTIMER timer{};
  MisuseTrap trap;
  CHECK(KeSetTimer(&timer, from_now(1), nullptr) == FALSE);
  CHECK(KeCancelTimer(&timer) == FALSE);
  CHECK(trap.count() == 2);
  const AtLevel dispatch(DISPATCH_LEVEL);
  KeFlushQueuedDpcs();
  CHECK(trap.count() == 3);
  CHECK(trap.operation().starts_with("KeFlushQueuedDpcs, called at "));
}
