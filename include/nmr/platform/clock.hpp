#pragma once
#include <cstdint>
#include <type_traits>

#include <nmr/platform/config.hpp>

NMR_BEGIN_NAMESPACE
namespace platform {

/// A point in time of a clock that never jumps, in nanoseconds.
using Deadline = std::int64_t;
enum : std::int64_t { kNever = INT64_MAX };

/// A quotient, rounded down, and what is left.
struct Quotient {
  std::uint64_t whole;
  std::uint64_t rest;
};

/// Returns a * part / all, for part < all < 2^63: bit by bit, since the product may take 128, and a kernel has no such
/// division.
[[nodiscard]] constexpr Quotient share(std::uint64_t a, std::uint64_t part, std::uint64_t all) noexcept {
  Quotient sum{0, 0};
  const auto add = [&sum, all](std::uint64_t more) noexcept {
    sum.rest += more;
    if (sum.rest < all) return;
    sum.rest -= all;
    ++sum.whole;
  };
  for (unsigned bit = 64; bit-- != 0;) {
    sum.whole *= 2;
    add(sum.rest);
    if ((a >> bit & 1) != 0) add(part);
  }
  return sum;
}

/// How many nanoseconds a unit of time has, num/den seconds: no more than kNever, and the rest in parts of den.
[[nodiscard]] consteval Quotient nanoseconds_in(std::uint64_t num, std::uint64_t den) noexcept {
  constexpr std::uint64_t kPerSecond = 1'000'000'000;
  if (num / den >= kNever / kPerSecond) return {kNever, 0};
  const Quotient of_rest = share(kPerSecond, num % den, den);
  return {num / den * kPerSecond + of_rest.whole, of_rest.rest};
}

/// Returns a duration as nanoseconds, rounded down, at least 0 and at most kNever, without needing `<chrono>` here: any
/// type with `count()` and `period` will do. Exact, but where it counts in floating point itself: for other durations
/// there is none, as a kernel wants it.
template <class Duration>
[[nodiscard]] constexpr std::int64_t to_nanoseconds(const Duration& duration) noexcept {
  const auto count = duration.count();
  if (!(count > 0)) return 0;
  if constexpr (std::is_integral_v<decltype(duration.count())> && sizeof count <= sizeof(std::uint64_t)) {
    constexpr Quotient kUnit = nanoseconds_in(Duration::period::num, Duration::period::den);
    constexpr std::uint64_t kLongest = kUnit.whole != 0 ? kNever / kUnit.whole : UINT64_MAX;
    const auto units = static_cast<std::uint64_t>(count);
    if (units > kLongest) return kNever;
    std::uint64_t nanoseconds = units * kUnit.whole;
    if constexpr (kUnit.rest != 0) nanoseconds += share(units, kUnit.rest, Duration::period::den).whole;
    return nanoseconds < kNever ? static_cast<std::int64_t>(nanoseconds) : kNever;
  } else {
    const auto scaled = static_cast<long double>(count) * static_cast<long double>(Duration::period::num) *
                        1e9L / static_cast<long double>(Duration::period::den);
    return scaled < 0x1p63L ? static_cast<std::int64_t>(scaled) : kNever;
  }
}

}  // namespace platform
NMR_END_NAMESPACE
