// A completion that is in use is given to handles once more: that is misuse, and has no effect.
#include <doctest/doctest.h>

#include "binding/echo.hpp"
#include "support/misuse.hpp"

using nmr::OneWordCalls;
using nmr::PerThreadCalls;
using nmr::Status;

TEST_CASE_TEMPLATE(
    "a completion that is in use is not taken by detach(), attach() or abandon(), and runs once", Calls,
    PerThreadCalls, OneWordCalls) {
  typename Calls::Domain domain;
  EchoHandle<Calls> first(domain);
  EchoHandle<Calls> second(domain);
  EchoModule<Calls> modules[3];
  CountedCompletion done;
  CHECK(first.attach(modules[0].binding) == Status::kSuccess);
  CHECK(second.attach(modules[1].binding) == Status::kSuccess);
  auto held = first.try_call().hold();
  CHECK(first.detach(done));
  CHECK(done.in_use());
  {
    MisuseTrap trap;
    CHECK_FALSE(first.detach(done));  // nothing is attached: it would run at once
    CHECK(trap.count() == 1);
    CHECK(trap.operation() == "detach");
    CHECK_FALSE(second.detach(done));
    CHECK(trap.count() == 2);
    CHECK(calls_well(second));
    CHECK(second.attach(modules[2].binding, done) == Status::kInvalidParameter);
    CHECK(trap.count() == 3);
    CHECK(trap.object() == "Completion");
    CHECK(trap.operation() == "attach");
    CHECK(calls_well(second));
    CHECK(modules[2].binding.detached());
    CHECK(modules[0].binding.abandon(done) == Status::kInvalidParameter);
    CHECK(trap.count() == 4);
    CHECK(trap.operation() == "abandon");
    CHECK(done.runs() == 0);
  }
  held.leave();
  CHECK(done.runs() == 1);
  // From then on it may be given again.
  CHECK(second.attach(modules[2].binding, done) == Status::kSuccess);
  CHECK(done.runs() == 2);
  CHECK(second.detach(done));
  CHECK(done.runs() == 3);
  CHECK_FALSE(second.detach(done));
  CHECK(done.runs() == 4);
}

TEST_CASE("two rights to complete one detach are misuse, and the second is empty") {
  CountedCompletion done;
  nmr::DetachCompletion first(done);
  CHECK(done.in_use());
  {
    MisuseTrap trap;
    nmr::DetachCompletion second(done);
    CHECK(trap.count() == 1);
    CHECK(trap.object() == "Completion");
    CHECK_FALSE(second);
  }
  CHECK(done.runs() == 0);
  first.complete();
  CHECK(done.runs() == 1);
  CHECK_FALSE(done.in_use());
}
