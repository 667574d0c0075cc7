#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <thread>

#include <nmr/platform/std_atomics.hpp>
#include <nmr/rundown/std_rundown.hpp>

#include "platform/counted_completion.hpp"
#include "platform/threads.hpp"

using nmr::platform::kNever;
using nmr::platform::to_nanoseconds;

namespace {

/// A policy whose clock stands still.
struct FixedClock : nmr::StdAtomics {
  static inline std::int64_t now = 0;
  static std::int64_t now_ns() noexcept { return now; }
};

/// A policy that looks whether a condition is notified under a mutex.
struct WatchesNotify : nmr::StdAtomics {
  static inline int held = 0;
  static inline int notified_under_mutex = 0;

  class Mutex : public nmr::StdAtomics::Mutex {
   public:
    void lock() noexcept {
      nmr::StdAtomics::Mutex::lock();
      ++held;
    }
    void unlock() noexcept {
      --held;
      nmr::StdAtomics::Mutex::unlock();
    }
  };
  class Condition : public nmr::StdAtomics::Condition {
   public:
    void notify_all() noexcept {
      notified_under_mutex += held;
      nmr::StdAtomics::Condition::notify_all();
    }
  };
};

constexpr auto kNoTakeBack = [](nmr::Completion&) noexcept { return false; };

}  // namespace

TEST_CASE("durations become nanoseconds, never negative, and for ever where they are too long") {
  using namespace std::chrono;
  using Seconds = duration<double>;
  CHECK(to_nanoseconds(nanoseconds(1)) == 1);
  CHECK(to_nanoseconds(microseconds(7)) == 7'000);
  CHECK(to_nanoseconds(minutes(1)) == 60'000'000'000);
  CHECK(to_nanoseconds(Seconds(0.5)) == 500'000'000);
  CHECK(to_nanoseconds(seconds(0)) == 0);
  CHECK(to_nanoseconds(seconds(-1)) == 0);
  CHECK(to_nanoseconds(hours::min()) == 0);
  CHECK(to_nanoseconds(hours::max()) == kNever);
  CHECK(to_nanoseconds(nanoseconds::max()) == kNever);
  CHECK(to_nanoseconds(Seconds(std::numeric_limits<double>::infinity())) == kNever);
  CHECK(to_nanoseconds(Seconds(std::numeric_limits<double>::quiet_NaN())) == 0);
  CHECK(to_nanoseconds(Seconds(9.3e9)) == kNever);
  CHECK(to_nanoseconds(Seconds(9.2e9)) == 9'200'000'000'000'000'000);
}

TEST_CASE("durations that count in integers become nanoseconds exactly, whatever their unit") {
  using std::chrono::duration;
  using std::chrono::nanoseconds;
  const std::int64_t most = INT64_MAX;
  CHECK(to_nanoseconds(nanoseconds(most - 1)) == most - 1);  // more than a double holds
  CHECK(to_nanoseconds(std::chrono::seconds(most / 1'000'000'000)) == most / 1'000'000'000 * 1'000'000'000);
  CHECK(to_nanoseconds(std::chrono::seconds(most / 1'000'000'000 + 1)) == kNever);
  CHECK(to_nanoseconds(duration<std::int64_t, std::pico>(999)) == 0);
  CHECK(to_nanoseconds(duration<std::int64_t, std::pico>(most)) == most / 1'000);
  CHECK(to_nanoseconds(duration<int, std::ratio<1, 3>>(1)) == 333'333'333);
  CHECK(to_nanoseconds(duration<int, std::ratio<1, 3>>(3)) == 1'000'000'000);
  CHECK(to_nanoseconds(duration<std::int64_t, std::ratio<2, 3>>(13'835'058'055)) ==
        9'223'372'036'666'666'666);
  CHECK(to_nanoseconds(duration<std::int64_t, std::ratio<2, 3>>(13'835'058'056)) == kNever);
  CHECK(to_nanoseconds(duration<std::int64_t, std::exa>(1)) == kNever);
  CHECK(to_nanoseconds(duration<std::int64_t, std::ratio<most, most - 1>>(4)) == 4'000'000'000);
  CHECK(to_nanoseconds(duration<std::int64_t, std::ratio<1, most>>(most)) == 1'000'000'000);
  CHECK(to_nanoseconds(duration<std::int64_t, std::ratio<most - 1, most>>(1)) == 999'999'999);
  CHECK(to_nanoseconds(duration<unsigned char>(255)) == 255'000'000'000);
  CHECK(to_nanoseconds(duration<std::uint64_t, std::pico>(UINT64_MAX)) == 18'446'744'073'709'551);
  CHECK(to_nanoseconds(duration<std::uint64_t, std::ratio<3, 2'000'000'000>>(UINT64_MAX)) == kNever);
  CHECK(to_nanoseconds(duration<std::uint64_t, std::ratio<1, 3>>(UINT64_MAX)) == kNever);
  CHECK(to_nanoseconds(duration<float>(0.5F)) == 500'000'000);
}

TEST_CASE("a deadline past the end of the clock is never") {
  FixedClock::now = 1'000;
  CHECK(nmr::deadline_after<FixedClock>(0) == 1'000);
  CHECK(nmr::deadline_after<FixedClock>(234) == 1'234);
  CHECK(nmr::deadline_after<FixedClock>(kNever - 1'001) == kNever - 1);
  CHECK(nmr::deadline_after<FixedClock>(kNever - 1'000) == kNever);
  CHECK(nmr::deadline_after<FixedClock>(kNever) == kNever);
}

TEST_CASE("the clock never goes back") {
  const std::int64_t before = nmr::platform::now_ns();
  const std::int64_t after = nmr::platform::now_ns();
  CHECK(before > 0);
  CHECK(after >= before);
}

TEST_CASE("running a completion hands it itself and its context, as often as it is run") {
  CountedCompletion completion;
  completion.run();
  CHECK(completion.runs() == 1);
  CHECK(completion.thread() == std::this_thread::get_id());
  completion.run();
  CHECK(completion.runs() == 2);
}

TEST_CASE("an event lets go on whoever waits for it, before it was set and after") {
  for (int turn = 0; turn < 100; ++turn) {
    nmr::Event event;
    std::atomic<int> plain_seen{0};
    int plain = 0;
    Threads waiters(3, [&](int i) {
      if (i == 2 && !event.wait_until(kNever, kNoTakeBack)) return;
      if (i != 2) event.wait();
      plain_seen.fetch_add(plain);
    });
    plain = 1;
    event.run();
    event.wait();
    CHECK(event.wait_until(0, kNoTakeBack));
    waiters.join();
    CHECK(plain_seen.load() == 3);
  }
}

TEST_CASE("an event notifies under its mutex: after it, the waiter may have destroyed the event") {
  nmr::BasicEvent<WatchesNotify> event;
  event.run();
  CHECK(WatchesNotify::notified_under_mutex == 1);
  CHECK(WatchesNotify::held == 0);
  event.wait();
}

TEST_CASE("an event may be destroyed as soon as its wait has returned") {
  int returned = 0;
  for (int turn = 0; turn < 500; ++turn) {
    auto event = std::make_unique<nmr::Event>();
    Threads setter(1, [raw = event.get()](int) { raw->run(); });
    event->wait();
    event.reset();  // the setter may still be on its way out
    ++returned;
  }
  CHECK(returned == 500);
}

TEST_CASE("a timed wait takes its node back when the time is over, or waits on where that comes too late") {
  nmr::Event event;
  int taken_back = 0;
  CHECK_FALSE(event.wait_until(nmr::platform::now_ns() + 1'000'000, [&](nmr::Completion& node) noexcept {
    CHECK(&node == &event);
    ++taken_back;
    return true;
  }));
  CHECK_FALSE(event.wait_until(0, [&](nmr::Completion&) noexcept { return ++taken_back, true; }));
  CHECK(taken_back == 2);

  nmr::detail::CompletionList<nmr::StdAtomics> list;
  CHECK(list.push(event));
  std::atomic<bool> asked{false};
  Threads setter(1, [&](int) {
    spin_until([&] { return asked.load(); });
    nmr::Completion::run_each(list.close());
  });
  CHECK(event.wait_until(0, [&](nmr::Completion&) noexcept {
    asked.store(true);
    return false;
  }));
}

TEST_CASE("a mutex lets one thread in at a time") {
  nmr::platform::Mutex mutex;
  std::atomic<int> inside{0};
  std::atomic<int> met{0};
  StartLine line(3);
  Threads threads(3, [&](int) {
    line.arrive_and_wait();
    for (int turn = 0; turn < 200; ++turn) {
      nmr::LockGuard lock(mutex);
      if (inside.fetch_add(1) != 0) met.fetch_add(1);
      std::this_thread::yield();
      inside.fetch_sub(1);
    }
  });
  threads.join();
  CHECK(met.load() == 0);
}

TEST_CASE("a condition that waits until never is an ordinary one, and one whose time is over does not wait") {
  nmr::platform::Mutex mutex;
  nmr::platform::Condition condition;
  bool set = false;
  Threads setter(1, [&](int) {
    nmr::LockGuard lock(mutex);
    set = true;
    condition.notify_all();
  });
  {
    nmr::LockGuard lock(mutex);
    while (!set) CHECK(condition.wait_until(mutex, kNever));
    CHECK_FALSE(condition.wait_until(mutex, nmr::platform::now_ns()));
    CHECK_FALSE(condition.wait_until(mutex, 0));
  }
  setter.join();
  CHECK(set);
}

TEST_CASE("threads that live at the same time have thread pointers of their own") {
  std::uintptr_t pointers[8] = {};
  bool steady[8] = {};
  StartLine line(8);
  {
    Threads threads(8, [&](int i) {
      pointers[i] = nmr::platform::thread_pointer();
      line.arrive_and_wait();  // none has ended before all have begun
      steady[i] = pointers[i] == nmr::platform::thread_pointer();
    });
  }
  for (int i = 0; i < 8; ++i) {
    CHECK(steady[i]);
    CHECK(pointers[i] > 1);  // 0 and 1 mean something else to a table of calls
    for (int j = 0; j < i; ++j) CHECK(pointers[i] != pointers[j]);
  }
}

TEST_CASE("at least one processor is known") { CHECK(nmr::platform::processor_count() >= 1); }

TEST_CASE("after a light and a heavy fence one side at least sees the other") {
  // Without the fences the stores of both may still be on their way when the loads are done, even on x86.
  constexpr int kTurns = 20000;
  const bool process_wide = nmr::StdAtomics::try_enable_heavy_fence();
  std::atomic<int> x{0};
  std::atomic<int> y{0};
  int seen[2] = {};
  int missed = 0;
  StartLine line(2);
  Threads light(1, [&](int) {
    for (int turn = 1; turn <= kTurns; ++turn) {
      line.arrive_and_wait();
      x.store(turn, std::memory_order_relaxed);
      process_wide ? nmr::platform::light_fence() : nmr::platform::full_fence();
      seen[0] = y.load(std::memory_order_relaxed);
      line.arrive_and_wait();
    }
  });
  for (int turn = 1; turn <= kTurns; ++turn) {
    line.arrive_and_wait();
    y.store(turn, std::memory_order_relaxed);
    process_wide ? nmr::platform::heavy_fence() : nmr::platform::full_fence();
    seen[1] = x.load(std::memory_order_relaxed);
    line.arrive_and_wait();
    missed += seen[0] != turn && seen[1] != turn ? 1 : 0;
  }
  CHECK(missed == 0);
}

TEST_CASE("whoever waits long for another's short section sleeps, so that it is run whatever its priority") {
  const std::int64_t before = nmr::platform::now_ns();
  nmr::StdAtomics::relax(~0u);
  CHECK(nmr::platform::now_ns() - before >= 1'000'000);  // a yield alone would not take that long
}
