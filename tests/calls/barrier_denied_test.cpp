#include <doctest/doctest.h>

#include <optional>

#include "calls/deny_barrier.hpp"
#include "calls/place.hpp"
#include "calls/policies.hpp"
#include "platform/counted_completion.hpp"
#include "support/death.hpp"
#include "support/misuse.hpp"

namespace {

using Calls = PerThread;

enum class Inside : bool { kNobody, kSomebody };

/// What a process does whose sandbox closes while a domain of its relies on the barrier.
void detach_after_denial(Inside inside) {
  Calls::Domain domain;
  Place<Calls> place(domain);
  CountedCompletion done;
  const bool attached = place.attach();
  std::optional<Calls::Call> call;
  if (inside == Inside::kSomebody) call.emplace(place.cell);
  if (!attached || !nmr::platform::try_enable_heavy_fence() || !deny_barrier()) _exit(1);
  (void)place.detach(done);
  _exit(2);  // as if the detach had gone on without the barrier
}

}  // namespace

TEST_CASE(
    "a barrier that is denied after it has worked is reported and ends the process: it is no completed "
    "detach") {
  for (const Inside inside : {Inside::kNobody, Inside::kSomebody}) {
    const Death death = run_in_child([inside] { detach_after_denial(inside); });
    CHECK(death.signal == SIGABRT);
    CHECK(death.output.find("CallDomain") != std::string::npos);
    CHECK(death.output.find("denied after it had worked") != std::string::npos);
  }
}

TEST_CASE(
    "a barrier that is denied after it has worked ends the process even if the misuse handler returns") {
  const Death death = run_in_child([] {
    const MisuseTrap returns;
    detach_after_denial(Inside::kSomebody);
  });
  CHECK(death.signal == SIGABRT);
  CHECK(death.output == "");
}
