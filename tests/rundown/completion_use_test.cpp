// A completion is in use from the call that it is given to until its function has been entered. To give it meanwhile is
// misuse, and has no effect.
#include <doctest/doctest.h>

#include "platform/counted_completion.hpp"
#include "rundown/forms.hpp"
#include "support/misuse.hpp"

using nmr::Completion;
using nmr::RundownRef;
using nmr::RundownState;
using nmr::ShardedRundownRef;

TEST_CASE_TEMPLATE("a completion that is given twice while it is pending runs once, and that is reported",
                   Ref, RundownRef, ShardedRundownRef, ManyShards) {
  Ref ref;
  Ref other;
  CountedCompletion done;
  CountedCompletion next;
  MisuseTrap trap;
  CHECK_FALSE(done.in_use());
  CHECK(ref.try_acquire());
  CHECK(ref.begin_rundown(done) == RundownState::kPending);
  CHECK(done.in_use());
  CHECK(trap.count() == 0);
  SUBCASE("to the same object") { CHECK(ref.begin_rundown(done) == RundownState::kPending); }
  SUBCASE("to the same object, behind another") {
    CHECK(ref.begin_rundown(next) == RundownState::kPending);
    CHECK(ref.begin_rundown(done) == RundownState::kPending);
    CHECK(next.in_use());
  }
  SUBCASE("to another object") {
    CHECK(other.begin_rundown(done) == RundownState::kPending);
    CHECK_FALSE(other.rundown_begun());
  }
  SUBCASE("to another object that is held") {
    CHECK(other.try_acquire());
    CHECK(other.begin_rundown(done) == RundownState::kPending);
    CHECK_FALSE(other.rundown_begun());
    other.release();
  }
  SUBCASE("to another object that has run down") {
    other.run_down();
    CHECK(other.begin_rundown(done) == RundownState::kDrained);
    CHECK(done.runs() == 0);
  }
  CHECK(trap.count() == 1);
  CHECK(trap.object() == "Completion");
  CHECK(trap.operation() == "begin_rundown");
  ref.release();
  CHECK(done.runs() == 1);
  CHECK_FALSE(done.in_use());
  CHECK(next.runs() <= 1);
  CHECK(trap.count() == 1);
}

TEST_CASE_TEMPLATE("a completion that has run may be given again", Ref, RundownRef, ShardedRundownRef,
                   ManyShards) {
  CountedCompletion done;
  MisuseTrap trap;
  Ref ref;
  for (int life = 1; life <= 3; ++life) {
    CHECK(ref.try_acquire());
    CHECK(ref.begin_rundown(done) == RundownState::kPending);
    ref.release();
    CHECK(done.runs() == life);
    CHECK(ref.begin_rundown() == RundownState::kDrained);
    ref.reinitialize();
  }
  CHECK(ref.begin_rundown(done) == RundownState::kDrained);
  CHECK(ref.begin_rundown(done) == RundownState::kDrained);  // runs at once, each time
  CHECK(done.runs() == 5);
  CHECK(trap.count() == 0);
}

namespace {

/// Follows from one object to the next, giving itself inside of its own function.
template <class Ref>
struct Follows : Completion {
  explicit Follows(Ref* first_of) noexcept : Completion(&follow, this), next(first_of + 1) {}
  static void follow(Completion& self, void* context) noexcept {
    auto& follows = *static_cast<Follows*>(context);
    follows.was_in_use = follows.was_in_use || self.in_use();
    if (++follows.runs < 3) (void)(follows.next++)->begin_rundown(self);
  }
  Ref* next;
  int runs = 0;
  bool was_in_use = false;
};

}  // namespace

TEST_CASE_TEMPLATE(
    "a completion may give itself again from inside its function, to what is held and what is not", Ref,
    RundownRef, ShardedRundownRef, ManyShards) {
  for (const bool held : {false, true}) {
    Ref refs[3];
    Follows<Ref> follows(refs);
    MisuseTrap trap;
    CHECK(refs[0].try_acquire());
    if (held) CHECK(refs[1].try_acquire());
    CHECK(refs[2].try_acquire());
    CHECK(refs[0].begin_rundown(follows) == RundownState::kPending);
    refs[0].release();
    CHECK(follows.runs == (held ? 1 : 2));
    if (held) refs[1].release();
    CHECK(follows.runs == 2);
    CHECK(follows.in_use());
    refs[2].release();
    CHECK(follows.runs == 3);
    CHECK_FALSE(follows.was_in_use);
    CHECK(trap.count() == 0);
  }
}
