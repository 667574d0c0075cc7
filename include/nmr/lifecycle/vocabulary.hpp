#pragma once
/// The words of a registry and its modules: who somebody is, which binding, how far it has come, why not.
#include <cstddef>
#include <cstdint>

#include <nmr/platform/config.hpp>
#include <nmr/platform/status.hpp>

NMR_BEGIN_NAMESPACE

/// A GUID, as Windows writes it: {data1-data2-data3-data4}.
struct NMR_PUBLIC_TYPE Guid {
  std::uint32_t data1 = 0;
  std::uint16_t data2 = 0;
  std::uint16_t data3 = 0;
  std::uint8_t data4[8]{};

  NMR_LOCAL friend constexpr bool operator==(const Guid&, const Guid&) noexcept = default;
};

/// Names an NPI (NPIID). The only thing that a registry matches on; compared by value. All zero is no name.
struct NMR_PUBLIC_TYPE NpiId {
  Guid guid{};

  [[nodiscard]] NMR_LOCAL constexpr bool empty() const noexcept { return guid == Guid{}; }
  NMR_LOCAL friend constexpr bool operator==(const NpiId&, const NpiId&) noexcept = default;
};

/// Names a module (NPI_MODULEID): a GUID, or the locally unique identifier of an interface. Opaque to the
/// registry; peers read it to decide whether to attach. Two are equal if they are of one kind and have one
/// value (NmrIsEqualNpiModuleId).
class NMR_PUBLIC_TYPE ModuleId {
 public:
  enum class Kind : std::uint8_t { kNone, kGuid, kInterfaceLuid };

  NMR_LOCAL constexpr ModuleId() noexcept = default;
  NMR_LOCAL constexpr explicit ModuleId(const Guid& guid) noexcept : kind_(Kind::kGuid), guid_(guid) {}
  NMR_LOCAL constexpr explicit ModuleId(std::uint64_t interface_luid) noexcept
      : kind_(Kind::kInterfaceLuid), interface_luid_(interface_luid) {}

  [[nodiscard]] NMR_LOCAL constexpr Kind kind() const noexcept { return kind_; }
  [[nodiscard]] NMR_LOCAL constexpr const Guid& guid() const noexcept { return guid_; }
  [[nodiscard]] NMR_LOCAL constexpr std::uint64_t interface_luid() const noexcept { return interface_luid_; }

  /// Returns true if it names nothing: none was given, or a GUID that is all zero.
  [[nodiscard]] NMR_LOCAL constexpr bool empty() const noexcept {
    return kind_ == Kind::kNone || (kind_ == Kind::kGuid && guid_ == Guid{});
  }
  NMR_LOCAL friend constexpr bool operator==(const ModuleId&, const ModuleId&) noexcept = default;

 private:
  Kind kind_ = Kind::kNone;
  Guid guid_{};
  std::uint64_t interface_luid_ = 0;
};

/// Identifies one binding among all that a registry ever makes.
enum class BindingId : std::uint64_t { kNone = 0 };

/// Which side of an NPI: the one that asks to be attached, or the one that is asked.
enum class ModuleSide : std::uint8_t { kClient, kProvider };

/// Returns "client" or "provider".
[[nodiscard]] constexpr const char* to_string(ModuleSide side) noexcept {
  return side == ModuleSide::kClient ? "client" : "provider";
}

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

/// Room for refusals: an array, a pointer and a size, or what has data() and size(); none by default. Not a std::span,
/// whose functions would be visible outside the image that asks.
struct NMR_PUBLIC_TYPE RefusalRoom {
  NMR_LOCAL constexpr RefusalRoom() noexcept = default;
  NMR_LOCAL constexpr RefusalRoom(Refusal* array, std::size_t length) noexcept : first(array), size(length) {}
  template <std::size_t kLength>
  NMR_LOCAL constexpr RefusalRoom(Refusal (&array)[kLength]) noexcept : first(array), size(kLength) {}
  template <class Range>
    requires requires(Range& range) { static_cast<Refusal*>(range.data()) + range.size(); }
  NMR_LOCAL constexpr RefusalRoom(Range&& range) noexcept : first(range.data()), size(range.size()) {}

  Refusal* first = nullptr;
  std::size_t size = 0;
};

/// The life of a binding:
///
///   kOffered            made, holds both registrations open; nobody was asked yet
///   kClientAttaching    the client is asked; it may ask the provider, any number of times until one succeeds
///   kProviderAttaching  the provider is asked
///   kHalfAttached       the provider agreed, the client has not returned: calls both ways are legal
///   kAttached           until either side deregisters, or detaches this binding
///   kDetaching          both are asked to detach; neither waits for the other
///   kCleaningUp         both are done: contexts are given back, by one thread
///   kRejected           somebody declined: no detach, no cleanup
enum class BindingState : std::uint8_t {
  kOffered,
  kClientAttaching,
  kProviderAttaching,
  kHalfAttached,
  kAttached,
  kDetaching,
  kCleaningUp,
  kRejected,
};

/// Returns its name, or null for what is no state.
[[nodiscard]] constexpr const char* to_string(BindingState state) noexcept {
  switch (state) {
    case BindingState::kOffered: return "kOffered";
    case BindingState::kClientAttaching: return "kClientAttaching";
    case BindingState::kProviderAttaching: return "kProviderAttaching";
    case BindingState::kHalfAttached: return "kHalfAttached";
    case BindingState::kAttached: return "kAttached";
    case BindingState::kDetaching: return "kDetaching";
    case BindingState::kCleaningUp: return "kCleaningUp";
    case BindingState::kRejected: return "kRejected";
  }
  return nullptr;
}

NMR_END_NAMESPACE
