#pragma once
/// A policy that counts what a thread does to shared memory, and where: what a call costs, as a fact that
/// does not depend on the machine.
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <nmr/platform/std_atomics.hpp>

/// What the calling thread has done since the last reset().
struct OperationCounts {
  int loads = 0;
  int stores = 0;
  int read_modify_writes = 0;
  int light_fences = 0;
  int full_fences = 0;
  int heavy_fences = 0;
  int locks = 0;

  /// The objects that were stored to or read, modified and written; the first few of them.
  static constexpr int kMaxWritten = 32;
  const void* written[kMaxWritten] = {};
  int writes = 0;

  void reset() noexcept { *this = OperationCounts(); }

  /// Returns whether everything that was written lies in [begin, begin + size).
  [[nodiscard]] bool wrote_only_to(const void* begin, std::size_t size) const noexcept {
    const auto first = reinterpret_cast<std::uintptr_t>(begin);
    for (int i = 0; i < writes && i < kMaxWritten; ++i) {
      const auto address = reinterpret_cast<std::uintptr_t>(written[i]);
      if (address < first || address >= first + size) return false;
    }
    return writes <= kMaxWritten;
  }

  void wrote(const void* object) noexcept {
    if (writes < kMaxWritten) written[writes] = object;
    ++writes;
  }
};

inline OperationCounts& counts() noexcept {
  static thread_local OperationCounts of_this_thread;
  return of_this_thread;
}

template <class T>
class CountingAtomic {
 public:
  constexpr CountingAtomic() noexcept = default;
  constexpr CountingAtomic(T value) noexcept : value_(value) {}  // as std::atomic: not explicit
  CountingAtomic(const CountingAtomic&) = delete;
  CountingAtomic& operator=(const CountingAtomic&) = delete;

  T load(std::memory_order order) const noexcept {
    ++counts().loads;
    return value_.load(order);
  }
  void store(T value, std::memory_order order) noexcept {
    ++counts().stores;
    counts().wrote(this);
    value_.store(value, order);
  }
  T exchange(T value, std::memory_order order) noexcept { return modify().exchange(value, order); }
  T fetch_add(T value, std::memory_order order) noexcept { return modify().fetch_add(value, order); }
  T fetch_sub(T value, std::memory_order order) noexcept { return modify().fetch_sub(value, order); }
  T fetch_or(T value, std::memory_order order) noexcept { return modify().fetch_or(value, order); }
  T fetch_and(T value, std::memory_order order) noexcept { return modify().fetch_and(value, order); }
  bool compare_exchange_strong(T& expected, T value, std::memory_order good, std::memory_order bad) noexcept {
    return modify().compare_exchange_strong(expected, value, good, bad);
  }
  bool compare_exchange_weak(T& expected, T value, std::memory_order good, std::memory_order bad) noexcept {
    return modify().compare_exchange_weak(expected, value, good, bad);
  }

 private:
  std::atomic<T>& modify() noexcept {
    ++counts().read_modify_writes;
    counts().wrote(this);
    return value_;
  }

  std::atomic<T> value_{};
};

/// For one thread at a time, however many it acts as: the process-wide barrier is counted only, so that the
/// counts are the same on a system that has none.
struct CountingAtomics : nmr::StdAtomics {
  template <class T>
  using Atomic = CountingAtomic<T>;

  class Mutex : public nmr::StdAtomics::Mutex {
   public:
    void lock() noexcept {
      ++counts().locks;
      nmr::StdAtomics::Mutex::lock();
    }
    /// Where the system's mutex has it.
    template <class System = nmr::StdAtomics::Mutex>
    bool lock_briefly() noexcept
      requires requires(System& system) { system.lock_briefly(); }
    {
      ++counts().locks;
      return System::lock_briefly();
    }
  };

  static void light_fence() noexcept {
    ++counts().light_fences;
    nmr::StdAtomics::light_fence();
  }
  static void full_fence() noexcept {
    ++counts().full_fences;
    nmr::StdAtomics::full_fence();
  }
  static bool try_enable_heavy_fence() noexcept { return true; }
  static void heavy_fence() noexcept { ++counts().heavy_fences; }
};
static_assert(nmr::AtomicsPolicy<CountingAtomics>);
