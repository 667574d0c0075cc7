#pragma once
/// What the library reports as misuse, for tests that provoke it. Outside any MisuseTrap a report prints and
/// aborts.
#include <mutex>
#include <string>

#include <nmr/platform/misuse.hpp>

/// While one lives, reports of any thread are recorded by the innermost. Traps nest as scopes do.
class MisuseTrap {
 public:
  MisuseTrap();
  MisuseTrap(const MisuseTrap&) = delete;
  MisuseTrap& operator=(const MisuseTrap&) = delete;
  ~MisuseTrap();

  [[nodiscard]] int count() const;
  /// Of the last report; empty if there was none.
  [[nodiscard]] std::string object() const;
  [[nodiscard]] std::string operation() const;
  [[nodiscard]] std::string rule() const;

 private:
  friend void ::nmr_test_misuse(const nmr::MisuseReport& report) noexcept;

  MisuseTrap* outer_;
  int count_ = 0;
  std::string object_;
  std::string operation_;
  std::string rule_;
};
