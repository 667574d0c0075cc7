#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "calls/place.hpp"
#include "calls/policies.hpp"
#include "platform/counted_completion.hpp"
#include "platform/threads.hpp"
#include "support/in_place.hpp"
#include "support/misuse.hpp"

namespace {

/// Counts, and lets one thread act as many.
using Acting = ChosenThread<CountingAtomics>;
using ActingCalls = nmr::BasicPerThreadCalls<Acting>;

/// The slot that a call takes, found by what it writes.
const void* slot_of_a_call(Place<ActingCalls>& place) {
  counts().reset();
  {
    const ActingCalls::Call call(place.cell);
  }
  return counts().written[0];
}

}  // namespace

TEST_CASE_TEMPLATE("200 threads that live at once each have their calls counted, however the table grows",
                   Calls, PerThread, PerThreadRealFences, OneWord) {
  constexpr int kThreads = 200;
  typename Calls::Domain domain;
  Place<Calls> place(domain);
  Place<Calls> other(domain);
  CHECK(place.attach());
  CHECK(other.attach());
  Latch all_inside(kThreads + 1);
  Latch detached(1);
  std::atomic<int> right{0};
  Threads callers(kThreads, [&](int) {
    const typename Calls::Call outer(place.cell);
    const typename Calls::Call inner(other.cell);
    all_inside.arrive_and_wait();
    detached.wait();
    // The table has grown since: this goes to whichever record is this thread's now.
    const typename Calls::Call late(other.cell);
    const typename Calls::Call refused(place.cell);
    if (outer.target() == &place.target && inner.target() == &other.target &&
        late.target() == &other.target && refused.target() == nullptr) {
      right.fetch_add(1);
    }
  });
  all_inside.arrive_and_wait();
  CountedCompletion done;
  CHECK(place.detach(done));
  CHECK(done.runs() == 0);
  detached.count_down();
  callers.join();
  CHECK(right.load() == kThreads);
  CHECK(done.runs() == 1);
  CountedCompletion other_done;
  CHECK(other.detach(other_done));
  CHECK(other_done.runs() == 1);
}

TEST_CASE("threads that register while one detaches after the other are never missed") {
  using Calls = PerThread;
  int wrong = 0;
  for (int turn = 0; turn < 30; ++turn) {
    Calls::Domain domain;
    Place<Calls> place(domain);
    std::atomic<bool> gone{false};
    std::atomic<int> late{0};
    std::unique_ptr<Threads> newcomers;
    wrong += place.attach() ? 0 : 1;
    StartLine line(9);
    newcomers = std::make_unique<Threads>(8, [&](int) {
      line.arrive_and_wait();
      const Calls::Call call(place.cell);  // this thread's first: it registers
      if (call.target() != nullptr) late.fetch_add(gone.load(std::memory_order_relaxed) ? 1 : 0);
    });
    line.arrive_and_wait();
    CountedCompletion done;
    wrong += place.detach(done) ? 0 : 1;
    spin_until([&] { return done.runs() != 0; });
    gone.store(true, std::memory_order_relaxed);
    newcomers.reset();
    wrong += late.load();
  }
  CHECK(wrong == 0);
}

TEST_CASE("a thread that is given the thread pointer of one that has ended inherits its record") {
  ActingCalls::Domain domain;
  Place<ActingCalls> place(domain);
  CHECK(place.attach());
  Acting::act_as(7);
  {
    const ActingCalls::Call registers(place.cell);
  }
  const void* const mine = slot_of_a_call(place);
  const void* theirs = nullptr;
  const void* another = nullptr;
  Threads(1, [&](int) {
    Acting::act_as(7);
    theirs = slot_of_a_call(place);
    Acting::act_as(8);
    {
      const ActingCalls::Call registers(place.cell);
    }
    another = slot_of_a_call(place);
  }).join();
  CHECK(mine != nullptr);
  CHECK(theirs == mine);
  CHECK(another != mine);

  // A call that an ended thread has left open (a guard that another thread is to leave) is inherited with it.
  std::optional<ActingCalls::Call> open;
  Threads(1, [&](int) {
    Acting::act_as(7);
    open.emplace(place.cell);
  }).join();
  Acting::act_as(7);
  CHECK(slot_of_a_call(place) != mine);
  CountedCompletion done;
  CHECK(place.detach(done));
  CHECK(done.runs() == 0);
  open.reset();
  CHECK(done.runs() == 1);
}

TEST_CASE(
    "two threads that meet in small tables both find their slots at the first look once one is large "
    "enough") {
  ActingCalls::Domain domain;
  Place<ActingCalls> place(domain);
  CHECK(place.attach());
  constexpr std::uintptr_t kPage = 4096, kPages[] = {0x70000, 0x70000 + 1024};
  for (int turn = 0; turn < 10; ++turn) {
    for (const std::uintptr_t page : kPages) {
      Acting::chosen() = page * kPage;
      const ActingCalls::Call may_register(place.cell);
    }
  }
  for (const std::uintptr_t page : kPages) {
    Acting::chosen() = page * kPage;
    counts().reset();
    const ActingCalls::Call call(place.cell);
    CHECK(call.target() == &place.target);
    CHECK(counts().loads == 6);
  }
  CountedCompletion done;
  CHECK(place.detach(done));
}

TEST_CASE("threads that come and go with the thread pointers of earlier ones register nothing new") {
  ActingCalls::Domain domain;
  Place<ActingCalls> place(domain);
  CHECK(place.attach());
  std::set<const void*> slots;
  for (std::uintptr_t turn = 0; turn < 1000; ++turn) {
    Acting::act_as(turn % 5);
    {
      const ActingCalls::Call may_register(place.cell);
    }
    slots.insert(slot_of_a_call(place));
    if (turn >= 5) CHECK(counts().locks == 0);
  }
  CHECK(slots.size() == 5);
  CountedCompletion done;
  CHECK(place.detach(done));
  CHECK(done.runs() == 1);
}

TEST_CASE("a thread keeps its record, and calls without a lock, however many come after it") {
  ActingCalls::Domain domain;
  Place<ActingCalls> place(domain);
  Place<ActingCalls> other(domain);
  CHECK(place.attach());
  CHECK(other.attach());
  Acting::act_as(0);
  auto long_call = std::make_unique<ActingCalls::Call>(place.cell);
  const void* const before = slot_of_a_call(other);
  for (std::uintptr_t thread = 1; thread <= 100; ++thread) {
    Acting::act_as(thread);
    const ActingCalls::Call call(other.cell);
    CHECK(call.target() == &other.target);
  }
  Acting::act_as(0);
  CHECK(ActingCalls::inside(domain, place.target));
  counts().reset();
  CHECK(slot_of_a_call(other) == before);
  CHECK(counts().locks == 0);
  CountedCompletion done;
  CHECK(place.detach(done));
  CHECK(done.runs() == 0);
  {
    const ActingCalls::Call refused(place.cell);
    CHECK(refused.target() == nullptr);
  }
  CHECK(done.runs() == 0);
  long_call.reset();
  CHECK(done.runs() == 1);
  CHECK_FALSE(ActingCalls::inside(domain, place.target));
  CountedCompletion other_done;
  CHECK(other.detach(other_done));
  CHECK(other_done.runs() == 1);
}

TEST_CASE("two threads detach at the same time, each what others are inside of") {
  using Calls = PerThread;
  Calls::Domain domain;
  Place<Calls> one(domain);
  Place<Calls> two(domain);
  int wrong = 0;
  constexpr int kTurns = 80;
  CountedCompletion done[2][kTurns];
  std::atomic<bool> stop{false};
  {
    Threads callers(2, [&](int i) {
      while (!stop.load(std::memory_order_relaxed)) {
        const Calls::Call first((i == 0 ? one : two).cell);
        const Calls::Call second((i == 0 ? two : one).cell);
      }
    });
    std::atomic<int> failed{0};
    Threads detachers(2, [&](int i) {
      Place<Calls>& place = i == 0 ? one : two;
      for (CountedCompletion& each : done[i]) {
        if (!place.attach()) failed.fetch_add(1);
        std::this_thread::yield();
        if (!place.detach(each)) failed.fetch_add(1);
        spin_until([&] { return each.runs() != 0; });
      }
    });
    detachers.join();
    stop.store(true);
    wrong += failed.load();
  }
  for (const auto& each_thread : done) {
    for (const CountedCompletion& each : each_thread) wrong += each.runs() == 1 ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("destroying a domain while a call is in progress is trapped") {
  MisuseTrap trap;
  InPlace<PerThread::Domain> domain;
  PerThread::Target target;
  PerThread::Cell cell(*domain);
  CHECK(target.open());
  CHECK(cell.install(target) == nullptr);
  InPlace<PerThread::Call> call(cell);
  CHECK(call->target() == &target);
  call.forget();  // nobody leaves it: its domain goes first
  domain.end();
  CHECK(trap.count() == 1);
  CHECK(trap.object() == "CallDomain");
  // Let the target go in peace: its calls were dropped with the domain.
  target.refs().begin_rundown();
  target.refs().release();
  {
    PerThread::Domain unused;
  }
  CHECK(trap.count() == 1);
}
