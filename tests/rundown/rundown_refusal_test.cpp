#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <utility>

#include <nmr/rundown.hpp>

#include "platform/counted_completion.hpp"
#include "platform/threads.hpp"

// What others do around the one increment of a caller that is about to be refused.

namespace {

/// Of the calling thread.
struct Hooks {
  static inline thread_local std::function<void()> before_add;
  static inline thread_local std::function<void()> after_add;

  static void run(std::function<void()>& hook) {
    if (hook == nullptr) return;
    const auto once = std::exchange(hook, nullptr);
    once();
  }
};

template <class T>
class HookedAtomic : public std::atomic<T> {
 public:
  using std::atomic<T>::atomic;

  T fetch_add(T value, std::memory_order order) noexcept {
    Hooks::run(Hooks::before_add);
    // As this increment runs them, not one that a hook makes.
    auto after = std::exchange(Hooks::after_add, nullptr);
    const T before = std::atomic<T>::fetch_add(value, order);
    Hooks::run(after);
    return before;
  }
};

struct HookedAtomics : nmr::StdAtomics {
  template <class T>
  using Atomic = HookedAtomic<T>;
};

using Ref = nmr::BasicRundownRef<HookedAtomics>;

/// Its next life is like any other.
void check_reopens(Ref& ref) {
  ref.reinitialize();
  CHECK(ref.approximate_refs() == 0);
  CHECK(ref.try_acquire());
  CountedCompletion done;
  CHECK(ref.begin_rundown(done) == nmr::RundownState::kPending);
  ref.release();
  CHECK(done.runs() == 1);
}

}  // namespace

TEST_CASE("R103: a refused caller whose undo is the last completes the rundown") {
  for (const std::size_t n : {std::size_t{1}, std::size_t{5}}) {
    Ref ref;
    CountedCompletion done;
    nmr::RundownState state = nmr::RundownState::kDrained;
    int after_release = -1;
    CHECK(ref.try_acquire());
    Hooks::before_add = [&] {
      state = ref.begin_rundown(done);
      Hooks::after_add = [&] {
        ref.release();
        after_release = done.runs();
      };
    };
    const bool acquired = ref.try_acquire(n);
    CHECK_FALSE(acquired);
    CHECK(state == nmr::RundownState::kPending);
    CHECK(after_release == 0);
    CHECK(done.runs() == 1);
    CHECK(ref.run_down_already());
    check_reopens(ref);
  }
}

TEST_CASE("R103: a refused caller that comes after the end does not complete it again") {
  for (const std::size_t n : {std::size_t{1}, std::size_t{5}}) {
    Ref ref;
    CountedCompletion done;
    Hooks::before_add = [&] { ref.begin_rundown(done); };
    CHECK_FALSE(ref.try_acquire(n));
    CHECK(done.runs() == 1);
    check_reopens(ref);
  }
}

TEST_CASE("R103: two refused callers that come after the end leave nothing behind") {
  Ref ref;
  CountedCompletion done;
  bool second = true;
  Hooks::before_add = [&] {
    Hooks::before_add = [&] { ref.begin_rundown(done); };
    second = ref.try_acquire();
  };
  CHECK_FALSE(ref.try_acquire());
  CHECK_FALSE(second);
  CHECK(done.runs() == 1);
  check_reopens(ref);
}

TEST_CASE(
    "R103: of two refused callers that overlap after the end the later does not take itself for the last") {
  // The first raises the count from 0, the second from there; the first takes its own back, then the second:
  // to 0 again.
  Ref ref;
  CountedCompletion done;
  std::atomic<bool> first_added{false};
  std::atomic<bool> second_added{false};
  bool first_acquired = true;
  Threads first;
  Hooks::before_add = [&] {
    first.add([&](int) {
      Hooks::before_add = [&] {
        ref.begin_rundown(done);
        Hooks::after_add = [&] {
          first_added.store(true);
          spin_until([&] { return second_added.load(); });
        };
      };
      first_acquired = ref.try_acquire();
    });
    spin_until([&] { return first_added.load(); });
    Hooks::after_add = [&] {
      second_added.store(true);
      first.join();
    };
  };
  CHECK_FALSE(ref.try_acquire());
  CHECK_FALSE(first_acquired);
  CHECK(done.runs() == 1);
  check_reopens(ref);
}

TEST_CASE("R102: a caller that is refused while others hold takes back all that it added") {
  Ref ref;
  CountedCompletion done;
  CHECK(ref.try_acquire(2));
  Hooks::before_add = [&] { ref.begin_rundown(done); };
  CHECK_FALSE(ref.try_acquire(7));
  CHECK(ref.approximate_refs() == 2);
  ref.release(2);
  CHECK(done.runs() == 1);
  check_reopens(ref);
}

TEST_CASE("R103: a second beginner whose own increment comes after the end is told at once") {
  Ref ref;
  CountedCompletion first;
  CountedCompletion second;
  nmr::RundownState first_state = nmr::RundownState::kPending;
  Hooks::before_add = [&] { first_state = ref.begin_rundown(first); };
  CHECK(ref.begin_rundown(second) == nmr::RundownState::kDrained);
  CHECK(first_state == nmr::RundownState::kDrained);
  CHECK(first.runs() == 1);
  CHECK(second.runs() == 1);
  check_reopens(ref);
}
