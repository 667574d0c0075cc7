// Every program of the call path under the explorer.
#include "programs.hpp"

#include <doctest/doctest.h>

using namespace model;

TEST_CASE("the call path holds its promises within the bounds that are printed" *
          doctest::test_suite("long")) {
  check_all(call_programs());
}
TEST_CASE(
    "the call path's other ways hold its promises within the bounds that are printed: real fences, one word, "
    "a larger "
    "table, no slot" *
    doctest::test_suite("long")) {
  check_all(call_variant_programs());
}
TEST_CASE(
    "records of threads that end, forget or are prepared keep the promises of the call path within the "
    "bounds") {
  check_all(call_record_programs());
}
TEST_CASE("calls from signal handlers keep the promises of the call path within the bounds that are printed" *
          doctest::test_suite("long")) {
  check_all(call_signal_programs());
}
