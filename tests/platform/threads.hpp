#pragma once
/// Starting, meeting and joining threads in tests. None of it waits for time to pass.
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

/// Threads that each run `work(i)`; joined at the latest when this goes.
class Threads {
 public:
  Threads() = default;
  template <class Work>
  Threads(int count, Work work) {
    threads_.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) threads_.emplace_back(work, i);
  }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() { join(); }

  /// Starts one more. As it is moved, `work` may own what cannot be copied.
  template <class Work>
  void add(Work work) {
    threads_.emplace_back(std::move(work), static_cast<int>(threads_.size()));
  }

  [[nodiscard]] std::thread::native_handle_type native_handle(std::size_t i) {
    return threads_[i].native_handle();
  }

  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::vector<std::thread> threads_;
};

/// As std::latch, which loses a wake-up in the standard library of g++ 12 for systems that have no futex.
class Latch {
 public:
  explicit Latch(int count) noexcept : left_(count) {}

  void count_down() {
    const std::lock_guard lock(mutex_);
    if (--left_ == 0) reached_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    reached_.wait(lock, [this] { return left_ == 0; });
  }
  void arrive_and_wait() {
    count_down();
    wait();
  }

 private:
  std::mutex mutex_;
  std::condition_variable reached_;
  int left_;
};

/// Lets `count` threads go on at the same moment, as often as they like: they spin, where std::latch and
/// std::barrier would leave all but one to be woken.
class StartLine {
 public:
  explicit StartLine(int count) noexcept : count_(count) {}

  void arrive_and_wait() noexcept {
    const int arrived = arrived_.fetch_add(1, std::memory_order_acq_rel);
    const int all = (arrived / count_ + 1) * count_;
    for (int turn = 0; arrived_.load(std::memory_order_acquire) < all; ++turn) {
      if (turn > 1000) std::this_thread::yield();
    }
  }

 private:
  const int count_;
  std::atomic<int> arrived_{0};
};

/// Passes a little time, to let a race be met at another point each turn.
inline void dawdle(int steps) noexcept {
  for (int i = 0; i < steps; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
}

/// Spins until `condition()`; for what another thread is certain to do.
template <class Condition>
void spin_until(Condition condition) {
  while (!condition()) std::this_thread::yield();
}
