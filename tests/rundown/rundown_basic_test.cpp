#include <doctest/doctest.h>

#include <nmr/rundown.hpp>

TEST_CASE("R85: a fresh object gives a reference, and waits for nobody once it is back") {
  nmr::RundownRef ref;
  CHECK(ref.try_acquire());
  ref.release();
  ref.run_down();
  CHECK(ref.run_down_already());
}
