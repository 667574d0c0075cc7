// The plug-in, built once for each PLUGIN_VERSION: 1 takes the data byte by byte and compresses runs of one
// byte; 2 takes four bytes at a time and copies from anywhere before. It needs nothing of the library and
// counts nothing.
#include "npi.hpp"

#include <array>
#include <cstring>

namespace {

constexpr bool kFast = PLUGIN_VERSION >= 2;

/// The tables are in memory that destroy() frees, and so a call that came too late would not go unnoticed.
struct Codec {
  Codec() noexcept {
    for (std::uint32_t byte = 0; byte != 256; ++byte) {
      std::uint32_t crc = byte;
      for (int bit = 0; bit != 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0u);
      tables[0][byte] = crc;
    }
    for (std::size_t table = 1; table != 4; ++table) {
      for (std::size_t byte = 0; byte != 256; ++byte) {
        const std::uint32_t before = tables[table - 1][byte];
        tables[table][byte] = (before >> 8) ^ tables[0][before & 0xFF];
      }
    }
  }

  std::array<std::array<std::uint32_t, 256>, 4> tables;
};

std::uint32_t checksum(void* context, const std::uint8_t* data, std::size_t size) noexcept {
  const auto& tables = static_cast<const Codec*>(context)->tables;
  std::uint32_t crc = ~0u;
  for (; kFast && size >= 4; data += 4, size -= 4) {
    crc ^=
        data[0] | std::uint32_t{data[1]} << 8 | std::uint32_t{data[2]} << 16 | std::uint32_t{data[3]} << 24;
    crc = tables[3][crc & 0xFF] ^ tables[2][(crc >> 8) & 0xFF] ^ tables[1][(crc >> 16) & 0xFF] ^
          tables[0][crc >> 24];
  }
  for (; size != 0; ++data, --size) crc = (crc >> 8) ^ tables[0][(crc ^ *data) & 0xFF];
  return ~crc;
}

/// Finds where to copy from: in version 1 the byte before, in version 2 where the same four bytes stood last.
class Matches {
 public:
  Matches(const std::uint8_t* data, std::size_t size) noexcept : data_(data), size_(size) {}

  /// Returns a place before `at`, or `at` if there is none. Called with `at` rising.
  std::size_t find(std::size_t at) noexcept {
    if (!kFast) return at == 0 ? at : at - 1;
    if (size_ - at < kShortestCopy) return at;
    std::uint32_t next = 0;
    std::memcpy(&next, data_ + at, sizeof next);
    std::uint16_t& seen = seen_[(next * 2654435761u) >> 22];
    const std::size_t before = seen;
    seen = static_cast<std::uint16_t>(at);
    return before < at ? before : at;
  }

  /// Returns how many bytes are the same from both places on.
  std::size_t length(std::size_t from, std::size_t at) const noexcept {
    std::size_t length = 0;
    while (from != at && at + length != size_ && length != kLongestCopy &&
           data_[from + length] == data_[at + length]) {
      ++length;
    }
    return length;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::array<std::uint16_t, 1024> seen_{};
};

std::uint8_t* put_literals(std::uint8_t* out, const std::uint8_t* data, std::size_t size) noexcept {
  while (size != 0) {
    const std::size_t part = size < kMostLiterals ? size : kMostLiterals;
    *out++ = static_cast<std::uint8_t>(part - 1);
    std::memcpy(out, data, part);
    out += part;
    data += part;
    size -= part;
  }
  return out;
}

std::size_t compress(void*, const std::uint8_t* data, std::size_t size, std::uint8_t* out) noexcept {
  std::uint8_t* const begin = out;
  Matches matches(data, size);
  std::size_t literals = 0;  // where the bytes that no copy covers start
  for (std::size_t at = 0; at != size;) {
    const std::size_t from = matches.find(at);
    const std::size_t length = matches.length(from, at);
    if (length < kShortestCopy) {
      ++at;
      continue;
    }
    out = put_literals(out, data + literals, at - literals);
    *out++ = static_cast<std::uint8_t>(0x80 + length - kShortestCopy);
    *out++ = static_cast<std::uint8_t>(at - from);
    *out++ = static_cast<std::uint8_t>((at - from) >> 8);
    at += length;
    literals = at;
  }
  out = put_literals(out, data + literals, size - literals);
  return static_cast<std::size_t>(out - begin);
}

constexpr CodecNpi::ProviderDispatch kDispatch{PLUGIN_VERSION, &checksum, &compress};

}  // namespace

extern "C" CodecPlugin codec_plugin() {
  return {&kDispatch, new Codec, [](void* context) noexcept { delete static_cast<Codec*>(context); }};
}
