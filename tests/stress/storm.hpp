#pragma once
/// What storms have in common: threads that call, for as long as others change what is called.
#include <atomic>

#include "platform/threads.hpp"
#include "stress/budget.hpp"
#include "stress/delayed_atomics.hpp"
#include "stress/totals.hpp"

class Storm {
 public:
  /// What one thread has for itself.
  struct Part {
    Part(Storm& storm, int first, int its_number) noexcept
        : number(its_number),
          random(storm.budget.random(first + its_number)),
          delays(storm.budget.random(first + 100 + its_number)),
          tally(storm.totals) {}

    const int number;
    Random random;
    const Delays delays;
    Tally tally;
  };

  Budget budget;
  Totals totals;

  /// Starts as many threads more that do `work(part)` until this is over().
  template <class Work>
  void callers(int count, Work work) {
    for (int i = 0; i < count; ++i) {
      callers_.add([this, work](int number) {
        Part part(*this, 0, number);
        work(part);
      });
    }
  }

  /// Has as many threads do `work(part)` while there is more of the budget, and returns when they have.
  template <class Work>
  void mutators(int count, Work work) {
    const Threads threads(count, [&](int number) {
      Part part(*this, 200, number);
      work(part);
    });
  }

  [[nodiscard]] bool over() const noexcept { return over_.load(std::memory_order_relaxed); }

  /// Returns when the callers have.
  void stop() {
    over_.store(true);
    callers_.join();
  }
  void finish() {
    stop();
    totals.finish();
  }

 private:
  std::atomic<bool> over_{false};
  Threads callers_;
};
