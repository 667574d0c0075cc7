#pragma once
/// Clocks, and the middle of many.
#include <algorithm>
#include <cstddef>
#include <ctime>
#include <vector>

inline double read_clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}
/// Time that this thread has run: what others do to the processor meanwhile shows less in it.
inline double cpu_ns() { return read_clock_ns(CLOCK_THREAD_CPUTIME_ID); }
inline double wall_ns() { return read_clock_ns(CLOCK_MONOTONIC); }

/// Returns the value below which a fraction `p` of the samples lies. Precondition: there are some.
inline double quantile(std::vector<double> samples, double p) {
  const auto at =
      samples.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(samples.size() - 1) + 0.5);
  std::nth_element(samples.begin(), at, samples.end());
  return *at;
}
inline double median(const std::vector<double>& samples) { return quantile(samples, 0.5); }
