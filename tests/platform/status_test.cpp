#include <doctest/doctest.h>

#include <cstdint>
#include <string_view>

#include <nmr/platform/status.hpp>

using nmr::Status;

TEST_CASE("a status carries the number that Windows gives it, and says its name") {
  const struct {
    Status status;
    std::uint32_t number;
    std::string_view name;
  } windows[] = {
      {Status::kSuccess, 0x00000000, "kSuccess"},
      {Status::kTimeout, 0x00000102, "kTimeout"},
      {Status::kPending, 0x00000103, "kPending"},
      {Status::kInvalidParameter, 0xC000000D, "kInvalidParameter"},
      {Status::kRevisionMismatch, 0xC0000059, "kRevisionMismatch"},
      {Status::kInsufficientResources, 0xC000009A, "kInsufficientResources"},
      {Status::kDeviceNotReady, 0xC00000A3, "kDeviceNotReady"},
      {Status::kNotSupported, 0xC00000BB, "kNotSupported"},
      {Status::kUnhandledException, 0xC0000144, "kUnhandledException"},
      {Status::kInvalidDeviceState, 0xC0000184, "kInvalidDeviceState"},
      {Status::kPossibleDeadlock, 0xC0000194, "kPossibleDeadlock"},
      {Status::kNotFound, 0xC0000225, "kNotFound"},
      {Status::kNoInterface, 0xC00002B9, "kNoInterface"},
  };
  for (const auto& each : windows) {
    CHECK(static_cast<std::uint32_t>(each.status) == each.number);
    CHECK(nmr::to_string(each.status) == each.name);
  }
  CHECK(nmr::to_string(static_cast<Status>(0x40000000)) == nullptr);  // a code of a module's own
  CHECK(nmr::to_string(nmr::RundownState::kPending) == std::string_view("kPending"));
  CHECK(nmr::to_string(nmr::RundownState::kDrained) == std::string_view("kDrained"));
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
