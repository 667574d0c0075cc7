#pragma once
/// Memory for modules that can be watched: what a module consists of lies in pages of its own, and they are
/// taken away when it is said to be gone.
#include <cstddef>
#include <mutex>
#include <vector>

#include <nmr/lifecycle/vocabulary.hpp>

struct StressNpi {
  static constexpr nmr::NpiId kId{{0x57, 0x1, 0x2, {}}};
  struct ProviderDispatch {
    int (*answer)(void* context, int value);
  };
  using ClientDispatch = ProviderDispatch;
};

/// What both sides' functions work on.
struct StressContext {
  enum : int { kKey = 0x5EED };

  int key = kKey;  // read by the function, after as many turns
  int turns = 1;
};

/// A page for a module's data, and one with the machine code of its function.
class ModulePages {
 public:
  explicit ModulePages(std::size_t count);
  ModulePages(const ModulePages&) = delete;
  ModulePages& operator=(const ModulePages&) = delete;
  ~ModulePages();

  /// Returns the data page of the pair that has been away for longest.
  [[nodiscard]] void* take();
  /// The code that comes with a data page: a function as StressNpi::ProviderDispatch::answer, which returns
  /// the context's key plus the value.
  [[nodiscard]] StressNpi::ProviderDispatch table_of(const void* page) const noexcept;
  /// Overwrites both pages and unmaps them: whoever touches or runs them from here on faults.
  void take_away(void* page) noexcept;

 private:
  [[nodiscard]] std::byte* code_of(const void* page) const noexcept;

  const std::size_t page_size_;
  const std::size_t bytes_;
  std::byte* const data_;
  std::byte* const code_;  // null where there is no machine code
  std::mutex mutex_;
  std::vector<void*> away_;  // a ring
  std::size_t taken_ = 0;
  std::size_t back_;
};
