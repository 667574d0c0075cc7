#pragma once
/// The default policy, over what the system has. <nmr/rundown/basic_rundown.hpp> does without it.
#include <concepts>
#include <cstdint>
#include <nmr/platform/atomic.hpp>
#include <nmr/platform/atomics_policy.hpp>
#include <nmr/platform/barrier.hpp>
#include <nmr/platform/fences.hpp>
#include <nmr/platform/pause.hpp>
#include <nmr/platform/report_misuse.hpp>
#include <nmr/platform/system.hpp>
#include <nmr/platform/thread_end.hpp>
#include <nmr/platform/thread_pointer.hpp>

NMR_BEGIN_NAMESPACE

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

static_assert(AtomicsPolicy<StdAtomics>);

/// Says that the system is not to be asked for the process-wide barrier: for a process in a sandbox that kills
/// whoever asks, or that will close one day. Then each call has a full fence of its own.
struct NMR_PUBLIC_TYPE WithoutBarrier{};

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

NMR_END_NAMESPACE
