#pragma once
/// The rundown references over a policy of one's own, for drivers: the one header that such a unit includes. It needs
/// `<concepts>`, `<cstddef>`, `<cstdint>`, `<new>` and `<type_traits>`, and from the compiler nothing but its atomics: no
/// exceptions, RTTI, thread-local storage, guarded statics or floating point. What it wants of the system is in the
/// policy:
///
///   struct KernelPolicy {
///     template <class T> using Atomic = nmr::platform::Atomic<T>;   // <nmr/platform/atomic.hpp>
///     class Event { ... };                 // set(), wait(), wait_until(): over a KEVENT
///     class ShortSection { ... };          // at DISPATCH_LEVEL while it lives
///     enum : bool { kChecksWhenDestroyed = false };   // where references are static, if you like
///     static void relax(unsigned) noexcept;           // YieldProcessor()
///     static std::int64_t now_ns() noexcept;
///     static void misuse(const nmr::MisuseReport&) noexcept;
///   };
///   using RundownRef = nmr::BasicRundownRef<KernelPolicy>;
///
/// What each part has to do is said at RundownPolicy and PolicyEvent; examples/freestanding has a whole one. A policy
/// with Mutex and Condition needs no Event: one is made of them, and the last one out locks the mutex for a moment.
///
///   at DISPATCH_LEVEL, with the policy above      try_acquire(), duplicate(), release(), begin_rundown(), guards;
///                                                 completions run at the level of whoever is last
///   below it alone                                run_down(), wait_for_...(), reinitialize()
#include <nmr/rundown/event.hpp>
#include <nmr/rundown/rundown_guard.hpp>
#include <nmr/rundown/rundown_ref.hpp>
#include <nmr/rundown/sharded_rundown_ref.hpp>
