#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <nmr/platform/status.hpp>

NMR_BEGIN_NAMESPACE

/// First member of a table or a characteristics struct that may grow with the NPI's minor versions. `size` is
/// what its maker knew of; `version` changes when old and new cannot work together.
struct NMR_PUBLIC_TYPE VersionHeader {
  std::uint16_t version = 0;
  std::uint16_t reserved = 0;
  std::uint32_t size = 0;
};

/// A struct that begins with a VersionHeader named `header` and can be copied byte by byte.
template <class T>
concept Versioned = std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T> && requires(T& table) {
  { table.header } -> std::same_as<VersionHeader&>;
};

/// Returns the header that a T made by this version of the code should carry.
template <Versioned T>
[[nodiscard]] constexpr VersionHeader version_header(std::uint16_t version) noexcept {
  return {version, 0, static_cast<std::uint32_t>(sizeof(T))};
}

/// Reads a peer's struct, made perhaps by an older or a newer version of its code, into one of this code's
/// form.
///
/// Returns       kSuccess: `mine` has what both know; members that the peer does not have are zero, what it
///               has beyond is left out. mine.header.size is the peer's or this code's size, whichever is
///               smaller. kInvalidParameter: null, or smaller than a header. kRevisionMismatch: another
///               version. Then `mine` is unchanged.
template <Versioned T>
Status read_versioned(const T* peer, std::uint16_t version, T& mine) noexcept {
  if (peer == nullptr) return Status::kInvalidParameter;
  // Not through T: the peer's struct may be shorter than one.
  VersionHeader header;
  std::memcpy(static_cast<void*>(&header), peer, sizeof(header));
  if (header.version != version) return Status::kRevisionMismatch;
  if (header.size < sizeof(VersionHeader)) return Status::kInvalidParameter;
  const std::uint32_t known = header.size < sizeof(T) ? header.size : static_cast<std::uint32_t>(sizeof(T));
  std::memset(static_cast<void*>(&mine), 0, sizeof(T));
  std::memcpy(static_cast<void*>(&mine), peer, known);
  mine.header.size = known;
  return Status::kSuccess;
}

NMR_END_NAMESPACE
