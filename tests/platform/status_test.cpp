#include <doctest/doctest.h>

#include <cstdint>

#include <nmr/platform/status.hpp>

using nmr::Status;

TEST_CASE("a status carries the number that Windows gives it") {
  const struct {
    Status status;
    std::uint32_t number;
  } windows[] = {
      {Status::kSuccess, 0x00000000},
      {Status::kTimeout, 0x00000102},
      {Status::kPending, 0x00000103},
      {Status::kInvalidParameter, 0xC000000D},
      {Status::kRevisionMismatch, 0xC0000059},
      {Status::kInsufficientResources, 0xC000009A},
      {Status::kDeviceNotReady, 0xC00000A3},
      {Status::kNotSupported, 0xC00000BB},
      {Status::kUnhandledException, 0xC0000144},
      {Status::kInvalidDeviceState, 0xC0000184},
      {Status::kPossibleDeadlock, 0xC0000194},
      {Status::kNotFound, 0xC0000225},
      {Status::kNoInterface, 0xC00002B9},
  };
  for (const auto& each : windows) CHECK(static_cast<std::uint32_t>(each.status) == each.number);
}

TEST_CASE("what succeeded is what NT_SUCCESS says: success and information, not warnings or errors") {
  static_assert(nmr::succeeded(Status::kSuccess));
  CHECK(nmr::succeeded(Status::kTimeout));
  CHECK(nmr::succeeded(Status::kPending));
  CHECK(nmr::succeeded(static_cast<Status>(0x40000000)));  // an informational code of a module's own
  CHECK_FALSE(nmr::succeeded(static_cast<Status>(-0x7FFFFFFB)));  // 0x80000005, a warning
  CHECK_FALSE(nmr::succeeded(Status::kNoInterface));
  CHECK_FALSE(nmr::succeeded(Status::kInsufficientResources));
}
