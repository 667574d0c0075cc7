#pragma once
/// What a thread waits for: the policy's own event, or one of its mutex and condition.
#include <nmr/platform/atomics_policy.hpp>

NMR_BEGIN_NAMESPACE
namespace platform {

/// The event of a policy that brings none. To set it takes its mutex for a moment.
///
/// Lifetime      as PolicyEvent wants it: whoever sets it notifies under the mutex, and is out of it before a waiter can
///               return (cplusplus/papers#1279 tells what goes wrong otherwise).
template <SleepsPolicy Atomics>
class NMR_PUBLIC_TYPE MutexEvent {
 public:
  NMR_LOCAL MutexEvent() noexcept {}
  MutexEvent(const MutexEvent&) = delete;
  MutexEvent& operator=(const MutexEvent&) = delete;
  NMR_LOCAL ~MutexEvent() = default;

  NMR_LOCAL void set() noexcept {
    LockGuard lock(mutex_);
    set_ = true;
    condition_.notify_all();
  }
  NMR_LOCAL void wait() noexcept {
    LockGuard lock(mutex_);
    while (!set_) condition_.wait(mutex_);
  }
  [[nodiscard]] NMR_LOCAL bool wait_until(Deadline deadline) noexcept {
    LockGuard lock(mutex_);
    while (!set_ && condition_.wait_until(mutex_, deadline)) {
    }
    return set_;
  }

 private:
  typename Atomics::Mutex mutex_;
  typename Atomics::Condition condition_;
  bool set_ = false;
};

/// The section of a policy that has none: whoever spins for another thread does not keep it from running.
struct NMR_PUBLIC_TYPE NoSection {
  NMR_LOCAL NoSection() noexcept {}
  NoSection(const NoSection&) = delete;
  NoSection& operator=(const NoSection&) = delete;
  NMR_LOCAL ~NoSection() {}
};

template <class A>
struct ChosenEvent {
  using Type = MutexEvent<A>;
};
template <BringsEvent A>
struct ChosenEvent<A> {
  using Type = typename A::Event;
};

template <class A>
struct ChosenSection {
  using Type = NoSection;
};
template <class A>
  requires requires { typename A::ShortSection; }
struct ChosenSection<A> {
  using Type = typename A::ShortSection;
};

}  // namespace platform

/// A policy's event, and what it holds while others may spin for it.
template <RundownPolicy A>
using EventOf = typename platform::ChosenEvent<A>::Type;
template <RundownPolicy A>
using ShortSectionOf = typename platform::ChosenSection<A>::Type;

NMR_END_NAMESPACE
