#pragma once
/// What the storms have done: counted by each thread for itself, so that counting orders nothing, then summed
/// up for the case and for the program.
#include <atomic>
#include <cstdint>

struct Totals {
  std::atomic<std::int64_t> calls{0};
  std::atomic<std::int64_t> refused{0};
  std::atomic<std::int64_t> swaps{0};  // one thing put in the place of another
  std::atomic<std::int64_t> detaches{0};
  std::atomic<std::int64_t> expected{0};  // completions
  std::atomic<std::int64_t> seen{0};
  std::atomic<std::int64_t> bad{0};  // answers and results that were wrong

  /// Checks what must be true of every storm, and adds it to the totals of the program.
  void finish();
};

/// What one thread has done. Added to the totals when it goes.
struct Tally {
  explicit Tally(Totals& its_totals) noexcept : totals(its_totals) {}
  Tally(const Tally&) = delete;
  Tally& operator=(const Tally&) = delete;
  ~Tally() {
    totals.calls.fetch_add(calls);
    totals.refused.fetch_add(refused);
    totals.swaps.fetch_add(swaps);
    totals.detaches.fetch_add(detaches);
    totals.expected.fetch_add(expected);
    totals.bad.fetch_add(bad);
  }

  /// Counts what should be true. Returns whether it is.
  bool expect(bool good) noexcept {
    if (!good) ++bad;
    return good;
  }

  Totals& totals;
  std::int64_t calls = 0;
  std::int64_t refused = 0;
  std::int64_t swaps = 0;
  std::int64_t detaches = 0;
  std::int64_t expected = 0;
  std::int64_t bad = 0;
};
