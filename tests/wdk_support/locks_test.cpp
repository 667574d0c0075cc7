#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "platform/threads.hpp"
#include "support/misuse.hpp"
#include "wdk_support/levels.hpp"

namespace {

enum { kThreads = 4, kRounds = 5000 };

/// Counts with several threads at once, under a lock: `enter` and `leave` are given a level to keep.
template <class Enter, class Leave>
int count_under(Enter enter, Leave leave) {
  int count = 0;
  StartLine start(kThreads);
  Threads(kThreads, [&](int) {
    start.arrive_and_wait();
    for (int round = 0; round < kRounds; ++round) {
      KIRQL level = PASSIVE_LEVEL;
      enter(level);
      ++count;
      leave(level);
    }
  }).join();
  return count;
}

/// Has another thread enter and leave, after this one has let it try for a while and then called `let_in`. Returns
/// whether it had entered before.
template <class Enter, class Leave, class LetIn>
bool enters_early(Enter enter, Leave leave, LetIn let_in) {
  LONG tries = 0, inside = 0;
  std::thread other([&] {
    WriteRelease(&tries, 1);
    enter();
    WriteRelease(&inside, 1);
    leave();
  });
  spin_until([&] { return ReadAcquire(&tries) == 1; });
  for (int i = 0; i < 2000; ++i) std::this_thread::yield();
  const bool early = ReadAcquire(&inside) != 0;
  let_in();
  other.join();
  return early;
}

}  // namespace

TEST_CASE("R143: a spin lock lets one thread in, raises the level and restores it") {
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  KIRQL old = HIGH_LEVEL;
  KeAcquireSpinLock(&lock, &old);
  CHECK(old == PASSIVE_LEVEL);
  CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL);
  KeReleaseSpinLock(&lock, old);
  CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
  CHECK(lock == 0);
  CHECK(count_under([&](KIRQL& level) { KeAcquireSpinLock(&lock, &level); },
                    [&](KIRQL level) { KeReleaseSpinLock(&lock, level); }) == kThreads * kRounds);
}

TEST_CASE("R143: at DISPATCH_LEVEL a spin lock leaves the level alone") {
  KSPIN_LOCK lock{};
  {
    const AtLevel dispatch(DISPATCH_LEVEL);
    KeAcquireSpinLockAtDpcLevel(&lock);
    BOOLEAN got = TRUE;
    std::thread([&] {
      const AtLevel its_own(DISPATCH_LEVEL);
      got = KeTryToAcquireSpinLockAtDpcLevel(&lock);
    }).join();
    CHECK(got == FALSE);
    KeReleaseSpinLockFromDpcLevel(&lock);
    CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL);
    CHECK(KeTryToAcquireSpinLockAtDpcLevel(&lock) == TRUE);
    KeReleaseSpinLockFromDpcLevel(&lock);
  }
  MisuseTrap trap;
  KeAcquireSpinLockAtDpcLevel(&lock);
  CHECK(trap.count() == 1);
  CHECK(trap.rule() == "called at level 0; it must be DISPATCH_LEVEL");
  CHECK(lock == 0);
}

TEST_CASE("R143: a spin lock that its thread holds, or does not hold, is reported and stays as it is") {
  KSPIN_LOCK lock{};
  MisuseTrap trap;
  KeReleaseSpinLock(&lock, PASSIVE_LEVEL);
  CHECK(trap.count() == 1);
  CHECK(trap.rule() == "released by a thread that does not hold it");
  KIRQL old = HIGH_LEVEL;
  KeAcquireSpinLock(&lock, &old);
  KIRQL second = HIGH_LEVEL;
  KeAcquireSpinLock(&lock, &second);
  CHECK(trap.count() == 2);
  CHECK(trap.rule() == "acquired by the thread that holds it");
  std::thread([&] { KeReleaseSpinLock(&lock, PASSIVE_LEVEL); }).join();
  CHECK(trap.count() == 3);
  CHECK(lock != 0);
  KeReleaseSpinLock(&lock, old);
  CHECK(trap.count() == 3);
  CHECK(lock == 0);
  CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
  const AtLevel high(HIGH_LEVEL);
  KeAcquireSpinLock(&lock, &old);
  CHECK(trap.count() == 4);
  CHECK(lock == 0);
}

TEST_CASE("R144: an EX_SPIN_LOCK is shared by many or had by one, at DISPATCH_LEVEL") {
  EX_SPIN_LOCK lock{};
  const KIRQL old = ExAcquireSpinLockShared(&lock);
  CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL);
  std::thread([&] { ExReleaseSpinLockShared(&lock, ExAcquireSpinLockShared(&lock)); }).join();
  ExReleaseSpinLockShared(&lock, old);
  CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
  KIRQL level_of_other = HIGH_LEVEL;
  const auto share = [&] { level_of_other = ExAcquireSpinLockShared(&lock); };
  const auto no_more = [&] { ExReleaseSpinLockShared(&lock, level_of_other); };
  const KIRQL alone = ExAcquireSpinLockExclusive(&lock);
  CHECK_FALSE(enters_early(share, no_more, [&] { ExReleaseSpinLockExclusive(&lock, alone); }));
  int one = 0, other = 0;
  bool torn = false;
  CHECK(count_under(
            [&](KIRQL& level) {
              level = ExAcquireSpinLockShared(&lock);
              const bool differ = one != other;
              ExReleaseSpinLockShared(&lock, level);
              level = ExAcquireSpinLockExclusive(&lock);
              ++one;
              torn |= differ;
              ++other;
            },
            [&](KIRQL level) { ExReleaseSpinLockExclusive(&lock, level); }) == kThreads * kRounds);
  CHECK_FALSE(torn);
  CHECK(one == other);
  CHECK(lock == 0);
}

TEST_CASE("R144: who waits for an EX_SPIN_LOCK alone goes before those who come to share it") {
  EX_SPIN_LOCK lock{};
  std::string order;
  const KIRQL old = ExAcquireSpinLockShared(&lock);
  Threads threads;
  threads.add([&](int) {
    const KIRQL level = ExAcquireSpinLockExclusive(&lock);
    order += "alone ";
    ExReleaseSpinLockExclusive(&lock, level);
  });
  spin_until([&] { return ReadAcquire(&lock) < 0; });
  LONG tries = 0;
  threads.add([&](int) {
    WriteRelease(&tries, 1);
    const KIRQL level = ExAcquireSpinLockShared(&lock);
    order += "shared";
    ExReleaseSpinLockShared(&lock, level);
  });
  spin_until([&] { return ReadAcquire(&tries) == 1; });
  for (int i = 0; i < 2000; ++i) std::this_thread::yield();
  ExReleaseSpinLockShared(&lock, old);
  threads.join();
  CHECK(order == "alone shared");
}

TEST_CASE("R144: to release an EX_SPIN_LOCK that is not held so is reported and changes nothing") {
  EX_SPIN_LOCK lock{};
  MisuseTrap trap;
  ExReleaseSpinLockShared(&lock, PASSIVE_LEVEL);
  CHECK(trap.count() == 1);
  ExReleaseSpinLockExclusive(&lock, PASSIVE_LEVEL);
  CHECK(trap.count() == 2);
  const AtLevel dispatch(DISPATCH_LEVEL);
  ExAcquireSpinLockSharedAtDpcLevel(&lock);
  ExReleaseSpinLockExclusiveFromDpcLevel(&lock);
  CHECK(trap.count() == 3);
  ExReleaseSpinLockSharedFromDpcLevel(&lock);
  ExAcquireSpinLockExclusiveAtDpcLevel(&lock);
  ExReleaseSpinLockSharedFromDpcLevel(&lock);
  CHECK(trap.count() == 4);
  ExReleaseSpinLockExclusiveFromDpcLevel(&lock);
  CHECK(trap.count() == 4);
  CHECK(lock == 0);
}

TEST_CASE("R145: a push lock is shared by many or had by one, asleep") {
  EX_PUSH_LOCK lock;
  ExInitializePushLock(&lock);
  ExAcquirePushLockShared(&lock);
  std::thread([&] {
    ExAcquirePushLockShared(&lock);
    ExReleasePushLockShared(&lock);
  }).join();
  ExReleasePushLockShared(&lock);
  CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
  const auto share = [&] { ExAcquirePushLockShared(&lock); };
  const auto share_no_more = [&] { ExReleasePushLockShared(&lock); };
  const auto have = [&] { ExAcquirePushLockExclusive(&lock); };
  const auto have_no_more = [&] { ExReleasePushLockExclusive(&lock); };
  have();
  CHECK_FALSE(enters_early(share, share_no_more, have_no_more));
  have();
  CHECK_FALSE(enters_early(have, have_no_more, have_no_more));
  share();
  CHECK_FALSE(enters_early(have, have_no_more, share_no_more));
  int one = 0, other = 0;
  bool torn = false;
  CHECK(count_under(
            [&](KIRQL&) {
              ExAcquirePushLockShared(&lock);
              const bool differ = one != other;
              ExReleasePushLockShared(&lock);
              ExAcquirePushLockExclusive(&lock);
              ++one;
              torn |= differ;
              ++other;
            },
            [&](KIRQL) { ExReleasePushLockExclusive(&lock); }) == kThreads * kRounds);
  CHECK_FALSE(torn);
  CHECK(one == other);
}

TEST_CASE("R159: a resource is shared, or one thread's alone as often as that likes") {
  ERESOURCE resource;
  CHECK(ExInitializeResourceLite(&resource) == STATUS_SUCCESS);
  const auto have = [&] { ExEnterCriticalRegionAndAcquireResourceExclusive(&resource); };
  const auto share = [&] { ExEnterCriticalRegionAndAcquireResourceShared(&resource); };
  const auto no_more = [&] { ExReleaseResourceAndLeaveCriticalRegion(&resource); };
  have();
  CHECK(KeAreApcsDisabled() == TRUE);
  CHECK(ExAcquireResourceExclusiveLite(&resource, TRUE) == TRUE);
  CHECK(ExAcquireResourceSharedLite(&resource, FALSE) == TRUE);
  ExReleaseResourceLite(&resource);
  ExReleaseResourceLite(&resource);
  BOOLEAN got = TRUE;
  std::thread([&] { got = ExAcquireResourceSharedLite(&resource, FALSE); }).join();
  CHECK(got == FALSE);
  CHECK_FALSE(enters_early(share, no_more, no_more));
  share();
  std::thread([&] { got = ExAcquireResourceSharedLite(&resource, FALSE); }).join();
  CHECK(got == TRUE);
  ExReleaseResourceLite(&resource);
  CHECK_FALSE(enters_early(have, no_more, no_more));
  CHECK(KeAreApcsDisabled() == FALSE);
  CHECK(count_under([&](KIRQL&) { have(); }, [&](KIRQL) { no_more(); }) == kThreads * kRounds);
  CHECK(ExDeleteResourceLite(&resource) == STATUS_SUCCESS);
}

TEST_CASE("R159: a resource that is not held, not initialised, or held when it is deleted, is reported") {
  ERESOURCE resource{};
  MisuseTrap trap;
  CHECK(ExAcquireResourceExclusiveLite(&resource, TRUE) == FALSE);
  CHECK(trap.count() == 1);
  ExInitializeResourceLite(&resource);
  ExReleaseResourceLite(&resource);
  CHECK(trap.count() == 2);
  CHECK(trap.rule() == "released by a thread that does not hold it");
  CHECK(ExAcquireResourceExclusiveLite(&resource, TRUE) == TRUE);
  std::thread([&] { ExReleaseResourceLite(&resource); }).join();
  CHECK(trap.count() == 3);
  CHECK(ExDeleteResourceLite(&resource) == STATUS_INVALID_PARAMETER);
  CHECK(trap.count() == 4);
  ExReleaseResourceLite(&resource);
  {
    const AtLevel dispatch(DISPATCH_LEVEL);
    CHECK(ExAcquireResourceSharedLite(&resource, TRUE) == FALSE);
    CHECK(trap.count() == 5);
  }
  CHECK(ExDeleteResourceLite(&resource) == STATUS_SUCCESS);
  CHECK(trap.count() == 5);
}

TEST_CASE("R145: a push lock at DISPATCH_LEVEL, or one that is not held so, is reported and stays as it is") {
  EX_PUSH_LOCK lock{};
  MisuseTrap trap;
  {
    const AtLevel dispatch(DISPATCH_LEVEL);
    ExAcquirePushLockExclusive(&lock);
    CHECK(trap.count() == 1);
    CHECK(trap.operation().starts_with("ExAcquirePushLockExclusive, called at "));
    CHECK(lock == 0);
  }
  ExReleasePushLockExclusive(&lock);
  CHECK(trap.count() == 2);
  ExReleasePushLockShared(&lock);
  CHECK(trap.count() == 3);
  ExAcquirePushLockShared(&lock);
  ExReleasePushLockExclusive(&lock);
  CHECK(trap.count() == 4);
  ExReleasePushLockShared(&lock);
  CHECK(trap.count() == 4);
  CHECK(lock == 0);
}
