#pragma once
#include <cstdint>
#include <nmr/platform/config.hpp>

NMR_BEGIN_NAMESPACE

/// Outcome of an operation that can be refused. Values and meanings are those of the Windows NTSTATUS codes
/// of the same names, so that a module may hand through any other code of its own.
enum class [[nodiscard]] Status : std::int32_t {
  kSuccess = 0,
  kTimeout = 0x00000102,  ///< the time was over before the event
  kPending = 0x00000103,  ///< started; its end is reported later
  kInvalidParameter = static_cast<std::int32_t>(0xC000000D),  ///< bad input; nothing has changed
  kRevisionMismatch = static_cast<std::int32_t>(0xC0000059),  ///< versions that cannot work together
  kInsufficientResources = static_cast<std::int32_t>(0xC000009A),  ///< no memory; nothing has changed
  kDeviceNotReady = static_cast<std::int32_t>(0xC00000A3),  ///< nothing is attached
  kNotSupported = static_cast<std::int32_t>(0xC00000BB),  ///< the module does not do this
  kUnhandledException = static_cast<std::int32_t>(0xC0000144),  ///< a callback threw
  kInvalidDeviceState = static_cast<std::int32_t>(0xC0000184),  ///< not now: wrong state for this operation
  kPossibleDeadlock = static_cast<std::int32_t>(0xC0000194),  ///< this thread would wait for itself
  kNotFound = static_cast<std::int32_t>(0xC0000225),  ///< no such binding
  kNoInterface = static_cast<std::int32_t>(0xC00002B9),  ///< the peer is not of interest: declined
};

/// Returns true for every code that Windows' NT_SUCCESS accepts: success and information, not warning or
/// error.
[[nodiscard]] constexpr bool succeeded(Status status) noexcept {
  return static_cast<std::int32_t>(status) >= 0;
}

/// Returns the name of a status, or null for a code of a module's own.
[[nodiscard]] constexpr const char* to_string(Status status) noexcept {
  switch (status) {
    case Status::kSuccess: return "kSuccess";
    case Status::kTimeout: return "kTimeout";
    case Status::kPending: return "kPending";
    case Status::kInvalidParameter: return "kInvalidParameter";
    case Status::kRevisionMismatch: return "kRevisionMismatch";
    case Status::kInsufficientResources: return "kInsufficientResources";
    case Status::kDeviceNotReady: return "kDeviceNotReady";
    case Status::kNotSupported: return "kNotSupported";
    case Status::kUnhandledException: return "kUnhandledException";
    case Status::kInvalidDeviceState: return "kInvalidDeviceState";
    case Status::kPossibleDeadlock: return "kPossibleDeadlock";
    case Status::kNotFound: return "kNotFound";
    case Status::kNoInterface: return "kNoInterface";
  }
  return nullptr;
}

/// Whether a rundown that was begun has ended yet.
enum class RundownState : bool { kPending, kDrained };

/// Returns its name.
[[nodiscard]] constexpr const char* to_string(RundownState state) noexcept {
  return state == RundownState::kDrained ? "kDrained" : "kPending";
}

NMR_END_NAMESPACE
