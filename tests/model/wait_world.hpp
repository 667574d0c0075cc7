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

/// What a driver's policy has, and no more: an event of its own, whose setter waits for nobody; and a level at which
/// nothing else gets the thread's processor. What interrupts it there is its signal handler.
struct KernelPolicy {
  template <class T>
  using Atomic = model::Atomic<T>;

  class Event {
   public:
    void set() noexcept { set_.store(1, std::memory_order_release); }
    void wait() noexcept {
      while (!is_set()) relax(0);
    }
    /// Its time is over where it is not set when it looks.
    bool wait_until(std::int64_t) noexcept {
      if (!std::exchange(told_, true)) WaitsBegun::count->fetch_add(1, std::memory_order_release);
      return is_set();
    }

   private:
    bool is_set() noexcept { return set_.load(std::memory_order_acquire) != 0; }
    Atomic<unsigned> set_{0};
    bool told_ = false;
  };
  using ShortSection = ModelAtomics::SignalBlock;

  static void relax(unsigned turn, Site site = Site::here()) noexcept { ModelAtomics::relax(turn, site); }
  static std::int64_t now_ns() noexcept { return ModelAtomics::now_ns(); }
  static void misuse(const nmr::MisuseReport& report) noexcept { ModelAtomics::misuse(report); }
};
static_assert(nmr::RundownPolicy<KernelPolicy> && !nmr::SleepsPolicy<KernelPolicy>);

/// How a thread learns of the end.
enum class Learns { kPolls, kWaitsLate, kBeginsLate };

}  // namespace model
