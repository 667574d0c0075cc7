#pragma once
/// An input as a stream of decisions. After its end every decision is 0, the plainest one.
#include <cstddef>
#include <cstdint>
#include <span>

namespace fuzz {

class Bytes {
 public:
  explicit Bytes(std::span<const std::uint8_t> input) noexcept : left_(input) {}

  [[nodiscard]] bool more() const noexcept { return !left_.empty(); }
  std::uint8_t next() noexcept {
    if (left_.empty()) return 0;
    const std::uint8_t byte = left_.front();
    left_ = left_.subspan(1);
    return byte;
  }
  /// Returns one of 0 to `count` - 1.
  std::size_t pick(std::size_t count) noexcept { return next() % count; }

 private:
  std::span<const std::uint8_t> left_;
};

}  // namespace fuzz
