// What a detach costs, in steps of the program: as a fact that does not depend on the machine.
#include "calls/steps.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "calls/place.hpp"
#include "calls/policies.hpp"

namespace {

using Acting = ChosenThread<CountingAtomics>;
using Calls = nmr::BasicPerThreadCalls<Acting>;

/// Returns the steps and locks of closing many targets, while threads are inside of something else.
struct Cost {
  unsigned long steps;
  int locks;
};
Cost close(std::size_t targets, std::uintptr_t threads) {
  Calls::Domain domain;
  Place<Calls> other(domain);
  CHECK(other.attach());
  std::vector<std::unique_ptr<Calls::Call>> inside;
  for (std::uintptr_t thread = 0; thread != threads; ++thread) {
    Acting::act_as(thread);
    inside.push_back(std::make_unique<Calls::Call>(other.cell));
  }
  const std::unique_ptr<Calls::Target[]> all(new Calls::Target[targets]);
  Calls::Target* batch = nullptr;
  for (std::size_t i = 0; i != targets; ++i) {
    CHECK(all[i].open());
    all[i].refs().begin_rundown();
    all[i].link_to_close(batch);
    batch = &all[i];
  }
  counts().reset();
  const unsigned long before = steps();
  Calls::close(domain, batch);
  const Cost cost{steps() - before, counts().locks};
  inside.clear();
  nmr::Completion done{[](nmr::Completion&, void*) noexcept {}, nullptr};
  CHECK(other.detach(done));
  return cost;
}

}  // namespace

TEST_CASE(
    "closing takes steps in proportion to targets and threads, not to their product, and lets the mutex go") {
  const Cost one = close(1, 1);
  CHECK(one.steps > 0);
  const Cost targets = close(20'000, 1);
  const Cost threads = close(1, 500);
  const Cost both = close(20'000, 500);
  CHECK(both.steps < 2 * (targets.steps + threads.steps));
  CHECK(both.locks > 4);
  CHECK(targets.locks > both.locks);
}
