#pragma once
/// The one seam for everything that synchronises. Each type of the library is `BasicX<Atomics>`, with an alias `X` over
/// StdAtomics (std_atomics.hpp). A driver has a policy of its own there; tests have a model checker or one that counts,
/// and run the same headers. Nothing here needs a hosted implementation.
#include <concepts>
#include <cstdint>
#include <nmr/platform/clock.hpp>
#include <nmr/platform/misuse.hpp>
#include <nmr/platform/order.hpp>

NMR_BEGIN_NAMESPACE

/// A mutex and a condition to sleep with; wait_until() returns false once the deadline has passed. No wait is a
/// cancellation point.
template <class A>
concept SleepsPolicy =
    requires(typename A::Mutex& mutex, typename A::Condition& condition, std::int64_t deadline) {
      mutex.lock();
      mutex.unlock();
      condition.notify_all();
      condition.wait(mutex);
      { condition.wait_until(mutex, deadline) } -> std::same_as<bool>;
    };

/// An event of a policy's own, on the stack of a thread that waits. It is made there unset, and set once.
///
///   set()               called by the last one out, at whatever level that runs: it must not wait for the waiter
///   wait()              returns once it is set, and happens-after set()
///   wait_until(ns)      as wait(), and true; or false once the policy's clock, now_ns(), has passed the deadline
///
/// It may be destroyed as soon as a wait has said that it is set: set() does not touch it after that.
template <class E>
concept PolicyEvent = requires(E& event, std::int64_t deadline) {
  E();
  event.set();
  event.wait();
  { event.wait_until(deadline) } -> std::same_as<bool>;
};

template <class A>
concept BringsEvent = requires { typename A::Event; };

template <class A>
concept WaitsPolicy =
    (BringsEvent<A> && PolicyEvent<typename A::Event>) || (!BringsEvent<A> && SleepsPolicy<A>);

/// What a RundownRef asks of a policy; none of it may throw:
///
///   Atomic<T>                   as std::atomic<T>, for what platform::Atomic has (atomic.hpp): that will do
///   Event                       see PolicyEvent; or Mutex and Condition, see SleepsPolicy, of which one is made
///   relax(turn)                 one turn of a wait for another thread's short section, at the level of whoever waits
///   now_ns                      a clock that never jumps
///   misuse(report)              tells of a broken rule; may return
///
/// And it may have:
///
///   ShortSection                lives, on the stack, while other threads may spin for this one, for a few instructions.
///                               Where some threads run at a level at which no other gets their processor, it raises
///                               this one to that level: to DISPATCH_LEVEL in a Windows kernel, as its spin locks do.
///                               relax() is called inside it too.
///   kChecksWhenDestroyed        an enumerator: where it is 0 a RundownRef has a trivial destructor, which looks at
///                               nothing. So one of static storage needs nothing that runs at the end of a program.
template <class A>
concept RundownPolicy = WaitsPolicy<A> && requires(unsigned turn, const MisuseReport& report) {
  typename A::template Atomic<std::uintptr_t>;
  A::relax(turn);
  { A::now_ns() } -> std::same_as<std::int64_t>;
  A::misuse(report);
};

/// What a ShardedRundownRef asks beyond that:
///
///   thread_pointer              a value that no two live threads share and that a thread keeps
///   processor_count             how many shards are worth having
template <class A>
concept ShardedPolicy = RundownPolicy<A> && requires {
  { A::thread_pointer() } -> std::same_as<std::uintptr_t>;
  { A::processor_count() } -> std::same_as<unsigned>;
};

/// What calls, bindings and registries ask beyond that:
///
///   SignalBlock                 keeps signal handlers of this thread out while it lives
///   kCallSlots ...              see StdAtomics
///   light_fence, heavy_fence    the two halves of an asymmetric fence, see fences.hpp; heavy_fence() only where
///                               try_enable_heavy_fence() has returned true
///   full_fence                  a sequentially consistent fence of this thread's
template <class A>
concept AtomicsPolicy = ShardedPolicy<A> && SleepsPolicy<A> && requires {
  typename A::SignalBlock;
  A::kCallSlots + A::kFirstCallRecords + A::kIndexPlaces;
  A::light_fence();
  A::full_fence();
  { A::try_enable_heavy_fence() } -> std::same_as<bool>;
  A::heavy_fence();
};

/// A policy's atomic variable.
template <RundownPolicy A, class T>
using AtomicOf = typename A::template Atomic<T>;

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
template <RundownPolicy Atomics>
[[nodiscard]] platform::Deadline deadline_after(std::int64_t nanoseconds) noexcept {
  const std::int64_t now = Atomics::now_ns();
  return nanoseconds >= platform::kNever - now ? static_cast<platform::Deadline>(platform::kNever)
                                               : now + nanoseconds;
}

NMR_END_NAMESPACE
