#pragma once
/// Words shared by all parts of the explorer: threads, clocks, views and places in the source.
#include <algorithm>
#include <array>
#include <cstdint>

namespace model {

enum : unsigned { kMaxThreads = 8, kMaxLocations = 128 };

using ThreadId = std::uint8_t;
using Time = std::uint32_t;

/// A vector clock: what happens-before is decided by.
struct Clock {
  std::array<Time, kMaxThreads> times{};

  void join(const Clock& other) noexcept {
    for (unsigned i = 0; i < kMaxThreads; ++i) times[i] = std::max(times[i], other.times[i]);
  }
  [[nodiscard]] bool covers(ThreadId thread, Time time) const noexcept { return times[thread] >= time; }
};

/// For each location the oldest message that may still be read. A view is about coherence: fences pass views
/// on without ordering plain data, which only clocks do.
struct View {
  std::array<std::uint8_t, kMaxLocations> oldest{};

  void join(const View& other) noexcept {
    for (unsigned i = 0; i < kMaxLocations; ++i) oldest[i] = std::max(oldest[i], other.oldest[i]);
  }
};

/// A place in the source. Not std::source_location, which clang 14 does not know.
struct Site {
  const char* file;
  unsigned line;

  static constexpr Site here(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) noexcept {
    return {file, line};
  }
};

enum class Backend : std::uint8_t {
  kSequential,  // every load reads the newest store
  kTso,  // as x86: a store waits in its thread's buffer until it is flushed
  kViews,  // C++20: a load reads any store that coherence and happens-before leave it
};

}  // namespace model
