#pragma once
/// What the callers have done by the plug-in, and how the host checks it without the plug-in.
#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "npi.hpp"

/// Bit by bit, as the definition has it.
constexpr std::uint32_t reference_crc32(const std::uint8_t* data, std::size_t size) {
  std::uint32_t crc = ~0u;
  for (std::size_t i = 0; i != size; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit != 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0u);
  }
  return ~crc;
}
constexpr std::uint8_t kCheckInput[] = {'1', '2', '3', '4', '5', '6', '7', '8', '9'};
static_assert(reference_crc32(kCheckInput, sizeof kCheckInput) == 0xCBF43926u, "the check value of CRC-32");

/// Returns whether the compressed bytes unpack to exactly the data.
inline bool unpacks_to(const std::uint8_t* in, std::size_t size, const std::vector<std::uint8_t>& data) {
  const std::uint8_t* const end = in + size;
  std::size_t at = 0;
  while (in != end) {
    const std::uint8_t head = *in++;
    const bool copy = head >= 0x80;
    const std::size_t length = copy ? head - 0x80 + kShortestCopy : std::size_t{head} + 1;
    const auto left = static_cast<std::size_t>(end - in);
    if (left < (copy ? 2 : length) || data.size() - at < length) return false;
    if (copy) {
      const std::size_t distance = in[0] | std::size_t{in[1]} << 8;
      if (distance == 0 || distance > at) return false;
      // What was unpacked so far has been compared with the data, so it can be copied from there.
      for (std::size_t i = 0; i != length; ++i) {
        if (data[at + i] != data[at + i - distance]) return false;
      }
      in += 2;
    } else {
      if (!std::equal(in, in + length, data.begin() + static_cast<std::ptrdiff_t>(at))) return false;
      in += length;
    }
    at += length;
  }
  return at == data.size();
}

/// One buffer, and what has to come out.
struct Work {
  explicit Work(std::vector<std::uint8_t> bytes)
      : data(std::move(bytes)), checksum(reference_crc32(data.data(), data.size())) {}

  std::vector<std::uint8_t> data;
  std::uint32_t checksum;
};

/// What came out. Checked after the call has left.
struct Result {
  /// Does one piece of work through a guard or a hold.
  template <class Call>
  void get(const Work& work, const Call& call) {
    compressed.resize(max_compressed(work.data.size()));
    version = call->version;
    checksum = call->checksum(call.context(), work.data.data(), work.data.size());
    compressed.resize(call->compress(call.context(), work.data.data(), work.data.size(), compressed.data()));
  }
  [[nodiscard]] bool right_for(const Work& work) const {
    return checksum == work.checksum && unpacks_to(compressed.data(), compressed.size(), work.data);
  }

  unsigned version = 0;
  std::uint32_t checksum = 0;
  std::vector<std::uint8_t> compressed;
};

/// Returns buffers of several sizes: text, runs of one byte, noise, nothing.
inline std::vector<Work> make_work() {
  constexpr std::string_view kText =
      "Modules come and go while they are being called: a provider is unloaded, a "
      "driver detaches, a plug-in is swapped. ";
  std::vector<Work> work;
  std::uint32_t noise = 1;
  for (std::size_t size : {0u, 1u, 37u, 256u, 1500u, 4096u}) {
    std::vector<std::uint8_t> text, runs, random;
    for (std::size_t i = 0; i != size; ++i) {
      noise = noise * 1664525u + 1013904223u;
      text.push_back(static_cast<std::uint8_t>(kText[i % kText.size()]));
      runs.push_back(static_cast<std::uint8_t>(i / 50));
      random.push_back(static_cast<std::uint8_t>(noise >> 24));
    }
    work.emplace_back(std::move(text));
    work.emplace_back(std::move(runs));
    work.emplace_back(std::move(random));
  }
  return work;
}
