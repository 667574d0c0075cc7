#pragma once
/// All that the host and its plug-in have to agree on.
#include <cstddef>
#include <cstdint>

struct CodecNpi {
  struct ProviderDispatch {
    unsigned version;
    /// Returns the CRC-32 of the data, as zip and Ethernet have it.
    std::uint32_t (*checksum)(void* context, const std::uint8_t* data, std::size_t size) noexcept;
    /// Compresses at most 0xFFFF bytes. Returns the size of the result, at most max_compressed(size). It is a
    /// sequence of
    ///   n < 0x80,  then n + 1 bytes:                     those bytes
    ///   n >= 0x80, then a distance in two bytes, low first:  n - 0x80 + kShortestCopy bytes from that far back
    std::size_t (*compress)(void* context, const std::uint8_t* data, std::size_t size,
                            std::uint8_t* out) noexcept;
  };
};

constexpr std::size_t kShortestCopy = 4;  // a copy takes three bytes
constexpr std::size_t kLongestCopy = kShortestCopy + 0x7F;
constexpr std::size_t kMostLiterals = 0x80;
constexpr std::size_t max_compressed(std::size_t size) { return size + size / kMostLiterals + 1; }

/// What the one function that a plug-in exports returns: `extern "C" CodecPlugin codec_plugin()`.
struct CodecPlugin {
  const CodecNpi::ProviderDispatch* dispatch;
  void* context;
  void (*destroy)(void* context) noexcept;  // when the last call has left
};
