#include <doctest/doctest.h>

#include <nmr/platform/status.hpp>

TEST_CASE("a status carries the number that Windows gives it") {
  CHECK(static_cast<std::uint32_t>(nmr::Status::kSuccess) == 0);
  CHECK(static_cast<std::uint32_t>(nmr::Status::kPending) == 0x103u);
  CHECK(static_cast<std::uint32_t>(nmr::Status::kInvalidParameter) == 0xC000000Du);
}
