#pragma once
/// How long a stress test goes on, and the numbers that it plays with.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <random>

/// Numbers that are repeated by their seed (xorshift).
class Random {
 public:
  explicit constexpr Random(std::uint32_t seed) noexcept : state_(seed != 0 ? seed : 1) {}

  [[nodiscard]] std::uint32_t below(std::uint32_t end) noexcept {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_ % end;
  }
  [[nodiscard]] bool one_in(std::uint32_t n) noexcept { return below(n) == 0; }

 private:
  std::uint32_t state_;
};

/// Ends after NMR_STRESS_SECONDS (a fraction will do). A run is repeated, as far as threads let it, by
/// NMR_STRESS_SEED.
class Budget {
 public:
  Budget() {
    const char* seconds = std::getenv("NMR_STRESS_SECONDS");
    const std::chrono::duration<double> length(seconds != nullptr ? std::atof(seconds) : 0.3);
    end_ = std::chrono::steady_clock::now() +
           std::chrono::duration_cast<std::chrono::steady_clock::duration>(length);
    const char* seed = std::getenv("NMR_STRESS_SEED");
    seed_ = seed != nullptr ? static_cast<std::uint32_t>(std::atoll(seed)) : std::random_device{}();
    MESSAGE("NMR_STRESS_SEED=" << seed_);
  }

  /// Returns false once the time is over. Never before the first question, so that something is always done.
  [[nodiscard]] bool more() noexcept {
    return !asked_.exchange(true) || std::chrono::steady_clock::now() < end_;
  }

  [[nodiscard]] Random random(int thread) const noexcept {
    return Random(seed_ * 31 + static_cast<std::uint32_t>(thread));
  }

 private:
  std::chrono::steady_clock::time_point end_;
  std::uint32_t seed_;
  std::atomic<bool> asked_{false};
};
