#pragma once
/// Several things measured in turns, A B C A B C ..., so that what the machine does meanwhile hits all of
/// them.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include "clock.hpp"

/// Returns the CPU time of a fixed number of independent instructions. It grows when something else has its
/// share of the core, such as the other hyperthread.
[[gnu::noinline]] inline double disturbance() {
  const double begin = cpu_ns();
  std::uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6;
  for (int i = 0; i < 4000; ++i) {
    a += 3, b ^= 5, c += 7, d ^= 9, e += 11, f ^= 13;
    __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
  }
  return cpu_ns() - begin;
}

/// Measures several actions in rounds, and looks at the third of the rounds that was disturbed least.
class Rounds {
 public:
  using Action = std::function<double()>;  // returns a figure: ns for one call, for example

  /// Returns the index of the action for middle(), ratio() and at().
  std::size_t add(Action action) {
    actions_.push_back(std::move(action));
    samples_.emplace_back();
    return actions_.size() - 1;
  }

  /// Runs at least nine rounds that count.
  Rounds& run(std::size_t rounds) {
    std::vector<double> disturbances;
    for (std::size_t i = 0; i != 3 * std::max<std::size_t>(rounds, 9); ++i) {
      disturbed_ = disturbance();
      for (std::size_t k = 0; k != actions_.size(); ++k) {
        samples_[k].push_back(actions_[k]());
        disturbed_ += disturbance();
      }
      disturbances.push_back(disturbed_);
    }
    keep_third(disturbances);
    return *this;
  }

  /// For actions that can tell how much they were disturbed themselves.
  void disturbed_by(double ns) { disturbed_ += ns; }

  [[nodiscard]] double at(std::size_t action, std::size_t round) const { return samples_[action][round]; }
  [[nodiscard]] double middle(std::size_t action) const { return median(samples_[action]); }
  /// Returns the median of a figure made of one round's samples: `f(round)`.
  template <class F>
  [[nodiscard]] double median_of(F f) const {
    std::vector<double> figures(samples_.front().size());
    for (std::size_t i = 0; i != figures.size(); ++i) figures[i] = f(i);
    return median(figures);
  }
  /// Returns the median of the rounds' own ratios.
  [[nodiscard]] double ratio(std::size_t above, std::size_t below) const {
    return median_of([&](std::size_t i) { return at(above, i) / at(below, i); });
  }

 private:
  void keep_third(const std::vector<double>& disturbances) {
    std::vector<std::size_t> order(disturbances.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return disturbances[a] < disturbances[b]; });
    order.resize(order.size() / 3);
    for (auto& samples : samples_) {
      std::vector<double> kept;
      for (const std::size_t i : order) kept.push_back(samples[i]);
      samples = std::move(kept);
    }
  }

  std::vector<Action> actions_;
  std::vector<std::vector<double>> samples_;
  double disturbed_ = 0;
};
