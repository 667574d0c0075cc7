// A completion that is in use is given to a registration: that is misuse, and has no effect.
#include <nmr/rundown.hpp>

#include "platform/counted_completion.hpp"
#include "registry/fixture.hpp"
#include "support/misuse.hpp"

TEST_CASE_TEMPLATE("a completion that is in use starts no deregistration, and is not told of the end of one",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Client<Calls> client(world, 1);
  Provider<Calls> provider(world, 2);
  enroll(client, provider);
  CountedCompletion done;
  nmr::RundownRef elsewhere;
  CHECK(elsewhere.try_acquire());
  CHECK(elsewhere.begin_rundown(done) == nmr::RundownState::kPending);
  {
    MisuseTrap trap;
    CHECK(client.registration.deregister(done) == Status::kInvalidParameter);
    CHECK(trap.count() == 1);
    CHECK(trap.object() == "Completion");
    CHECK(trap.operation() == "deregister");
    CHECK(client.registration.attached() == 1);
  }
  CountedCompletion end;
  CHECK(client.registration.deregister(end) == Status::kPending);
  {
    MisuseTrap trap;
    CHECK(client.registration.notify_deregister_complete(done) == Status::kInvalidParameter);
    CHECK(trap.count() == 1);
    CHECK(trap.operation() == "notify_deregister_complete");
  }
  CHECK(end.runs() == 1);
  CHECK(done.runs() == 0);
  elsewhere.release();
  CHECK(done.runs() == 1);
  CHECK(client.registration.notify_deregister_complete(done) == Status::kSuccess);
  CHECK(done.runs() == 2);
}
