#pragma once
/// Any other system, by the standard library: see system.hpp.
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <thread>

#include <nmr/platform/clock.hpp>

NMR_BEGIN_NAMESPACE
namespace platform::standard {

[[nodiscard]] inline std::int64_t now_ns() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

using Mutex = std::mutex;

class Condition {
 public:
  void notify_all() noexcept { condition_.notify_all(); }
  void wait(Mutex& mutex) noexcept {
    std::unique_lock<Mutex> lock(mutex, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  bool wait_until(Mutex& mutex, Deadline deadline) noexcept {
    if (deadline == kNever) return wait(mutex), true;
    const std::int64_t now = now_ns();
    if (now >= deadline) return false;
    std::unique_lock<Mutex> lock(mutex, std::adopt_lock);
    condition_.wait_for(lock, std::chrono::nanoseconds(deadline - now));
    lock.release();
    return true;
  }

 private:
  std::condition_variable condition_;
};

class SignalBlock {
 public:
  SignalBlock() noexcept {}  // no asynchronous signals to keep out
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;
  ~SignalBlock() {}
};

inline void yield_thread() noexcept { std::this_thread::yield(); }
inline void sleep_for_ns(std::int64_t nanoseconds) noexcept {
  std::this_thread::sleep_for(std::chrono::nanoseconds(nanoseconds));
}

[[nodiscard]] inline unsigned processor_count() noexcept {
  const unsigned count = std::thread::hardware_concurrency();
  return count != 0 ? count : 1;
}

/// To the standard error.
inline void write_error(const char* text, std::size_t size) noexcept { std::fwrite(text, 1, size, stderr); }

}  // namespace platform::standard
NMR_END_NAMESPACE
