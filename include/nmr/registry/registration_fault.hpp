#pragma once
#include <cstdint>

#include <nmr/platform/status.hpp>

NMR_BEGIN_NAMESPACE

/// What is wrong with what register_client() or register_provider() was given: the causes of kInvalidParameter, then
/// those of kRevisionMismatch. Of several faults the first in this order.
enum class RegistrationFault : std::uint8_t {
  kNone,
  kNoAttachCallback,  ///< attach_provider or attach_client is null
  kWrongLength,  ///< `length` is not the size of the module's struct
  kNoModuleId,  ///< module_id is empty
  kRegistrationInUse,  ///< the registration is not empty: registered, though it may have been deregistered since
  kWrongVersion,  ///< the module's `version` is not 0
  kOtherLibrary,  ///< the registry was made by code with another version of this library
};

/// Returns its name.
[[nodiscard]] constexpr const char* to_string(RegistrationFault fault) noexcept {
  switch (fault) {
    case RegistrationFault::kNone: return "kNone";
    case RegistrationFault::kNoAttachCallback: return "kNoAttachCallback";
    case RegistrationFault::kWrongLength: return "kWrongLength";
    case RegistrationFault::kNoModuleId: return "kNoModuleId";
    case RegistrationFault::kRegistrationInUse: return "kRegistrationInUse";
    case RegistrationFault::kWrongVersion: return "kWrongVersion";
    case RegistrationFault::kOtherLibrary: return "kOtherLibrary";
  }
  return nullptr;
}

namespace detail {

/// Returns the status that a registration with that fault is refused with.
[[nodiscard]] constexpr Status status_of(RegistrationFault fault) noexcept {
  if (fault == RegistrationFault::kNone) return Status::kSuccess;
  return fault < RegistrationFault::kWrongVersion ? Status::kInvalidParameter : Status::kRevisionMismatch;
}

}  // namespace detail
NMR_END_NAMESPACE
