#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "platform/counted_completion.hpp"
#include "rundown/forms.hpp"
#include "support/own_page.hpp"

using nmr::RundownRef;
using nmr::RundownState;
using nmr::ShardedRundownRef;
using std::chrono::milliseconds;

TEST_CASE_TEMPLATE("R85: a fresh object acquires, releases and waits for nobody", Ref, RundownRef,
                   ShardedRundownRef, ManyShards) {
  Ref ref;
  CHECK_FALSE(ref.rundown_begun());
  CHECK_FALSE(ref.run_down_already());
  CHECK(ref.try_acquire());
  ref.release();
  ref.run_down();
  CHECK(ref.rundown_begun());
  CHECK(ref.run_down_already());
}

namespace {
constinit RundownRef born_closed{RundownRef::BornRunDown{}};
}

TEST_CASE("R86: a static object is born run down before any code has run, and opens when it is told to") {
  CHECK(born_closed.run_down_already());
  CHECK_FALSE(born_closed.try_acquire());
  born_closed.wait_for_rundown();
  born_closed.reinitialize();
  CHECK(born_closed.try_acquire());
  born_closed.release();
  born_closed.run_down();
}

TEST_CASE_TEMPLATE("R86: an object that is born run down refuses, waits for nobody, and opens", Ref,
                   RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref{typename Ref::BornRunDown{}};
  CHECK(ref.run_down_already());
  CHECK(ref.rundown_begun());
  CHECK_FALSE(ref.try_acquire());
  ref.release(0);
  ref.wait_for_rundown();
  ref.run_down();
  ref.reinitialize();
  CHECK_FALSE(ref.rundown_begun());
  CHECK(ref.try_acquire());
  ref.release();
}

TEST_CASE_TEMPLATE("R87: from the moment rundown has begun nothing is acquired, though references are out",
                   Ref, RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref;
  CHECK(ref.try_acquire());
  CHECK(ref.begin_rundown() == RundownState::kPending);
  CHECK(ref.rundown_begun());
  CHECK_FALSE(ref.try_acquire());
  CHECK_FALSE(ref.try_acquire(3));
  CHECK_FALSE(ref.run_down_already());
  ref.release();
  CHECK(ref.run_down_already());
  CHECK_FALSE(ref.try_acquire());
}

TEST_CASE_TEMPLATE("R88: rundown ends with the last of all references, counted ones included", Ref,
                   RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref;
  CHECK(ref.try_acquire());
  CHECK(ref.try_acquire(5));
  CountedCompletion done;
  CHECK(ref.begin_rundown(done) == RundownState::kPending);
  for (int left = 6; left > 0; --left) {
    CHECK(done.runs() == 0);
    CHECK_FALSE(ref.run_down_already());
    ref.release();
  }
  CHECK(done.runs() == 1);
  CHECK(ref.run_down_already());
}

TEST_CASE_TEMPLATE("R89: n references are taken all or none, and given back in any split", Ref, RundownRef,
                   ShardedRundownRef, ManyShards) {
  const std::size_t splits[][4] = {{10, 0, 0, 0}, {1, 2, 3, 4}, {9, 1, 0, 0}, {4, 4, 1, 1}};
  for (const auto& split : splits) {
    Ref ref;
    CHECK(ref.try_acquire(10));
    CountedCompletion done;
    CHECK(ref.begin_rundown(done) == RundownState::kPending);
    CHECK_FALSE(ref.try_acquire(2));  // none: were it in part, the split would not end the rundown
    CHECK(done.runs() == 0);
    for (const std::size_t part : split) ref.release(part);
    CHECK(done.runs() == 1);
  }
}

TEST_CASE_TEMPLATE("R90: acquiring none asks whether rundown has begun, releasing none does nothing", Ref,
                   RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref;
  CHECK(ref.try_acquire(0));
  ref.release(0);
  CHECK(ref.try_acquire());
  CountedCompletion done;
  CHECK(ref.begin_rundown(done) == RundownState::kPending);
  CHECK_FALSE(ref.try_acquire(0));
  ref.release(0);
  CHECK(done.runs() == 0);
  ref.release();
  CHECK(done.runs() == 1);
  ref.release(0);
  CHECK(done.runs() == 1);
  CHECK_FALSE(ref.try_acquire(0));
}

TEST_CASE_TEMPLATE("R91: single and counted forms mix exactly", Ref, RundownRef, ShardedRundownRef,
                   ManyShards) {
  Ref ref;
  for (std::size_t n = 0; n < 8; ++n) CHECK(ref.try_acquire(n));  // 28
  CHECK(ref.try_acquire());
  CHECK(ref.try_acquire());
  ref.duplicate();
  ref.duplicate(4);  // 35
  CountedCompletion done;
  for (int i = 0; i < 5; ++i) ref.release();
  ref.release(10);
  CHECK(ref.begin_rundown(done) == RundownState::kPending);
  ref.release(19);
  CHECK(done.runs() == 0);
  ref.release();
  CHECK(done.runs() == 1);
}

TEST_CASE_TEMPLATE("R92: waiting without references returns at once and leaves the object run down", Ref,
                   RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref;
  ref.run_down();
  CHECK(ref.run_down_already());
  CHECK_FALSE(ref.try_acquire());
}

TEST_CASE_TEMPLATE("R93: waiting again returns at once, also after it was said to be completed", Ref,
                   RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref;
  ref.run_down();
  ref.run_down();
  ref.wait_for_rundown();
  CHECK(ref.wait_for_rundown_for(milliseconds(0)));
  ref.rundown_completed();
  ref.run_down();
  ref.wait_for_rundown();
  CHECK(ref.wait_for_rundown_for(milliseconds(0)));
  CHECK(ref.begin_rundown() == RundownState::kDrained);
}

TEST_CASE_TEMPLATE("R95: an object that has run down opens again, as often as one likes", Ref, RundownRef,
                   ShardedRundownRef, ManyShards) {
  Ref ref;
  for (int turn = 0; turn < 5; ++turn) {
    CHECK(ref.try_acquire(2));
    CountedCompletion done;
    CHECK(ref.begin_rundown(done) == RundownState::kPending);
    CHECK_FALSE(ref.try_acquire());
    ref.release(2);
    CHECK(done.runs() == 1);
    ref.reinitialize();
    CHECK_FALSE(ref.rundown_begun());
    CHECK_FALSE(ref.run_down_already());
  }
  CHECK(ref.try_acquire());
  ref.release();
}

TEST_CASE_TEMPLATE("R96: what was said to be completed keeps refusing until it is opened", Ref, RundownRef,
                   ShardedRundownRef, ManyShards) {
  Ref ref;
  ref.run_down();
  ref.rundown_completed();
  CHECK_FALSE(ref.try_acquire());
  ref.rundown_completed();
  ref.reinitialize();
  CHECK(ref.try_acquire());
  ref.release();
}

TEST_CASE_TEMPLATE("R102: a failed acquire counts nothing and needs no release; its guard is empty", Ref,
                   RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref;
  CHECK(ref.try_acquire());
  CountedCompletion done;
  CHECK(ref.begin_rundown(done) == RundownState::kPending);
  for (int i = 0; i < 100; ++i) {
    CHECK_FALSE(ref.try_acquire());
    const auto guard = nmr::try_guard(ref);
    CHECK_FALSE(static_cast<bool>(guard));
  }
  CHECK(done.runs() == 0);
  ref.release();
  CHECK(done.runs() == 1);
}

TEST_CASE_TEMPLATE(
    "R103: beginning never waits: it says drained or pending, and the completion runs exactly once", Ref,
    RundownRef, ShardedRundownRef, ManyShards) {
  SUBCASE("drained: it has run when begin returns") {
    Ref ref;
    CountedCompletion done;
    CHECK(ref.try_acquire());
    ref.release();
    CHECK(done.runs() == 0);
    CHECK(ref.begin_rundown(done) == RundownState::kDrained);
    CHECK(done.runs() == 1);
  }
  SUBCASE("pending: the last release runs it") {
    Ref ref;
    CountedCompletion done;
    CHECK(ref.try_acquire(2));
    CHECK(ref.begin_rundown(done) == RundownState::kPending);
    ref.release();
    CHECK(done.runs() == 0);
    ref.release();
    CHECK(done.runs() == 1);
  }
  SUBCASE("run down already: as drained") {
    Ref ref;
    ref.run_down();
    CountedCompletion done;
    CHECK(ref.begin_rundown(done) == RundownState::kDrained);
    CHECK(done.runs() == 1);
  }
  SUBCASE("the count reaches zero again and again before: not begun, so nothing runs") {
    Ref ref;
    CountedCompletion done;
    for (int i = 0; i < 10; ++i) {
      CHECK(ref.try_acquire());
      ref.release();
    }
    CHECK_FALSE(ref.run_down_already());
    CHECK(ref.begin_rundown(done) == RundownState::kDrained);
    CHECK(done.runs() == 1);
  }
}

TEST_CASE_TEMPLATE("R103: all who begin are told, each by its own completion, oldest first", Ref, RundownRef,
                   ShardedRundownRef, ManyShards) {
  struct Numbered : nmr::Completion {
    explicit Numbered(int& counter) noexcept : Completion(&number, this), runs(counter) {}
    static void number(Completion&, void* self) noexcept {
      auto& completion = *static_cast<Numbered*>(self);
      completion.place = ++completion.runs;
    }
    int& runs;
    int place = 0;
  };
  Ref ref;
  CHECK(ref.try_acquire());
  int runs = 0;
  Numbered first(runs);
  Numbered second(runs);
  Numbered third(runs);
  CHECK(ref.begin_rundown(first) == RundownState::kPending);
  CHECK(ref.begin_rundown() == RundownState::kPending);
  CHECK(ref.begin_rundown(second) == RundownState::kPending);
  CHECK(ref.begin_rundown(third) == RundownState::kPending);
  CHECK(runs == 0);
  ref.release();
  CHECK(runs == 3);
  CHECK(first.place == 1);
  CHECK(second.place == 2);
  CHECK(third.place == 3);
}

TEST_CASE_TEMPLATE("R104: beginning and waiting compose on one thread", Ref, RundownRef, ShardedRundownRef,
                   ManyShards) {
  Ref ref;
  CountedCompletion done;
  CHECK(ref.begin_rundown(done) == RundownState::kDrained);
  ref.wait_for_rundown();
  ref.run_down();
  CHECK(ref.begin_rundown() == RundownState::kDrained);
  CHECK(done.runs() == 1);
}

TEST_CASE_TEMPLATE(
    "R105: a timed wait says that the time is over, leaves the object draining, and may be repeated", Ref,
    RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref;
  CHECK(ref.try_acquire());
  CHECK_FALSE(ref.wait_for_rundown_for(milliseconds(1)));  // nobody has begun
  CHECK(ref.try_acquire());
  ref.release();
  CountedCompletion done;
  CHECK(ref.begin_rundown(done) == RundownState::kPending);
  CHECK_FALSE(ref.wait_for_rundown_for(milliseconds(1)));
  CHECK_FALSE(ref.wait_for_rundown_for(milliseconds(0)));
  CHECK_FALSE(ref.wait_for_rundown_for(milliseconds(-1)));
  CHECK_FALSE(ref.wait_for_rundown_until(std::chrono::steady_clock::now() + milliseconds(1)));
  CHECK_FALSE(ref.wait_for_rundown_until(std::chrono::system_clock::now() - std::chrono::hours(1)));
  CHECK_FALSE(ref.wait_for_rundown_until(std::chrono::steady_clock::time_point::min()));
  CHECK_FALSE(ref.try_acquire());
  CHECK_FALSE(ref.run_down_already());
  CHECK(done.runs() == 0);
  ref.release();
  CHECK(done.runs() == 1);
  CHECK(ref.wait_for_rundown_for(milliseconds(0)));
  CHECK(ref.wait_for_rundown_until(std::chrono::steady_clock::now()));
  CHECK(ref.wait_for_rundown_until(std::chrono::system_clock::time_point::max()));
}

TEST_CASE_TEMPLATE("R109: a guard moves and does not copy, is empty when moved from, and releases at its end",
                   Ref, RundownRef, ShardedRundownRef, ManyShards) {
  using Guard = nmr::BasicRundownGuard<Ref>;
  static_assert(std::is_nothrow_move_constructible_v<Guard> && std::is_nothrow_move_assignable_v<Guard>);
  static_assert(!std::is_copy_constructible_v<Guard> && !std::is_copy_assignable_v<Guard>);
  Ref ref;
  CountedCompletion done;
  {
    Guard first = nmr::try_guard(ref);
    CHECK(static_cast<bool>(first));
    CHECK(ref.begin_rundown(done) == RundownState::kPending);
    Guard second(std::move(first));
    CHECK_FALSE(static_cast<bool>(first));
    CHECK(static_cast<bool>(second));
    Guard third = second.duplicate();  // draining does not refuse who is in already
    CHECK(static_cast<bool>(third));
    second = std::move(third);
    CHECK_FALSE(static_cast<bool>(third));
    Guard& self = second;
    second = std::move(self);
    CHECK(static_cast<bool>(second));
    first.reset();
    third.reset();
    CHECK(done.runs() == 0);
  }
  CHECK(done.runs() == 1);
}

TEST_CASE_TEMPLATE(
    "R109: assigning to a guard releases what it held; reset releases once; adopting takes over", Ref,
    RundownRef, ShardedRundownRef, ManyShards) {
  using Guard = nmr::BasicRundownGuard<Ref>;
  Ref one;
  Ref other;
  CountedCompletion one_done;
  CountedCompletion other_done;
  CHECK(one.try_acquire());
  Guard guard(one, typename Guard::Adopt{});
  CHECK(one.begin_rundown(one_done) == RundownState::kPending);
  guard = nmr::try_guard(other);
  CHECK(one_done.runs() == 1);
  CHECK(other.begin_rundown(other_done) == RundownState::kPending);
  guard.reset();
  CHECK(other_done.runs() == 1);
  CHECK_FALSE(static_cast<bool>(guard));
  guard.reset();
  guard = nmr::try_guard(other);
  CHECK_FALSE(static_cast<bool>(guard));
}

TEST_CASE_TEMPLATE("R100: a completion may end the object and the guard that runs it", Ref, RundownRef,
                   ShardedRundownRef, ManyShards) {
  struct Both {
    Ref ref;
    nmr::BasicRundownGuard<Ref> guard;
  };
  OwnPage<Both> both;
  EndsPage done(both);
  SUBCASE("by reset()") {
    both->guard = nmr::try_guard(both->ref);
    CHECK(both->ref.begin_rundown(done) == RundownState::kPending);
    both->guard.reset();
  }
  SUBCASE("by begin_rundown()") { CHECK(both->ref.begin_rundown(done) == RundownState::kDrained); }
  CHECK(both.ended());
}

TEST_CASE(
    "R103: the last reference may be given back without running what is due, which then runs where one "
    "likes") {
  RundownRef ref;
  CountedCompletion first, second;
  CHECK(ref.try_acquire(2));
  CHECK(ref.begin_rundown(first) == RundownState::kPending);
  CHECK(ref.begin_rundown(second) == RundownState::kPending);
  CHECK(ref.release_deferred() == nullptr);
  CHECK_FALSE(ref.run_down_already());
  nmr::Completion* const due = ref.release_deferred();
  CHECK(due == &first);
  CHECK(ref.run_down_already());
  ref.wait_for_rundown();
  CHECK(first.runs() + second.runs() == 0);
  nmr::Completion::run_each(due);
  CHECK(first.runs() == 1);
  CHECK(second.runs() == 1);
}

TEST_CASE("R95: of those who try to open what has run down, one does") {
  RundownRef ref;
  CHECK_FALSE(ref.try_reinitialize());
  ref.run_down();
  CHECK(ref.try_reinitialize());
  CHECK_FALSE(ref.try_reinitialize());
  CHECK(ref.try_acquire());
  CHECK(ref.begin_rundown() == RundownState::kPending);
  CHECK_FALSE(ref.try_reinitialize());
  ref.release();
  CHECK(ref.try_reinitialize());
}

TEST_CASE("R109: a copy of an empty guard is empty") {
  CHECK_FALSE(nmr::RundownGuard().duplicate());
  CHECK_FALSE(nmr::ShardedRundownGuard().duplicate());
}

TEST_CASE("R163: a reference is closed only if idle: at once, or it is left as it is") {
  RundownRef ref;
  CHECK(ref.try_acquire());
  CHECK_FALSE(ref.try_run_down_if_idle());
  CHECK_FALSE(ref.rundown_begun());
  CHECK(ref.try_acquire());  // nobody is refused by a try
  ref.release(2);

  CountedCompletion done;
  CHECK(ref.when_run_down(done) == RundownState::kPending);
  CHECK(ref.try_run_down_if_idle());
  CHECK(done.runs() == 1);
  CHECK(ref.run_down_already());
  CHECK_FALSE(ref.try_acquire());
  CHECK_FALSE(ref.try_run_down_if_idle());  // not twice
  CHECK(ref.begin_rundown(done) == RundownState::kDrained);
  CHECK(done.runs() == 2);
  ref.wait_for_rundown();

  ref.reinitialize();
  CHECK(ref.try_acquire());
  CHECK(ref.begin_rundown() == RundownState::kPending);
  CHECK_FALSE(ref.try_run_down_if_idle());  // another has begun
  ref.release();
}
