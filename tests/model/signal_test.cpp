// Signal handlers under the explorer: where they come, where they are kept out, and what they may not do.
#include "litmus.hpp"

using namespace model;

namespace {

using Block = ModelAtomics::SignalBlock;

enum class Blocked { kNothing, kBoth, kSecond, kNested };

// The handler runs at any point, or never. What it sees of its thread's stores tells where.
template <Blocked blocked>
void between_two_stores(Run& run) {
  auto& s = *new Shared;
  s.a = s.b = 9;
  const unsigned thread = run.thread([&s] {
    if constexpr (blocked == Blocked::kNested) {
      const Block outer;
      {
        const Block inner;
      }
      s.x.store(1, kRelaxed);
      s.y.store(1, kRelaxed);
    } else if constexpr (blocked == Blocked::kBoth) {
      const Block block;
      s.x.store(1, kRelaxed);
      s.y.store(1, kRelaxed);
    } else {
      s.x.store(1, kRelaxed);
      if constexpr (blocked == Blocked::kSecond) {
        const Block block;
        s.y.store(1, kRelaxed);
        s.z.store(1, kRelaxed);
      } else {
        s.y.store(1, kRelaxed);
      }
    }
  });
  run.handler_of(thread, [&s] {
    s.a = s.x.load(kRelaxed);
    s.b = s.y.load(kRelaxed);
    s.c = s.z.load(kRelaxed);
  });
  run.at_end([&s] { note({s.a, s.b, s.c}); });
}

// A handler can find a read-modify-write of its thread done in two steps half done.
template <bool blocked>
void lost_update(Run& run) {
  auto& s = *new Shared;
  const unsigned thread = run.thread([&s] {
    std::optional<Block> block;
    if (blocked) block.emplace();
    s.x.store(s.x.load(kRelaxed) + 1, kRelaxed);
  });
  run.handler_of(thread, [&s] {
    s.x.store(s.x.load(kRelaxed) + 1, kRelaxed);
    s.a = 1;
  });
  run.at_end([&s] { note({s.a, s.x.load(kRelaxed)}); });
}

template <bool blocked>
void locks_what_its_thread_holds(Run& run) {
  auto& g = *new Guarded;
  const unsigned thread = run.thread([&g] {
    std::optional<Block> block;
    if (blocked) block.emplace();
    g.mutex.lock();
    g.data.write(1);
    g.mutex.unlock();
  });
  run.handler_of(thread, [&g] {
    g.mutex.lock();
    g.data.write(2);
    g.mutex.unlock();
  });
}

// It runs in a thread that waits, can lock what that thread does not hold, and does not end the wait. "111": it has
// come after the other thread had seen the wait and before that ended it.
void comes_while_waiting(Run& run) {
  auto& g = *new Guarded;
  auto& other = *new Mutex;
  auto& s = *new Shared;
  auto& done = *new int(0);
  const unsigned thread = run.thread([&] {
    g.mutex.lock();
    s.y.store(1, kRelaxed);
    while (!g.ready) g.condition.wait(g.mutex);
    g.mutex.unlock();
  });
  run.handler_of(thread, [&] {
    other.lock();
    s.a = s.z.load(kAcquire);
    s.x.store(1, kRelease);
    other.unlock();
  });
  run.thread([&] {
    g.mutex.lock();
    s.b = s.y.load(kAcquire);
    s.z.store(1, kRelease);
    g.ready = true;
    done = s.x.load(kAcquire);
    g.condition.notify_all();
    g.mutex.unlock();
  });
  run.at_end([&] { note({s.a, s.b, done}); });
}

// Nobody else ends the wait, and a signal need not come.
void only_the_handler_helps(Run& run) {
  auto& g = *new Guarded;
  const unsigned thread = run.thread([&g] {
    while (g.flag.load(kAcquire) == 0) ModelAtomics::relax(0);
  });
  run.handler_of(thread, [&g] { g.flag.store(1, kRelease); });
}

// The handler spins for another thread, in the middle of a spin of its own.
void spins(Run& run) {
  auto& s = *new Shared;
  const unsigned thread = run.thread([&s] {
    while (s.x.load(kAcquire) == 0) ModelAtomics::relax(0);
  });
  run.handler_of(thread, [&s] {
    while (s.y.load(kAcquire) == 0) ModelAtomics::relax(0);
    s.a = 1;
  });
  run.thread([&s] {
    s.x.store(1, kRelease);
    s.y.store(1, kRelease);
  });
  run.at_end([&s] { note({s.a}); });
}

void waits(Run& run) {
  auto& g = *new Guarded;
  run.handler_of(run.thread([&g] { g.flag.store(1, kRelaxed); }), [&g] {
    g.mutex.lock();
    g.condition.wait(g.mutex);
  });
}

// The data is its thread's own, whose steps are the handler's: no race. Another thread's is another matter.
template <bool of_another>
void shares_data(Run& run) {
  auto& g = *new Guarded;
  const unsigned thread = run.thread([&g] {
    g.data.write(1);
    g.flag.store(1, kRelaxed);
  });
  const unsigned other = run.thread([&g] { (void)g.flag.load(kRelaxed); });
  run.handler_of(of_another ? other : thread, [&g] { (void)g.data.read(); });
}

// The other thread works with the same stores and lock as the handler.
void beside_another_thread(Run& run) {
  auto& s = *new Shared;
  auto& g = *new Guarded;
  const unsigned thread = run.thread([&] {
    s.x.store(1, kRelease);
    s.a = s.y.load(kAcquire);
  });
  run.handler_of(thread, [&] {
    g.mutex.lock();
    s.b = s.y.load(kRelaxed);
    g.mutex.unlock();
    s.x.fetch_add(2, kRelaxed);
  });
  run.thread([&] {
    g.mutex.lock();
    s.y.store(1, kRelaxed);
    g.mutex.unlock();
    s.c = s.x.load(kAcquire);
  });
}

void beside_a_heavy_fence(Run& run) {
  auto& s = *new Shared;
  const unsigned thread = run.thread([&] { s.x.store(1, kRelaxed); });
  run.handler_of(thread, [&] { s.a = s.y.load(kRelaxed); });
  run.thread([&] {
    s.y.store(1, kRelaxed);
    ModelAtomics::heavy_fence();
    s.b = s.x.load(kRelaxed);
  });
}

}  // namespace

TEST_CASE("a signal handler comes before, between and after its thread's steps, or never") {
  for (const Backend backend : {Backend::kSequential, Backend::kTso, Backend::kViews}) {
    CHECK(outcomes_of(between_two_stores<Blocked::kNothing>, backend) ==
          Outcomes{"000", "100", "110", "990"});
    CHECK(outcomes_of(lost_update<false>, backend) == Outcomes{"01", "11", "12"});
  }
}

TEST_CASE("a signal handler is kept out while its thread has a SignalBlock") {
  CHECK(outcomes_of(between_two_stores<Blocked::kBoth>) == Outcomes{"000", "110", "990"});
  CHECK(outcomes_of(between_two_stores<Blocked::kNested>) == Outcomes{"000", "110", "990"});
  CHECK(outcomes_of(between_two_stores<Blocked::kSecond>) == Outcomes{"000", "100", "111", "990"});
  CHECK(outcomes_of(lost_update<true>) == Outcomes{"01", "12"});
}

TEST_CASE("a signal handler that locks what its thread holds is a deadlock") {
  for (const Backend backend : {Backend::kSequential, Backend::kTso, Backend::kViews}) {
    CHECK(found(fault_of(locks_what_its_thread_holds<false>, backend), "deadlock"));
    CHECK(fault_of(locks_what_its_thread_holds<true>, backend) == "");
  }
}

TEST_CASE("a signal handler runs in a thread that waits, and nobody may rely on it") {
  CHECK(outcomes_of(comes_while_waiting).count("111") == 1);
  CHECK(outcomes_of(spins) == Outcomes{"0", "1"});
  CHECK(found(fault_of(only_the_handler_helps), "deadlock"));
  CHECK(found(fault_of(waits), "a signal handler waits"));
}

TEST_CASE("what a signal handler does is ordered with its own thread and with no other") {
  CHECK(fault_of(shares_data<false>) == "");
  CHECK(found(fault_of(shares_data<true>), "data race"));
}

TEST_CASE("with signal handlers too the reductions leave out nothing but other orders") {
  for (const Program program :
       {&beside_another_thread, &beside_a_heavy_fence, &comes_while_waiting, &spins}) {
    check_reductions(program);
  }
}
