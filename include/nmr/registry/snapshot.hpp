#pragma once
#include <cstddef>
#include <vector>

#include <nmr/registry/binding_core.hpp>
#include <nmr/registry/registration_core.hpp>

NMR_BEGIN_NAMESPACE

enum class RegistrationState : std::uint8_t { kActive, kDeregistering, kDeregistered };

struct NMR_PUBLIC_TYPE RegistrationInfo {
  ModuleSide side;
  NpiId npi_id;
  ModuleId module_id;
  std::uint32_t number;
  RegistrationState state;
  std::size_t attached;         ///< bindings in state kAttached
  std::size_t references_open;  ///< what deregistration still waits for: bindings, and threads that offer it
};

struct NMR_PUBLIC_TYPE BindingInfo {
  BindingId id;
  ModuleId client;
  ModuleId provider;
  BindingState state;
  /// What keeps each side from being done: holds, a DetachCompletion that is kept, a callback that runs; and
  /// one for all calls in flight together. 0 if it is done, or was never attached.
  std::size_t client_references;
  std::size_t provider_references;
};

/// A registry as it was at one moment.
struct NMR_PUBLIC_TYPE RegistrySnapshot {
  std::vector<RegistrationInfo> registrations;
  std::vector<BindingInfo> bindings;
};

NMR_END_NAMESPACE
