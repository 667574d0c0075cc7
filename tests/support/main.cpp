#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

namespace {

/// Writes what became of each test case to the file that NMR_TEST_RECORD names, for
/// tests/support/run_programs.py. A line goes out before a case runs, so that one that takes the program down
/// is known by name.
struct Recorder : doctest::IReporter {
  explicit Recorder(const doctest::ContextOptions&) {
    if (const char* path = std::getenv("NMR_TEST_RECORD")) file_ = std::fopen(path, "w");
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  ~Recorder() override {
    if (file_ != nullptr) std::fclose(file_);
  }

  void test_case_start(const doctest::TestCaseData& test) override {
    name_ = test.m_name;
    write("begin", 0, name_);
  }
  void test_case_end(const doctest::CurrentTestCaseStats& stats) override {
    write(stats.testCaseSuccess ? "pass" : "fail", stats.numAssertsCurrentTest, name_);
  }
  void test_case_skipped(const doctest::TestCaseData& test) override { write("skip", 0, test.m_name); }

  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}

 private:
  void write(const char* what, int assertions, const char* name) {
    if (file_ == nullptr) return;
    std::fprintf(file_, "%s\t%d\t%s\n", what, assertions, name);
    std::fflush(file_);
  }

  std::FILE* file_ = nullptr;
  const char* name_ = "";
};

DOCTEST_REGISTER_LISTENER("recorder", 1, Recorder);

}  // namespace
