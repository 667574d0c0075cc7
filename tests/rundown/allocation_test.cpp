#include <doctest/doctest.h>

#include <nmr/rundown.hpp>

#include "support/alloc.hpp"

TEST_CASE("a rundown reference allocates nothing, whatever is done with it") {
  const alloc::Scope scope;
  nmr::RundownRef ref;
  const bool acquired = ref.try_acquire(3);
  ref.duplicate();
  ref.release(4);
  ref.run_down();
  ref.reinitialize();
  {
    const auto guard = nmr::try_guard(ref);
  }
  ref.run_down();
  const auto made = scope.made();
  CHECK(acquired);
  CHECK(made == 0);
}

TEST_CASE(
    "R110: a sharded reference without memory says so, refuses, and frees what it allocates otherwise") {
  const alloc::Scope scope;
  bool allocated = true;
  bool acquired = true;
  {
    const alloc::FailNth fail(1);
    nmr::ShardedRundownRef ref(4);
    allocated = ref.allocated();
    acquired = ref.try_acquire();
    if (acquired) ref.release();
    ref.run_down();
  }
  {
    nmr::ShardedRundownRef ref(4);
    ref.run_down();
  }
  const auto live = scope.live();
  CHECK_FALSE(allocated);
  CHECK_FALSE(acquired);
  CHECK(live == 0);
}
