#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include <nmr/binding/detach_completion.hpp>
#include <nmr/platform/completion.hpp>
#include <nmr/platform/status.hpp>
#include <nmr/registry/module_id.hpp>
#include <nmr/rundown/rundown_ref.hpp>

NMR_BEGIN_NAMESPACE

/// Identifies one binding among all that a registry ever makes.
enum class BindingId : std::uint64_t { kNone = 0 };

/// Which side of an NPI: the one that asks to be attached, or the one that is asked.
enum class ModuleSide : std::uint8_t { kClient, kProvider };

/// Who a registration is (NPI_REGISTRATION_INSTANCE), as its peers see it.
struct NMR_PUBLIC_TYPE RegistrationInstance {
  NpiId npi_id;
  ModuleId module_id;
  std::uint32_t number = 0;               ///< which implementation of the NPI; 0 if there is one
  std::uint16_t npi_version = 0;          ///< of the NPI, as the two sides agree to use it
  const void* characteristics = nullptr;  ///< NPI-specific, or null
};

/// Why a peer was not attached, and who said so.
struct NMR_PUBLIC_TYPE Refusal {
  ModuleId peer;
  Status status = Status::kSuccess;
  ModuleSide refused_by = ModuleSide::kClient;
};

template <class Calls>
class BasicRegistryState;
template <class Calls>
struct BasicBindingCore;
template <class Calls>
struct BasicOffer;

/// One registration without its types. Links, lists and flags belong to the registry's mutex.
template <class Calls>
struct NMR_PUBLIC_TYPE BasicRegistrationCore {
  using Atomics = typename Calls::Atomics;
  using Binding = BasicBindingCore<Calls>;

  /// What the registry knows of a module: who it is, and how to call it. `module` and what it points to are
  /// read until the registration has been deregistered, and not afterwards.
  struct Module {
    const void* module;
    Status (*attach)(const void* module, void* registration_context, BasicOffer<Calls>& offer);
    void (*detach)(const void* module, void* binding_context, DetachCompletion done) noexcept;
    void (*cleanup)(const void* module, void* binding_context) noexcept;
    RegistrationInstance instance;
    Executor* executor;
    bool serialize_attach;
  };

  BasicRegistrationCore(BasicRegistryState<Calls>& owner, ModuleSide which, const Module& what,
                        void* with) noexcept
      : registry(owner), side(which), module(what), context(with) {}

  /// Notes why a peer was not attached; the oldest of kRefusalsKept is forgotten.
  void note(const Refusal& refusal) noexcept { refusals[refused++ % kRefusalsKept] = refusal; }

  enum : std::size_t { kRefusalsKept = 8 };

  BasicRegistryState<Calls>& registry;
  const ModuleSide side;
  const Module module;
  void* const context;

  /// One reference for each binding that is not gone and for each thread that offers on behalf of the
  /// registration. So deregistration has completed when this has run down.
  BasicRundownRef<Atomics> open;
  bool deregistering = false;
  bool orphaned = false;  // destroyed where it could not be waited for: leaves the list with its last binding
  BasicRegistrationCore* previous = nullptr;
  BasicRegistrationCore* next = nullptr;
  Binding* first_binding = nullptr;
  Binding* last_binding = nullptr;
  std::size_t attached = 0;
  std::array<Refusal, kRefusalsKept> refusals{};
  std::size_t refused = 0;
  std::uintptr_t attaching_thread = 0;  // with serialize_attach: who is in the attach callback
  Completion reaper{&reap, this};  // frees an orphan

 private:
  /// Does not touch the registry: who was told of the other side's end may have freed it.
  static void reap(Completion&, void* self) noexcept { delete static_cast<BasicRegistrationCore*>(self); }
};

NMR_END_NAMESPACE
