#pragma once
/// What the programs for timed waits are made of: a policy whose waits tell that they have begun. Only then may another
/// thread end what they wait for; and it may as soon as it is told, whatever they are about to do.
#include <chrono>
#include <utility>

#include "model_atomics.hpp"
#include "programs.hpp"

namespace model {

/// How many timed waits of a run have begun.
struct WaitsBegun {
  static inline Atomic<int>* count = nullptr;  // of this run

  WaitsBegun() noexcept { count = new Atomic<int>(0); }
  WaitsBegun(const WaitsBegun&) = delete;
  WaitsBegun& operator=(const WaitsBegun&) = delete;
  [[nodiscard]] bool all(int waits) const noexcept { return count->load(std::memory_order_acquire) == waits; }
};

template <class Policy>
struct TellsWaits : Policy {
  class Condition : public Policy::Condition {
   public:
    bool wait_until(Mutex& mutex, std::int64_t deadline) noexcept {
      if (!std::exchange(told_, true)) WaitsBegun::count->fetch_add(1, std::memory_order_release);
      return Policy::Condition::wait_until(mutex, deadline);
    }

   private:
    bool told_ = false;
  };
};

/// How a thread learns of the end.
enum class Learns { kPolls, kWaitsLate, kBeginsLate };

}  // namespace model
