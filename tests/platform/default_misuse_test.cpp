#include <doctest/doctest.h>

#include <nmr/platform/report_misuse.hpp>

#include "support/death.hpp"

TEST_CASE("misuse prints the object, the operation and the rule, and aborts") {
  const Death death = run_in_child([] { nmr::report_misuse({"Object", "operation", "a rule", nullptr}); });
  CHECK(death.signal == SIGABRT);
  CHECK(death.output.starts_with("nmr: misuse of Object"));
  CHECK(death.output.find("in operation: a rule") != std::string::npos);
}
