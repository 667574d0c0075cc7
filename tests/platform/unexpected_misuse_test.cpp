#include <doctest/doctest.h>

#include <nmr/platform/report_misuse.hpp>

#include "support/death.hpp"

TEST_CASE("misuse that no test expects ends the program") {
  const Death death = run_in_child([] { nmr::report_misuse({"Object", "operation", "a rule", nullptr}); });
  CHECK(death.signal == SIGABRT);
  CHECK(death.output.find("operation") != std::string::npos);
}
