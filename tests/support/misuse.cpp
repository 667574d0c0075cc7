#include "support/misuse.hpp"

#include <cstdio>
#include <cstdlib>

namespace {
std::mutex mutex;
MisuseTrap* innermost = nullptr;
}  // namespace

void nmr_test_misuse(const nmr::MisuseReport& report) noexcept {
  std::lock_guard lock(mutex);
  if (innermost == nullptr) {
    std::fprintf(stderr, "unexpected misuse of %s in %s: %s\n", report.object, report.operation, report.rule);
    std::abort();
  }
  ++innermost->count_;
  innermost->object_ = report.object;
  innermost->operation_ = report.operation;
  innermost->rule_ = report.rule;
}

MisuseTrap::MisuseTrap() {
  std::lock_guard lock(mutex);
  outer_ = innermost;
  innermost = this;
}

MisuseTrap::~MisuseTrap() {
  std::lock_guard lock(mutex);
  innermost = outer_;
}

int MisuseTrap::count() const {
  std::lock_guard lock(mutex);
  return count_;
}

std::string MisuseTrap::object() const {
  std::lock_guard lock(mutex);
  return object_;
}

std::string MisuseTrap::operation() const {
  std::lock_guard lock(mutex);
  return operation_;
}

std::string MisuseTrap::rule() const {
  std::lock_guard lock(mutex);
  return rule_;
}
