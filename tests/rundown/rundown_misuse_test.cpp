#include <doctest/doctest.h>

#include <cstddef>

#include "platform/counted_completion.hpp"
#include "rundown/forms.hpp"
#include "support/misuse.hpp"

using nmr::RundownRef;
using nmr::RundownState;
using nmr::ShardedRundownRef;

TEST_CASE_TEMPLATE("R95: opening an object that has not run down is trapped, and changes nothing", Ref,
                   RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref;
  MisuseTrap trap;
  ref.reinitialize();
  CHECK(trap.count() == 1);
  CHECK(trap.operation() == "reinitialize");
  CHECK(ref.try_acquire());
  ref.begin_rundown();
  ref.reinitialize();
  CHECK(trap.count() == 2);
  CHECK_FALSE(ref.try_acquire());
  ref.release();
  CHECK(ref.run_down_already());
}

TEST_CASE_TEMPLATE(
    "R96: saying that an object is completed which has not run down is trapped, and changes nothing", Ref,
    RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref;
  MisuseTrap trap;
  ref.rundown_completed();
  CHECK(trap.count() == 1);
  CHECK(trap.operation() == "rundown_completed");
  CHECK(ref.try_acquire());
  ref.begin_rundown();
  ref.rundown_completed();
  CHECK(trap.count() == 2);
  CHECK_FALSE(ref.run_down_already());
  ref.release();
  CHECK(ref.run_down_already());
  ref.rundown_completed();
  CHECK(trap.count() == 2);
}

TEST_CASE_TEMPLATE("R98: more references at a time than there can be are trapped, and change nothing", Ref,
                   RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref;
  CHECK(ref.try_acquire());
  MisuseTrap trap;
  int reports = 0;
  for (const std::size_t n :
       {Ref::max_refs() + 1, ~std::size_t{0}, ~std::size_t{0} / 4 + 1, ~std::size_t{0} / 2 + 2}) {
    ref.release(n);
    CHECK(trap.operation() == "release");
    ref.duplicate(n);
    CHECK(trap.operation() == "duplicate");
    CHECK_FALSE(ref.try_acquire(n));
    CHECK(trap.operation() == "try_acquire");
    reports += 3;
    CHECK(trap.count() == reports);
  }
  ref.release();
  ref.run_down();
  CHECK(trap.count() == reports);
}

TEST_CASE_TEMPLATE(
    "R98: a release too many is trapped, by the end of the rundown at the latest, and never wraps", Ref,
    RundownRef, ShardedRundownRef, ManyShards) {
  for (const std::size_t surplus : {std::size_t{1}, std::size_t{2}, std::size_t{1000}}) {
    Ref ref;
    MisuseTrap trap;
    ref.release(surplus);
    CountedCompletion done;
    CHECK(ref.begin_rundown(done) == RundownState::kDrained);
    CHECK(trap.count() >= 1);
    CHECK(trap.operation() == "release");
    CHECK(done.runs() == 1);
    CHECK(ref.run_down_already());
    // Its next life is like any other.
    ref.reinitialize();
    const int reports = trap.count();
    CHECK(ref.try_acquire());
    CountedCompletion next;
    CHECK(ref.begin_rundown(next) == RundownState::kPending);
    ref.release();
    CHECK(next.runs() == 1);
    CHECK(trap.count() == reports);
  }
}

TEST_CASE_TEMPLATE(
    "R98: a release too many while draining, or when it has run down, is trapped and has no effect", Ref,
    RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref;
  MisuseTrap trap;
  CHECK(ref.try_acquire());
  CountedCompletion done;
  CHECK(ref.begin_rundown(done) == RundownState::kPending);
  ref.release(2);
  CHECK(trap.count() == 1);
  CHECK(trap.operation() == "release");
  CHECK(done.runs() == 0);
  ref.release();
  CHECK(done.runs() == 1);
  ref.release();
  CHECK(trap.count() == 2);
  CHECK(ref.run_down_already());
  ref.reinitialize();
  CHECK(ref.try_acquire());
  ref.release();
  ref.run_down();
  CHECK(trap.count() == 2);
}

TEST_CASE("R98: a release too many is trapped at once and has no effect") {
  RundownRef ref;
  MisuseTrap trap;
  SUBCASE("nothing was held") {
    ref.release();
    CHECK(trap.count() == 1);
    ref.release(5);
    CHECK(trap.count() == 2);
  }
  SUBCASE("less was held") {
    CHECK(ref.try_acquire(2));
    ref.release(3);
    CHECK(trap.count() == 1);
    CHECK(ref.approximate_refs() == 2);
    ref.release(2);
  }
  SUBCASE("it was draining") {
    CHECK(ref.try_acquire());
    CHECK(ref.begin_rundown() == RundownState::kPending);
    ref.release(2);
    CHECK(trap.count() == 1);
    CHECK_FALSE(ref.run_down_already());
    ref.release();
    CHECK(ref.run_down_already());
  }
  SUBCASE("it had run down") {
    ref.run_down();
    ref.release();
    CHECK(trap.count() == 1);
    CHECK(ref.run_down_already());
    ref.reinitialize();
  }
  CHECK(trap.object() == "RundownRef");
  CHECK(trap.operation() == "release");
  // Had it wrapped, this would be refused or would never drain.
  ref.reinitialize();
  const int reports = trap.count();
  ref.run_down();
  ref.reinitialize();
  CHECK(ref.try_acquire());
  CountedCompletion done;
  CHECK(ref.begin_rundown(done) == RundownState::kPending);
  ref.release();
  CHECK(done.runs() == 1);
  CHECK(trap.count() == reports);
}

TEST_CASE("R98: a duplicate of nothing is trapped and has no effect") {
  RundownRef ref;
  MisuseTrap trap;
  ref.duplicate();
  CHECK(trap.count() == 1);
  CHECK(trap.operation() == "duplicate");
  CHECK(ref.approximate_refs() == 0);
  ref.run_down();
  CHECK(ref.run_down_already());
}

TEST_CASE_TEMPLATE("R99: more references than an object can count are refused and trapped, and count nothing",
                   Ref, RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref;
  MisuseTrap trap;
  CHECK_FALSE(ref.try_acquire(Ref::max_refs() + 1));
  CHECK(trap.count() == 1);
  CHECK(trap.operation() == "try_acquire");
  CHECK_FALSE(ref.try_acquire(static_cast<std::size_t>(-1)));
  CHECK(trap.count() == 2);
  CHECK(ref.try_acquire());
  CountedCompletion done;
  CHECK(ref.begin_rundown(done) == RundownState::kPending);
  ref.release();
  CHECK(done.runs() == 1);
  CHECK(trap.count() == 2);
}

TEST_CASE_TEMPLATE(
    "destroying an object while references are held is trapped, unless it never had any or drained", Ref,
    RundownRef, ShardedRundownRef, ManyShards) {
  MisuseTrap trap;
  {
    Ref unused;
  }
  {
    Ref drained;
    CHECK(drained.try_acquire());
    drained.begin_rundown();
    drained.release();
  }
  CHECK(trap.count() == 0);
  {
    Ref held;
    CHECK(held.try_acquire());
  }
  CHECK(trap.count() == 1);
  CHECK(trap.rule() == "destroyed while references are held");
  {
    Ref draining;
    CHECK(draining.try_acquire());
    draining.begin_rundown();
  }
  CHECK(trap.count() == 2);
}

TEST_CASE_TEMPLATE("R99: the most that may be held is held and no more, and what is refused counts nothing",
                   Ref, RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref;
  MisuseTrap trap;
  CHECK(ref.try_acquire(Ref::max_refs() - 1));
  CHECK(ref.try_acquire());
  CHECK(trap.count() == 0);
  for (const std::size_t n : {std::size_t{1}, Ref::max_refs() / 2, Ref::max_refs()}) {
    const int reports = trap.count();
    CHECK_FALSE(ref.try_acquire(n));
    CHECK(trap.count() == reports + 1);
    CHECK(trap.operation() == "try_acquire");
  }
  const int reports = trap.count();
  CountedCompletion done;
  CHECK(ref.begin_rundown(done) == RundownState::kPending);
  ref.release(0);
  ref.release();
  CHECK(done.runs() == 0);
  ref.release(Ref::max_refs() - 1);
  CHECK(done.runs() == 1);
  CHECK(trap.count() == reports);
}

TEST_CASE("R99: duplicating past the most that may be held is trapped and has no effect") {
  RundownRef ref;
  MisuseTrap trap;
  CHECK(ref.try_acquire(RundownRef::max_refs()));
  ref.duplicate();
  CHECK(trap.count() == 1);
  CHECK(trap.operation() == "duplicate");
  CountedCompletion done;
  CHECK(ref.begin_rundown(done) == RundownState::kPending);
  ref.release(RundownRef::max_refs());
  CHECK(done.runs() == 1);
  CHECK(trap.count() == 1);
}

TEST_CASE("destroying an object while somebody waits for it is trapped") {
  MisuseTrap trap;
  CountedCompletion done;
  {
    RundownRef waited_for;
    CHECK(waited_for.try_acquire());
    CHECK(waited_for.begin_rundown(done) == RundownState::kPending);
  }
  CHECK(trap.count() == 2);  // the reference and the completion
  CHECK(trap.rule() == "destroyed while somebody waits for it to run down");
  CHECK(done.runs() == 0);
}
