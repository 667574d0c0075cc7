#include <doctest/doctest.h>
#include <nmr/platform/report_misuse.hpp>

#include <thread>

#include <nmr/platform/report_misuse.hpp>

#include "support/misuse.hpp"

TEST_CASE("a misuse handler is told what was misused, on any thread") {
  MisuseTrap trap;
  nmr::report_misuse({"Object", "operation", "a rule", nullptr});
  std::thread([] { nmr::report_misuse({"Other", "late", "another rule", nullptr}); }).join();
  CHECK(trap.count() == 2);
  CHECK(trap.object() == "Other");
  CHECK(trap.operation() == "late");
  CHECK(trap.rule() == "another rule");
}
