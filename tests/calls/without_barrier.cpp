// Denies the barrier before any test of the program runs: all of them then show what a domain does that was
// made without it.
#include <doctest/doctest.h>

#include "calls/deny_barrier.hpp"
#include "calls/place.hpp"
#include "calls/policies.hpp"
#include "platform/counted_completion.hpp"

namespace {
const bool denied = deny_barrier();
}

TEST_CASE("this program has no process-wide barrier, and a domain finds that out") {
  CHECK(denied);
  CHECK_FALSE(nmr::platform::try_enable_heavy_fence());
  PerThread::Domain domain;
  Place<PerThread> place(domain);
  CHECK(place.attach());
  CHECK(PerThread::Call(place.cell).target() == &place.target);
  CHECK(first_look(domain) == nullptr);  // no call takes the way without fences
  CountedCompletion done;
  CHECK(place.detach(done));
  CHECK(done.runs() == 1);
}
