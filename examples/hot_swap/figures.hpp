#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <vector>

/// What one calling thread has to tell.
struct Tally {
  std::uint64_t calls = 0, checked = 0, refused = 0, requests = 0;
  std::array<std::uint64_t, 3> by_version{};  // [0] is not used

  Tally& operator+=(const Tally& other) {
    calls += other.calls;
    checked += other.checked;
    refused += other.refused;
    requests += other.requests;
    for (std::size_t i = 0; i != by_version.size(); ++i) by_version[i] += other.by_version[i];
    return *this;
  }
};

/// What the run has to tell.
struct Figures {
  enum : std::size_t { kMostOld = 8 };  // versions that were replaced and are still mapped

  Tally total;
  std::size_t swaps = 0, most_draining = 0, most_drained = 0, most_old = 0, loaded = 0, unmapped = 0;
  std::vector<double> drains_us;

  void print() {
    const auto tell = [](const char* what, std::uintmax_t count) {
      std::printf("%-31s %11ju\n", what, count);
    };
    tell("calls made", total.calls);
    tell("  of version 1", total.by_version[1]);
    tell("  of version 2", total.by_version[2]);
    tell("  by requests that lived on", total.requests);
    tell("results checked", total.checked);
    tell("calls refused", total.refused);
    tell("swaps", swaps);
    std::sort(drains_us.begin(), drains_us.end());
    if (!drains_us.empty()) {
      std::printf("%-31s %11.1f us\n", "drain, median", drains_us[drains_us.size() / 2]);
      std::printf("%-31s %11.1f us\n", "drain, slowest", drains_us.back());
    }
    tell("old versions mapped, at most", most_old);
    tell("  of them draining, at most", most_draining);
    tell("  drained, not yet unloaded", most_drained);
    tell("libraries loaded", loaded);
    tell("libraries proved unmapped", unmapped);
  }

  /// Returns what is wrong with them, or null.
  [[nodiscard]] const char* fault(bool with_gap) const {
    constexpr std::size_t kEnoughSwaps = 100;  // in a run that was shorter, not everything need have happened
    if (total.checked != total.calls) return "not all results were right";
    if (total.refused != 0 && !with_gap) return "calls were refused";
    if (unmapped != loaded) return "not all that was loaded was unmapped";
    if (most_old > kMostOld) return "more old versions were mapped than there may be";
    if (swaps < kEnoughSwaps) return nullptr;
    if (total.by_version[1] == 0 || total.by_version[2] == 0) return "a version was never called";
    if (total.requests == 0) return "no request outlived its call";
    return nullptr;
  }
};
