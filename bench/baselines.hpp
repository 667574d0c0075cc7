#pragma once
/// What people use today to keep a module alive while it is called. Each is a word or a few that say "open",
/// with `bool enter()` and `void leave()`, and `void close()` that waits for the last call where that is
/// possible.
#include <atomic>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <thread>

/// Windows' scheme: one word, count above, bit 0 says that rundown has begun; both ways a compare-and-swap
/// loop.
template <class Atomics>
class BasicCasRundown {
 public:
  bool enter() noexcept {
    std::uintptr_t word = word_.load(std::memory_order_relaxed);
    while ((word & 1) == 0) {
      if (word_.compare_exchange_weak(word, word + 2, std::memory_order_acquire, std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }
  void leave() noexcept {
    std::uintptr_t word = word_.load(std::memory_order_relaxed);
    while (
        !word_.compare_exchange_weak(word, word - 2, std::memory_order_release, std::memory_order_relaxed)) {
    }
  }
  void close() noexcept {
    word_.fetch_or(1, std::memory_order_acq_rel);
    while (word_.load(std::memory_order_acquire) != 1) std::this_thread::yield();
  }

 private:
  typename Atomics::template Atomic<std::uintptr_t> word_{0};
};
using CasRundown = BasicCasRundown<nmr::StdAtomics>;

/// As the Windows samples do by hand: a spin lock around a flag and a counter.
template <class Atomics>
class BasicSpinLockCounter {
 public:
  bool enter() noexcept {
    lock();
    const bool open = open_;
    if (open) ++calls_;
    unlock();
    return open;
  }
  void leave() noexcept {
    lock();
    --calls_;
    unlock();
  }
  void close() noexcept {
    for (bool empty = false; !empty; std::this_thread::yield()) {
      lock();
      open_ = false;
      empty = calls_ == 0;
      unlock();
    }
  }

 private:
  void lock() noexcept {
    while (locked_.exchange(true, std::memory_order_acquire)) {
      for (unsigned turn = 0; locked_.load(std::memory_order_relaxed); ++turn) nmr::StdAtomics::relax(turn);
    }
  }
  void unlock() noexcept { locked_.store(false, std::memory_order_release); }

  typename Atomics::template Atomic<bool> locked_{false};
  bool open_ = true;
  std::uint64_t calls_ = 0;
};
using SpinLockCounter = BasicSpinLockCounter<nmr::StdAtomics>;

/// The call runs with the lock held.
class UnderMutex {
 public:
  bool enter() noexcept {
    mutex_.lock();
    if (open_) [[likely]]
      return true;
    mutex_.unlock();
    return false;
  }
  void leave() noexcept { mutex_.unlock(); }
  void close() noexcept {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }

 private:
  std::mutex mutex_;
  bool open_ = true;
};

/// The call runs with the lock held, shared with other calls.
class UnderSharedMutex {
 public:
  bool enter() noexcept {
    mutex_.lock_shared();
    if (open_) [[likely]]
      return true;
    mutex_.unlock_shared();
    return false;
  }
  void leave() noexcept { mutex_.unlock_shared(); }
  void close() noexcept {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }

 private:
  std::shared_mutex mutex_;
  bool open_ = true;
};
