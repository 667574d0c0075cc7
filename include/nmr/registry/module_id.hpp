#pragma once
#include <cstdint>
#include <nmr/platform/config.hpp>

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

NMR_END_NAMESPACE
