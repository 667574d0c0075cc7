#pragma once
/// A POSIX system: see system.hpp.
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include <nmr/platform/clock.hpp>

NMR_BEGIN_NAMESPACE
namespace platform::posix {

[[nodiscard]] inline std::int64_t now_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

inline void sleep_for_ns(std::int64_t nanoseconds) noexcept;

class NMR_PUBLIC_TYPE Mutex {
 public:
  NMR_LOCAL Mutex() noexcept = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  NMR_LOCAL ~Mutex() { pthread_mutex_destroy(&handle_); }
  NMR_LOCAL void lock() noexcept { pthread_mutex_lock(&handle_); }
  /// Waits for some milliseconds at most. Returns false if it has not been locked.
  [[nodiscard]] NMR_LOCAL bool lock_briefly() noexcept {
    if (pthread_mutex_trylock(&handle_) == 0) return true;
#if !defined(__APPLE__)
    // Of the two clocks the one whose function the thread sanitizer knows; it may be set back, and is long then.
    timespec deadline{};
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_nsec += 10'000'000;
    if (deadline.tv_nsec >= 1'000'000'000) {
      deadline.tv_nsec -= 1'000'000'000;
      ++deadline.tv_sec;
    }
    return pthread_mutex_timedlock(&handle_, &deadline) == 0;
#else
    sleep_for_ns(100'000);
    return pthread_mutex_trylock(&handle_) == 0;
#endif
  }
  NMR_LOCAL void unlock() noexcept { pthread_mutex_unlock(&handle_); }

 private:
  friend class Condition;
  pthread_mutex_t handle_ = PTHREAD_MUTEX_INITIALIZER;
};

/// Keeps a cancellation of this thread pending while it lives: the functions that wait do not throw, and to act on
/// it inside of one would end the program. The next cancellation point after them acts on it.
class NMR_PUBLIC_TYPE CancelBlock {
 public:
#if defined(__ANDROID__)
  NMR_LOCAL CancelBlock() noexcept {}  // no thread can be cancelled
  NMR_LOCAL ~CancelBlock() {}
#else
  NMR_LOCAL CancelBlock() noexcept { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  NMR_LOCAL ~CancelBlock() {
    int disabled = 0;
    pthread_setcancelstate(before_, &disabled);
  }
#endif
  CancelBlock(const CancelBlock&) = delete;
  CancelBlock& operator=(const CancelBlock&) = delete;

 private:
#if !defined(__ANDROID__)
  int before_ = 0;
#endif
};

/// Its waits are no cancellation points.
class NMR_PUBLIC_TYPE Condition {
 public:
  NMR_LOCAL Condition() noexcept {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
#if !defined(__APPLE__)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
#endif
    pthread_cond_init(&handle_, &attributes);
    pthread_condattr_destroy(&attributes);
  }
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;
  NMR_LOCAL ~Condition() { pthread_cond_destroy(&handle_); }

  NMR_LOCAL void notify_all() noexcept { pthread_cond_broadcast(&handle_); }
  NMR_LOCAL void wait(Mutex& mutex) noexcept {
    const CancelBlock block;
    pthread_cond_wait(&handle_, &mutex.handle_);
  }

  /// Returns false once the deadline has passed. May wake early, as every condition does.
  NMR_LOCAL bool wait_until(Mutex& mutex, Deadline deadline) noexcept {
    if (deadline == kNever) return wait(mutex), true;
    const std::int64_t now = now_ns();
    if (now >= deadline) return false;
    const CancelBlock block;
#if defined(__APPLE__)
    const std::int64_t left = deadline - now;
    timespec relative{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
    pthread_cond_timedwait_relative_np(&handle_, &mutex.handle_, &relative);
#else
    timespec absolute{};
    // Where time_t has 32 bits a deadline may lie beyond it. It is not reached then: waits may wake early.
    constexpr std::int64_t kLast = sizeof(time_t) < 8 ? INT32_MAX : INT64_MAX;
    const std::int64_t seconds = deadline / 1'000'000'000;
    absolute.tv_sec = static_cast<time_t>(seconds < kLast ? seconds : kLast);
    absolute.tv_nsec = static_cast<long>(deadline % 1'000'000'000);
    pthread_cond_timedwait(&handle_, &mutex.handle_, &absolute);
#endif
    return true;
  }

 private:
  pthread_cond_t handle_;
};

/// Keeps signal handlers of this thread out while it lives: a handler that calls must not
/// meet a mutex that its own thread holds.
class NMR_PUBLIC_TYPE SignalBlock {
 public:
  NMR_LOCAL SignalBlock() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;
  NMR_LOCAL ~SignalBlock() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  /// Lets those in that have come meanwhile.
  NMR_LOCAL void let_in() noexcept {
    sigset_t all;
    pthread_sigmask(SIG_SETMASK, &before_, &all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
  }

 private:
  sigset_t before_;
};

inline void yield_thread() noexcept { sched_yield(); }

/// Leaves the processor to whoever else wants it, of whatever priority.
inline void sleep_for_ns(std::int64_t nanoseconds) noexcept {
  const CancelBlock block;
  timespec time{};
  time.tv_sec = static_cast<time_t>(nanoseconds / 1'000'000'000);
  time.tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000);
  nanosleep(&time, nullptr);  // a signal may end it early
}

[[nodiscard]] inline unsigned processor_count() noexcept {
  const long count = sysconf(_SC_NPROCESSORS_CONF);
  return count > 0 ? static_cast<unsigned>(count) : 1;
}

/// To the standard error. May be called in a signal handler.
inline void write_error(const char* text, std::size_t size) noexcept {
  const CancelBlock block;
  while (size != 0) {
    const ssize_t written = write(STDERR_FILENO, text, size);
    if (written <= 0) return;  // nobody is left to be told
    text += written;
    size -= static_cast<std::size_t>(written);
  }
}

}  // namespace platform::posix
NMR_END_NAMESPACE
