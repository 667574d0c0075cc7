#pragma once
/// The one seam for everything that synchronises. Each type of the library is `BasicX<Atomics>` with an alias
/// `X` over StdAtomics; tests put a model checker or a counting policy in its place and run the same headers.
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <nmr/platform/atomic.hpp>
#include <nmr/platform/barrier.hpp>
#include <nmr/platform/clock.hpp>
#include <nmr/platform/fences.hpp>
#include <nmr/platform/misuse.hpp>
#include <nmr/platform/system.hpp>
#include <nmr/platform/thread_end.hpp>
#include <nmr/platform/thread_pointer.hpp>

NMR_BEGIN_NAMESPACE

/// Memory orders by their short names.
namespace order {
constexpr std::memory_order relaxed = std::memory_order_relaxed;
constexpr std::memory_order acquire = std::memory_order_acquire;
constexpr std::memory_order release = std::memory_order_release;
constexpr std::memory_order acq_rel = std::memory_order_acq_rel;
}  // namespace order

/// The default policy: the processor's atomics and the system's locks. What each part does is said at AtomicsPolicy.
struct NMR_PUBLIC_TYPE StdAtomics {
  template <class T>
  using Atomic = platform::Atomic<T>;
  using Mutex = platform::Mutex;
  using Condition = platform::Condition;
  using SignalBlock = platform::SignalBlock;

  /// How many calls a thread can have in progress before further ones cost more; how many records a domain's first
  /// table has; how many places its index has for each record. The last two are powers of two.
  enum : unsigned { kCallSlots = 6, kFirstCallRecords = 16, kIndexPlaces = 32 };

  NMR_LOCAL static void light_fence() noexcept { platform::light_fence(); }
  NMR_LOCAL static void full_fence() noexcept { platform::full_fence(); }
  NMR_LOCAL static bool try_enable_heavy_fence() noexcept { return platform::try_enable_heavy_fence(); }
  NMR_LOCAL static void heavy_fence() noexcept { platform::heavy_fence(); }

  /// One turn of a wait for another thread's short section; `turn` counts from 0. The thread in that section may not
  /// be running, because of this one even. So after a while this yields to threads of its own priority. Then it sleeps,
  /// which lets all others run, for longer and longer up to about a millisecond.
  NMR_LOCAL static void relax(unsigned turn) noexcept {
    if (turn < 64) {
      platform::pause();
    } else if (turn < 128) {
      platform::yield_thread();
    } else {
      const unsigned doublings = (turn - 128) / 8;
      platform::sleep_for_ns(std::int64_t{1'000} << (doublings < 10 ? doublings : 10));
    }
  }

  NMR_LOCAL static std::uintptr_t thread_pointer() noexcept { return platform::thread_pointer(); }
  /// Returns true if no thread has this thread pointer. Optional: without it, that is never known.
  NMR_LOCAL static bool thread_has_ended(std::uintptr_t thread) noexcept {
    return platform::thread_has_ended(thread);
  }
  NMR_LOCAL static unsigned processor_count() noexcept { return platform::processor_count(); }
  NMR_LOCAL static std::int64_t now_ns() noexcept { return platform::now_ns(); }
  NMR_LOCAL static void misuse(const MisuseReport& report) noexcept { report_misuse(report); }
};

/// Says that the system is not to be asked for the process-wide barrier: for a process in a sandbox that kills
/// whoever asks, or that will close one day. Then each call has a full fence of its own.
struct NMR_PUBLIC_TYPE WithoutBarrier{};

/// What a policy has to offer; none of it may throw:
///
///   Atomic<T>                   as std::atomic<T>, for what platform::Atomic has
///   Mutex, Condition            to sleep; wait_until() returns false once the deadline has passed; no wait is a
///                               cancellation point
///   SignalBlock                 keeps signal handlers of this thread out while it lives
///   kCallSlots ...              see StdAtomics
///   light_fence, heavy_fence    the two halves of an asymmetric fence, see fences.hpp; heavy_fence() only where
///                               try_enable_heavy_fence() has returned true
///   full_fence                  a sequentially consistent fence of this thread's
///   relax(turn)                 one turn of a wait for another thread's short section; to wait for an event: Condition
///   thread_pointer              a value that no two live threads share and that a thread keeps
///   processor_count, now_ns     how many shards are worth having; a clock that never jumps
///   misuse(report)              tells of a broken rule; may return
template <class A>
concept AtomicsPolicy = requires(typename A::Mutex& mutex, typename A::Condition& condition,
                                 std::int64_t deadline, unsigned turn, const MisuseReport& report) {
  typename A::template Atomic<std::uintptr_t>;
  typename A::SignalBlock;
  A::kCallSlots + A::kFirstCallRecords + A::kIndexPlaces;
  mutex.lock();
  mutex.unlock();
  condition.notify_all();
  condition.wait(mutex);
  { condition.wait_until(mutex, deadline) } -> std::same_as<bool>;
  A::light_fence();
  A::full_fence();
  { A::try_enable_heavy_fence() } -> std::same_as<bool>;
  A::heavy_fence();
  A::relax(turn);
  { A::thread_pointer() } -> std::same_as<std::uintptr_t>;
  { A::processor_count() } -> std::same_as<unsigned>;
  { A::now_ns() } -> std::same_as<std::int64_t>;
  A::misuse(report);
};
static_assert(AtomicsPolicy<StdAtomics>);

/// A policy's atomic variable.
template <AtomicsPolicy A, class T>
using AtomicOf = typename A::template Atomic<T>;

namespace platform {
/// Tells functions apart as types: with some sanitizers to compare their addresses is no constant expression.
template <auto kFunction>
struct Function {};
}  // namespace platform

/// Whether a policy can tell that a thread pointer is no thread's. A policy that has its own thread_pointer() but no
/// thread_has_ended() to go with it cannot.
template <class A>
concept KnowsEndedThreads =
    requires(std::uintptr_t thread) {
      { A::thread_has_ended(thread) } -> std::same_as<bool>;
    } &&
    (std::same_as<platform::Function<&A::thread_pointer>, platform::Function<&StdAtomics::thread_pointer>> ||
     !std::same_as<platform::Function<&A::thread_has_ended>,
                   platform::Function<&StdAtomics::thread_has_ended>>);
static_assert(KnowsEndedThreads<StdAtomics>);

/// Holds a policy's mutex for a scope.
template <class Mutex>
class [[nodiscard]] NMR_PUBLIC_TYPE LockGuard {
 public:
  NMR_LOCAL explicit LockGuard(Mutex& mutex) noexcept : mutex_(mutex) { mutex_.lock(); }
  LockGuard(const LockGuard&) = delete;
  LockGuard& operator=(const LockGuard&) = delete;
  NMR_LOCAL ~LockGuard() { mutex_.unlock(); }

 private:
  Mutex& mutex_;
};
template <class Mutex>
LockGuard(Mutex&) -> LockGuard<Mutex>;

/// Holds a policy's mutex for a scope in which no signal handler of this thread runs. While it waits for the mutex it
/// lets handlers run now and then: in the child of a fork the mutex may be one that is never free again.
template <AtomicsPolicy Atomics>
class [[nodiscard]] LockWithoutSignals {
 public:
  explicit LockWithoutSignals(typename Atomics::Mutex& mutex) noexcept : mutex_(mutex) {
    if constexpr (requires { mutex.lock_briefly(), signals_.let_in(); }) {
      while (!mutex.lock_briefly()) signals_.let_in();
    } else {
      mutex.lock();
    }
  }
  LockWithoutSignals(const LockWithoutSignals&) = delete;
  LockWithoutSignals& operator=(const LockWithoutSignals&) = delete;
  ~LockWithoutSignals() { mutex_.unlock(); }

 private:
  typename Atomics::SignalBlock
      signals_;  // first: blocked before it is locked, and until it has been unlocked
  typename Atomics::Mutex& mutex_;
};

/// Returns the point in time `nanoseconds` from now, or kNever where that is past the end of the clock.
template <AtomicsPolicy Atomics>
[[nodiscard]] platform::Deadline deadline_after(std::int64_t nanoseconds) noexcept {
  const std::int64_t now = Atomics::now_ns();
  return nanoseconds >= platform::kNever - now ? static_cast<platform::Deadline>(platform::kNever)
                                               : now + nanoseconds;
}

NMR_END_NAMESPACE
