#include <doctest/doctest.h>

#include <thread>

#include "support/death.hpp"
#include "support/misuse.hpp"

namespace {
const nmr::MisuseReport kReport{"Object", "operation", "a rule", nullptr};
}

TEST_CASE("a misuse handler is told what was misused, on any thread") {
  MisuseTrap trap;
  nmr::report_misuse(kReport);
  std::thread([] { nmr::report_misuse({"Other", "late", "another rule", nullptr}); }).join();
  CHECK(trap.count() == 2);
  CHECK(trap.object() == "Other");
  CHECK(trap.operation() == "late");
  CHECK(trap.rule() == "another rule");
}

TEST_CASE("misuse that no test expects ends the program") {
  const Death death = run_in_child([] { nmr::report_misuse(kReport); });
  CHECK(death.signal == SIGABRT);
  CHECK(death.output.find("operation") != std::string::npos);
}
