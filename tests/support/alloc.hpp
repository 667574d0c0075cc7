#pragma once
/// Counts what the program allocates through operator new, and makes it fail. Programs that want it add
/// `alloc_dep`.
///
/// All numbers are of the whole program, so a test asks before it asserts: assertions allocate too.
#include <cstddef>

namespace alloc {

/// Blocks that were allocated and not freed yet.
[[nodiscard]] std::size_t live() noexcept;

/// Blocks that have been allocated since the start of the program.
[[nodiscard]] std::size_t made() noexcept;

/// Counts from its construction on.
class Scope {
 public:
  [[nodiscard]] std::size_t made() const noexcept { return alloc::made() - made_; }
  /// Negative if more was freed than allocated.
  [[nodiscard]] std::ptrdiff_t live() const noexcept {
    return static_cast<std::ptrdiff_t>(alloc::live()) - static_cast<std::ptrdiff_t>(live_);
  }

 private:
  std::size_t made_ = alloc::made();
  std::size_t live_ = alloc::live();
};

/// While it lives, the nth allocation of any thread from now on fails (1 is the next), and no other. One at a
/// time.
class FailNth {
 public:
  explicit FailNth(std::size_t nth) noexcept;
  FailNth(const FailNth&) = delete;
  FailNth& operator=(const FailNth&) = delete;
  ~FailNth();

  /// Returns true once an allocation was made to fail: a loop over n ends when none was.
  [[nodiscard]] bool happened() const noexcept;
};

}  // namespace alloc
