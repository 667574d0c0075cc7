#pragma once
/// The real atomics, with a delay at random before and after each operation: at every label of the headers a
/// thread may be overtaken, and not only where the scheduler happens to stop it.
#include <atomic>

#include <nmr/platform/std_atomics.hpp>

#include "stress/budget.hpp"

/// Whether and how long the calling thread dawdles. Until it is given a seed a thread never does.
class Delays {
 public:
  /// Lives as long as the thread's part of a test.
  explicit Delays(Random random) noexcept { of_this_thread() = {random, true}; }
  Delays(const Delays&) = delete;
  Delays& operator=(const Delays&) = delete;
  ~Delays() { of_this_thread().on = false; }

  static void maybe() noexcept {
    State& state = of_this_thread();
    if (!state.on) return;
    const std::uint32_t length = state.random.below(512);
    if (length == 0) {
      nmr::platform::yield_thread();
    } else if (length < 32) {
      for (std::uint32_t i = 0; i < length * 4; ++i) nmr::platform::pause();
    }
  }

 private:
  struct State {
    Random random{1};
    bool on = false;
  };
  static State& of_this_thread() noexcept {
    static thread_local State state;
    return state;
  }
};

template <class T>
class DelayedAtomic {
 public:
  constexpr DelayedAtomic() noexcept = default;
  constexpr DelayedAtomic(T value) noexcept : value_(value) {}  // as std::atomic: not explicit
  DelayedAtomic(const DelayedAtomic&) = delete;
  DelayedAtomic& operator=(const DelayedAtomic&) = delete;

  T load(std::memory_order order) const noexcept {
    const Around delay;
    return value_.load(order);
  }
  void store(T value, std::memory_order order) noexcept {
    const Around delay;
    value_.store(value, order);
  }
  T exchange(T value, std::memory_order order) noexcept {
    const Around delay;
    return value_.exchange(value, order);
  }
  T fetch_add(T value, std::memory_order order) noexcept {
    const Around delay;
    return value_.fetch_add(value, order);
  }
  T fetch_sub(T value, std::memory_order order) noexcept {
    const Around delay;
    return value_.fetch_sub(value, order);
  }
  T fetch_or(T value, std::memory_order order) noexcept {
    const Around delay;
    return value_.fetch_or(value, order);
  }
  T fetch_and(T value, std::memory_order order) noexcept {
    const Around delay;
    return value_.fetch_and(value, order);
  }
  bool compare_exchange_strong(T& expected, T value, std::memory_order good, std::memory_order bad) noexcept {
    const Around delay;
    return value_.compare_exchange_strong(expected, value, good, bad);
  }
  bool compare_exchange_weak(T& expected, T value, std::memory_order good, std::memory_order bad) noexcept {
    const Around delay;
    return value_.compare_exchange_weak(expected, value, good, bad);
  }

 private:
  /// Touches nothing of the atomic: after the last operation on an object it may be gone.
  struct Around {
    Around() noexcept { Delays::maybe(); }
    Around(const Around&) = delete;
    Around& operator=(const Around&) = delete;
    ~Around() { Delays::maybe(); }
  };

  std::atomic<T> value_{};
};

struct DelayedAtomics : nmr::StdAtomics {
  template <class T>
  using Atomic = DelayedAtomic<T>;

  class Mutex : public nmr::StdAtomics::Mutex {
   public:
    void lock() noexcept {
      Delays::maybe();
      nmr::StdAtomics::Mutex::lock();
    }
    bool lock_briefly() noexcept {
      Delays::maybe();
      return nmr::StdAtomics::Mutex::lock_briefly();
    }
    void unlock() noexcept {
      nmr::StdAtomics::Mutex::unlock();
      Delays::maybe();
    }
  };

  static void light_fence() noexcept {
    nmr::StdAtomics::light_fence();
    Delays::maybe();
    nmr::StdAtomics::light_fence();
  }
  static void full_fence() noexcept {
    Delays::maybe();
    nmr::StdAtomics::full_fence();
    Delays::maybe();
  }
  static void heavy_fence() noexcept {
    Delays::maybe();
    nmr::StdAtomics::heavy_fence();
    Delays::maybe();
  }
};
static_assert(nmr::AtomicsPolicy<DelayedAtomics>);

/// As on a system that has no process-wide barrier.
struct DelayedRealFences : DelayedAtomics {
  static bool try_enable_heavy_fence() noexcept { return false; }
};
