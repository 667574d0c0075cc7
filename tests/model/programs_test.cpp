// Every program of the rundown floor, of waits and of the registry under the explorer.
#include "programs.hpp"

#include <doctest/doctest.h>

using namespace model;

TEST_CASE("RundownRef holds its promises in every run") { check_all(rundown_programs()); }
TEST_CASE("ShardedRundownRef holds its promises within the bounds that are printed") {
  check_all(sharded_programs());
}
TEST_CASE(
    "waits with a time limit hold their promises beside whoever learns of the end otherwise, within the "
    "bounds "
    "that are printed") {
  check_all(wait_programs());
  check_all(wait_call_programs());
  check_all(cancel_programs());
}
TEST_CASE("handles that are detached together hold their promises in every run") {
  check_all(binding_programs());
}
TEST_CASE("a client of several providers holds its promises within the bounds that are printed") {
  check_all(failover_programs());
}
TEST_CASE("the registry's core holds its promises within the bounds that are printed" *
          doctest::test_suite("long")) {
  check_all(registry_programs());
}
