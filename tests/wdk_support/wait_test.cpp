#include <doctest/doctest.h>

#include <memory>
#include <thread>

#include "platform/threads.hpp"
#include "support/misuse.hpp"
#include "wdk_support/levels.hpp"

namespace {

NTSTATUS wait_for(PVOID object, PLARGE_INTEGER timeout = nullptr) {
  return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, timeout);
}
/// Returns whether a wait would be over at once.
bool is_set(PVOID object) {
  LARGE_INTEGER now{};
  return wait_for(object, &now) == STATUS_SUCCESS;
}

}  // namespace

TEST_CASE("R146: a notification event lets all through until it is cleared") {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  CHECK_FALSE(is_set(&event));
  int through = 0;
  bool early = false;
  bool told = false;
  KEVENT counted;
  KeInitializeEvent(&counted, SynchronizationEvent, TRUE);
  Threads threads(3, [&](int) {
    const NTSTATUS status = wait_for(&event);
    const bool wrong = !told || status != STATUS_SUCCESS;
    wait_for(&counted);
    early |= wrong;
    ++through;
    KeSetEvent(&counted, 0, FALSE);
  });
  told = true;
  CHECK(KeSetEvent(&event, 0, FALSE) == 0);
  threads.join();
  CHECK(through == 3);
  CHECK_FALSE(early);
  CHECK(is_set(&event));
  CHECK(KeSetEvent(&event, 0, FALSE) == 1);
  CHECK(KeReadStateEvent(&event) == 1);
  CHECK(KeResetEvent(&event) == 1);
  CHECK_FALSE(is_set(&event));
  KeSetEvent(&event, 0, FALSE);
  KeClearEvent(&event);
  CHECK_FALSE(is_set(&event));
}

TEST_CASE("R146: a synchronization event lets one through for each time it is set") {
  enum { kWaiters = 4 };
  KEVENT event, passed;
  KeInitializeEvent(&event, SynchronizationEvent, FALSE);
  KeInitializeEvent(&passed, SynchronizationEvent, FALSE);
  LONG through = 0;
  Threads threads(kWaiters, [&](int) {
    wait_for(&event);
    InterlockedIncrement(&through);
    KeSetEvent(&passed, 0, FALSE);
  });
  for (LONG i = 1; i <= kWaiters; ++i) {
    KeSetEvent(&event, 0, FALSE);
    wait_for(&passed);
    CHECK(ReadAcquire(&through) == i);
  }
  threads.join();
  CHECK_FALSE(is_set(&event));
}

TEST_CASE("R146: an event may be freed as soon as a wait for it has returned") {
  int rounds = 0;
  for (; rounds < 2000; ++rounds) {
    auto event = std::make_unique<KEVENT>();
    KeInitializeEvent(event.get(), NotificationEvent, FALSE);
    std::thread setter([&event = *event] { KeSetEvent(&event, 0, FALSE); });
    wait_for(event.get());
    event.reset();
    setter.join();
  }
  CHECK(rounds == 2000);
}

TEST_CASE("R147: a wait ends when its time is over, and leaves the object as it is") {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  LARGE_INTEGER timeout{};
  timeout.QuadPart = -20'000;  // 2 ms from now
  const std::uint64_t before = KeQueryInterruptTime();
  CHECK(wait_for(&event, &timeout) == STATUS_TIMEOUT);
  CHECK(KeQueryInterruptTime() - before >= 20'000);
  KeQuerySystemTime(&timeout);
  timeout.QuadPart += 20'000;
  CHECK(wait_for(&event, &timeout) == STATUS_TIMEOUT);
  timeout.QuadPart = 1;  // in 1601
  CHECK(wait_for(&event, &timeout) == STATUS_TIMEOUT);
  CHECK(KeReadStateEvent(&event) == 0);
  timeout.QuadPart = INT64_MIN;
  std::thread setter([&] { KeSetEvent(&event, 0, FALSE); });
  CHECK(wait_for(&event, &timeout) == STATUS_SUCCESS);
  setter.join();
}

TEST_CASE("R147: to wait above APC_LEVEL is reported and refused, to ask at DISPATCH_LEVEL is not") {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, TRUE);
  LARGE_INTEGER soon{};
  MisuseTrap trap;
  const AtLevel dispatch(DISPATCH_LEVEL);
  CHECK(is_set(&event));
  CHECK(KeSetEvent(&event, 0, FALSE) == 1);
  CHECK(trap.count() == 0);
  CHECK(wait_for(&event) == STATUS_UNSUCCESSFUL);
  CHECK(trap.count() == 1);
  CHECK(trap.operation().starts_with("KeWaitForSingleObject, called at "));
  CHECK(trap.rule() == "called at level 2; it must be APC_LEVEL or below");
  soon.QuadPart = -1;
  CHECK(wait_for(&event, &soon) == STATUS_UNSUCCESSFUL);
  CHECK(trap.count() == 2);
  CHECK(KeDelayExecutionThread(KernelMode, FALSE, &soon) == STATUS_UNSUCCESSFUL);
  CHECK(trap.count() == 3);
  const AtLevel high(HIGH_LEVEL);
  CHECK_FALSE(is_set(&event));
  CHECK(KeSetEvent(&event, 0, FALSE) == 0);
  CHECK(trap.count() == 5);
}

TEST_CASE("R147: an object that was not initialised, or was copied, is reported") {
  KEVENT event{};
  MisuseTrap trap;
  CHECK(wait_for(&event) == STATUS_UNSUCCESSFUL);
  CHECK(KeSetEvent(&event, 0, FALSE) == 0);
  CHECK(trap.count() == 2);
  CHECK(trap.rule() == "not initialised, or moved since");
  KeInitializeEvent(&event, NotificationEvent, TRUE);
  KEVENT copy = event;
  CHECK(KeReadStateEvent(&copy) == 0);
  CHECK(trap.count() == 3);
  CHECK(KeReadStateEvent(&event) == 1);
  CHECK(trap.count() == 3);
}

TEST_CASE("R147: a thread is delayed at least as long as it asks") {
  LARGE_INTEGER interval{};
  interval.QuadPart = -10'000;
  const std::uint64_t before = KeQueryInterruptTime();
  CHECK(KeDelayExecutionThread(KernelMode, FALSE, &interval) == STATUS_SUCCESS);
  CHECK(KeQueryInterruptTime() - before >= 10'000);
}

TEST_CASE("R148: a mutex is owned by one thread, as often as it waits for it") {
  KMUTEX mutex;
  KeInitializeMutex(&mutex, 0);
  CHECK(wait_for(&mutex) == STATUS_SUCCESS);
  CHECK(wait_for(&mutex) == STATUS_SUCCESS);
  bool others = true;
  std::thread([&] { others = is_set(&mutex); }).join();
  CHECK_FALSE(others);
  CHECK(KeReleaseMutex(&mutex, FALSE) == -1);
  std::thread([&] { others = is_set(&mutex); }).join();
  CHECK_FALSE(others);
  CHECK(KeReleaseMutex(&mutex, FALSE) == 0);
  int count = 0;
  Threads(3, [&](int) {
    for (int round = 0; round < 2000; ++round) {
      wait_for(&mutex);
      ++count;
      KeReleaseMutex(&mutex, FALSE);
    }
  }).join();
  CHECK(count == 6000);
}

TEST_CASE("R148: to release a mutex that another thread owns is reported and leaves it owned") {
  KMUTEX mutex;
  KeInitializeMutex(&mutex, 0);
  MisuseTrap trap;
  KeReleaseMutex(&mutex, FALSE);
  CHECK(trap.count() == 1);
  CHECK(wait_for(&mutex) == STATUS_SUCCESS);
  std::thread([&] { KeReleaseMutex(&mutex, FALSE); }).join();
  CHECK(trap.count() == 2);
  CHECK(trap.rule() == "released by a thread that does not own it");
  CHECK(KeReleaseMutex(&mutex, FALSE) == 0);
  CHECK(trap.count() == 2);
}
