#include "stress/totals.hpp"

#include <doctest/doctest.h>

#include <cinttypes>
#include <cstdio>

namespace {

Totals of_the_program;

/// Prints the totals when everything has run: the last line of a soak.
struct Summary : doctest::IReporter {
  explicit Summary(const doctest::ContextOptions&) {}
  void test_run_end(const doctest::TestRunStats& run) override {
    if (run.numTestCasesPassingFilters == 0) return;
    const Totals& sum = of_the_program;
    std::printf("stress: %" PRId64 " calls, %" PRId64 " refused, %" PRId64 " swaps, %" PRId64
                " detaches, %" PRId64 " completions expected, %" PRId64 " seen\n",
                sum.calls.load(), sum.refused.load(), sum.swaps.load(), sum.detaches.load(),
                sum.expected.load(), sum.seen.load());
  }
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
};

DOCTEST_REGISTER_LISTENER("summary", 2, Summary);

}  // namespace

void Totals::finish() {
  CHECK(bad.load() == 0);
  CHECK(calls.load() > 0);
  CHECK(swaps.load() + detaches.load() > 0);
  CHECK(expected.load() > 0);
  CHECK(seen.load() == expected.load());
  MESSAGE(calls.load() << " calls, " << refused.load() << " refused, " << swaps.load() << " swaps, "
                       << detaches.load() << " detaches, " << expected.load() << " completions");
  of_the_program.calls += calls.load();
  of_the_program.refused += refused.load();
  of_the_program.swaps += swaps.load();
  of_the_program.detaches += detaches.load();
  of_the_program.expected += expected.load();
  of_the_program.seen += seen.load();
}
