#pragma once
#include <cstdint>

#include <nmr/platform/config.hpp>

NMR_BEGIN_NAMESPACE
namespace platform {

/// A point in time of a clock that never jumps, in nanoseconds.
using Deadline = std::int64_t;
enum : std::int64_t { kNever = INT64_MAX };

/// Returns a duration as nanoseconds, saturating, without needing <chrono> here: any type with `count()` and
/// `period` will do.
template <class Duration>
[[nodiscard]] constexpr std::int64_t to_nanoseconds(const Duration& duration) noexcept {
  const auto scaled = static_cast<long double>(duration.count()) *
                      static_cast<long double>(Duration::period::num) * 1e9L /
                      static_cast<long double>(Duration::period::den);
  if (!(scaled > 0)) return 0;
  return scaled < 4e18L ? static_cast<std::int64_t>(scaled) : kNever;
}

}  // namespace platform
NMR_END_NAMESPACE
