#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "platform/counted_completion.hpp"
#include "platform/threads.hpp"
#include "rundown/forms.hpp"

using nmr::RundownRef;
using nmr::RundownState;
using nmr::ShardedRundownRef;
using std::chrono::microseconds;

TEST_CASE_TEMPLATE("R94: several threads wait for one end, and all return", Ref, RundownRef,
                   ShardedRundownRef, ManyShards) {
  Ref ref;
  CHECK(ref.try_acquire());
  Latch ready(6);
  std::atomic<int> returned{0};
  Threads waiters(6, [&](int i) {
    ready.count_down();
    if (i % 3 == 0) ref.run_down();
    if (i % 3 == 1) ref.wait_for_rundown();
    if (i % 3 == 2) {
      while (!ref.wait_for_rundown_for(microseconds(50))) {
      }
    }
    returned.fetch_add(1);
  });
  ready.wait();
  CHECK(returned.load() == 0);
  ref.release();
  waiters.join();
  CHECK(returned.load() == 6);
}

TEST_CASE_TEMPLATE("R97: a reference may be taken on one thread and given back on another", Ref, RundownRef,
                   ShardedRundownRef, ManyShards) {
  Ref ref;
  for (int turn = 0; turn < 20; ++turn) {
    CHECK(ref.try_acquire(3));
    CountedCompletion done;
    CHECK(ref.begin_rundown(done) == RundownState::kPending);
    std::thread::id last;
    std::thread([&] {
      last = std::this_thread::get_id();
      ref.release();
      ref.release(2);
    }).join();
    CHECK(done.runs() == 1);
    CHECK(done.thread() == last);
    ref.reinitialize();
  }
}

TEST_CASE_TEMPLATE("R100: the object may be destroyed as soon as a wait has returned", Ref, RundownRef,
                   ShardedRundownRef, ManyShards) {
  int wrong = 0;
  for (int turn = 0; turn < 300; ++turn) {
    auto ref = std::make_unique<Ref>();
    if (!ref->try_acquire(3)) ++wrong;
    StartLine line(4);
    Threads releasers(3, [&line, raw = ref.get()](int) {
      line.arrive_and_wait();
      raw->release();
    });
    line.arrive_and_wait();
    if (turn % 2 == 0) {
      ref->run_down();
    } else {
      ref->begin_rundown();
      while (!ref->wait_for_rundown_for(microseconds(20))) {
      }
    }
    ref.reset();  // the releasers may still be on their way out of release()
  }
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("R100: a completion may delete the object that it ends", Ref, RundownRef,
                   ShardedRundownRef, ManyShards) {
  struct Owner : nmr::Completion {
    explicit Owner(std::atomic<int>& counter) noexcept : Completion(&destroy, this), deleted(counter) {}
    static void destroy(Completion&, void* self) noexcept {
      std::atomic<int>& count = static_cast<Owner*>(self)->deleted;
      delete static_cast<Owner*>(self);
      count.fetch_add(1);
    }
    Ref ref;
    std::atomic<int>& deleted;
  };
  std::atomic<int> deleted{0};
  int wrong = 0;
  for (int turn = 0; turn < 300; ++turn) {
    auto* const owner = new Owner(deleted);
    if (!owner->ref.try_acquire(4)) ++wrong;
    StartLine line(4);
    Threads releasers(3, [&line, owner](int) {
      line.arrive_and_wait();
      owner->ref.release();
    });
    owner->ref.begin_rundown(*owner);  // pending: this thread holds the fourth
    line.arrive_and_wait();
    owner->ref.release();
  }
  CHECK(wrong == 0);
  CHECK(deleted.load() == 300);
}

TEST_CASE_TEMPLATE("R100: whoever is told last may free the object, while others return from beginning", Ref,
                   RundownRef, ShardedRundownRef, ManyShards) {
  struct Told : nmr::Completion {
    Told(std::atomic<int>& counter, Ref* object) noexcept
        : Completion(&tell, this), told(counter), ref(object) {}
    static void tell(Completion&, void* self) noexcept {
      auto& node = *static_cast<Told*>(self);
      if (node.told.fetch_add(1) == 2) delete node.ref;
    }
    std::atomic<int>& told;
    Ref* ref;
  };
  int wrong = 0;
  for (int turn = 0; turn < 300; ++turn) {
    Ref* const ref = new Ref;
    std::atomic<int> told{0};
    Told nodes[3] = {{told, ref}, {told, ref}, {told, ref}};
    StartLine line(3);
    Threads beginners(3, [&](int i) {
      line.arrive_and_wait();
      ref->begin_rundown(nodes[i]);
    });
    beginners.join();
    wrong += told.load() == 3 ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("R101: what was done under a reference is seen after the wait", Ref, RundownRef,
                   ShardedRundownRef, ManyShards) {
  int wrong = 0;
  for (int turn = 1; turn <= 200; ++turn) {
    Ref ref;
    std::array<int, 4> plain{};
    Latch inside(4);
    Threads workers(4, [&](int i) {
      const auto guard = nmr::try_guard(ref);
      inside.count_down();
      if (guard) plain[static_cast<std::size_t>(i)] = turn;
    });
    inside.wait();
    ref.run_down();
    for (const int each : plain) wrong += each == turn ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("R101: what was done before opening is seen by who acquires after it", Ref, RundownRef,
                   ShardedRundownRef, ManyShards) {
  Ref ref;
  ref.run_down();
  int plain = 0;
  std::atomic<bool> stop{false};
  std::atomic<int> entered{0};  // relaxed throughout: the reference alone has to order `plain`
  std::atomic<int> wrong{0};
  {
    Threads readers(3, [&](int) {
      while (!stop.load(std::memory_order_relaxed)) {
        if (const auto guard = nmr::try_guard(ref)) {
          (plain > 0 ? entered : wrong).fetch_add(1, std::memory_order_relaxed);
        }
      }
    });
    for (int turn = 1; turn <= 50; ++turn) {
      plain = turn;
      const int before = entered.load(std::memory_order_relaxed);
      ref.reinitialize();
      spin_until([&] { return entered.load(std::memory_order_relaxed) != before; });
      ref.run_down();
      plain = -turn;
    }
    stop.store(true, std::memory_order_relaxed);
  }
  CHECK(wrong.load() == 0);
  CHECK(entered.load() >= 50);
}

TEST_CASE_TEMPLATE("R103: a last release that races with begin runs the completion exactly once", Ref,
                   RundownRef, ShardedRundownRef, ManyShards) {
  constexpr int kTurns = 2000;
  Ref ref;
  StartLine line(2);
  Threads releaser(1, [&](int) {
    for (int turn = 0; turn < kTurns; ++turn) {
      line.arrive_and_wait();
      dawdle(turn % 16 * 16);
      ref.release();
      line.arrive_and_wait();
    }
  });
  int wrong = 0;
  int drained = 0;
  for (int turn = 0; turn < kTurns; ++turn) {
    CountedCompletion done;
    if (!ref.try_acquire()) ++wrong;
    line.arrive_and_wait();
    dawdle(turn / 16 % 16 * 16);
    if (ref.begin_rundown(done) == RundownState::kDrained) {
      ++drained;
      if (done.runs() != 1) ++wrong;
    }
    line.arrive_and_wait();
    if (done.runs() != 1 || !ref.run_down_already()) ++wrong;
    ref.reinitialize();
  }
  CHECK(wrong == 0);
  MESSAGE(drained << " of " << kTurns << " were drained when begin returned");
}

TEST_CASE_TEMPLATE("R103: beginners, users and refused users race, and every completion runs exactly once",
                   Ref, RundownRef, ShardedRundownRef, ManyShards) {
  int wrong = 0;
  for (int turn = 0; turn < 100; ++turn) {
    Ref ref;
    std::array<CountedCompletion, 3> done;
    std::atomic<int> ended_under_a_reference{0};
    StartLine line(6);
    Threads threads(6, [&](int i) {
      line.arrive_and_wait();
      if (i < 3) {
        ref.begin_rundown(done[static_cast<std::size_t>(i)]);
        return;
      }
      for (int call = 0; call < 50; ++call) {
        if (const auto guard = nmr::try_guard(ref)) {
          for (const CountedCompletion& each : done) ended_under_a_reference.fetch_add(each.runs());
        }
      }
    });
    threads.join();
    for (const CountedCompletion& each : done) wrong += each.runs() == 1 ? 0 : 1;
    wrong += ended_under_a_reference.load();
  }
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("R104: one thread waits before another begins, and one after", Ref, RundownRef,
                   ShardedRundownRef, ManyShards) {
  for (int turn = 0; turn < 20; ++turn) {
    Ref ref;
    CHECK(ref.try_acquire());
    Latch waiting(1);
    std::atomic<bool> ended{false};
    Threads before(1, [&](int) {
      waiting.count_down();
      ref.wait_for_rundown();
      ended.store(true);
    });
    waiting.wait();
    CHECK(ref.try_acquire());  // waiting alone begins nothing
    ref.release();
    CHECK(ref.begin_rundown() == RundownState::kPending);
    Threads after(1, [&](int) { ref.wait_for_rundown(); });
    CHECK_FALSE(ended.load());
    ref.release();
    before.join();
    after.join();
    CHECK(ended.load());
  }
}

TEST_CASE_TEMPLATE("R105: waits that run out of time take themselves back while others complete", Ref,
                   RundownRef, ShardedRundownRef, ManyShards) {
  int wrong = 0;
  std::atomic<int> timeouts{0};
  for (int turn = 0; turn < 50; ++turn) {
    Ref ref;
    CountedCompletion done;
    if (!ref.try_acquire()) ++wrong;
    std::atomic<int> told{0};
    StartLine line(9);
    Threads waiters(8, [&](int i) {
      line.arrive_and_wait();
      for (int attempt = 0; attempt < 40; ++attempt) {
        if (ref.wait_for_rundown_for(microseconds(i % 4))) break;
        timeouts.fetch_add(1);
      }
      ref.wait_for_rundown();
      told.fetch_add(1);
    });
    ref.begin_rundown(done);
    line.arrive_and_wait();
    spin_until(
        [&] { return timeouts.load() >= turn; });  // so that it ends at many points of the others' attempts
    ref.release();
    waiters.join();
    wrong += told.load() == 8 && done.runs() == 1 ? 0 : 1;
  }
  CHECK(wrong == 0);
  CHECK(timeouts.load() >= 50);
}

TEST_CASE_TEMPLATE("64 refused callers that keep trying cannot keep a drain from ending", Ref, RundownRef,
                   ShardedRundownRef, ManyShards) {
  Ref ref;
  CHECK(ref.try_acquire());
  CHECK(ref.begin_rundown() == RundownState::kPending);
  std::atomic<bool> stop{false};
  Latch running(64);
  std::atomic<int> entered{0};
  Threads callers(64, [&](int) {
    running.count_down();
    while (!stop.load(std::memory_order_relaxed)) {
      if (const auto guard = nmr::try_guard(ref)) entered.fetch_add(1);
    }
  });
  running.wait();
  ref.release();
  ref.wait_for_rundown();
  stop.store(true);
  callers.join();
  CHECK(ref.run_down_already());
  CHECK(entered.load() == 0);
}

TEST_CASE_TEMPLATE("callers that race with opening and closing, again and again, leave no count behind", Ref,
                   RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref;
  std::atomic<bool> stop{false};
  int wrong = 0;
  {
    Threads callers(3, [&](int i) {
      while (!stop.load(std::memory_order_relaxed)) {
        if (i == 0) std::this_thread::yield();
        const auto guard = nmr::try_guard(ref);
        if (guard && i == 1) std::this_thread::yield();
      }
    });
    for (int turn = 0; turn < 500; ++turn) {
      CountedCompletion done;
      if (turn % 2 == 0) std::this_thread::yield();
      ref.begin_rundown(done);
      ref.wait_for_rundown();
      spin_until([&] { return done.runs() != 0; });  // the same thread runs both nodes, one after the other
      wrong += done.runs() == 1 ? 0 : 1;
      ref.reinitialize();
    }
    stop.store(true);
  }
  CHECK(wrong == 0);
  ref.run_down();
  CHECK(ref.run_down_already());
}

TEST_CASE(
    "R163: closed only if idle, under callers: never over one of them, and served again when it is opened") {
  RundownRef ref;
  std::atomic<int> inside{0};
  std::atomic<int> ready{0};
  std::atomic<bool> stop{false};
  std::atomic<long> served{0};
  int over_somebody = 0;
  int closed = 0;
  {
    Threads callers(2, [&](int) {
      ready.fetch_add(1);
      while (!stop.load()) {
        if (!ref.try_acquire()) continue;
        inside.fetch_add(1);
        served.fetch_add(1);
        inside.fetch_sub(1);
        ref.release();
      }
    });
    while (ready.load() != 2) std::this_thread::yield();
    while (closed < 200 || served.load() < 200) {
      if (!ref.try_run_down_if_idle()) {
        std::this_thread::yield();
        continue;
      }
      ++closed;
      if (inside.load() != 0) ++over_somebody;
      ref.reinitialize();
    }
    stop = true;
  }
  CHECK(over_somebody == 0);
  CHECK(closed >= 200);
}

TEST_CASE_TEMPLATE("R105: a wait for longer than a system's clock can tell is a wait for the end", Ref,
                   RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref;
  CHECK(ref.try_acquire());
  CHECK(ref.begin_rundown() == RundownState::kPending);
  Latch waiting(1);
  Threads waiter(1, [&](int) {
    waiting.count_down();
    CHECK(ref.wait_for_rundown_for(std::chrono::hours(24 * 365 * 100)));
  });
  waiting.wait();
  CHECK_FALSE(ref.wait_for_rundown_for(std::chrono::milliseconds(20)));
  ref.release();
  waiter.join();
  CHECK(ref.run_down_already());
}
