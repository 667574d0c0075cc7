#pragma once
#include <nmr/platform/atomics.hpp>
#include <nmr/platform/completion.hpp>

NMR_BEGIN_NAMESPACE

/// A completion that a thread waits for: set once, by running it.
///
/// Lifetime      may be destroyed as soon as a wait has returned true: the setter notifies under the mutex
///               and is out of it before a waiter can return (cplusplus/papers#1279 tells what goes wrong
///               otherwise).
template <AtomicsPolicy Atomics>
class NMR_PUBLIC_TYPE BasicEvent : public Completion {
 public:
  NMR_LOCAL BasicEvent() noexcept : Completion(&fire, this, Claims{}) {}
  NMR_LOCAL ~BasicEvent() = default;

  /// Progress      blocking; no cancellation point. Ordering: happens-after the run of the completion.
  NMR_LOCAL void wait() noexcept {
    LockGuard lock(mutex_);
    while (!set_) condition_.wait(mutex_);
  }

  /// Waits until the event is set, or until the deadline has passed and `take_back()` has unlinked this node
  /// from the list that would run it. Returns true if it was set; then and only then a completion has run.
  ///
  /// `take_back` may return false, where somebody else is at the list just now: it is asked again, unless that
  /// one has claimed this node. It runs under the mutex, and only while claim() has not: a list is not closed
  /// before all of its nodes have been claimed, so as long as it runs nobody can have freed the list. It does
  /// not wait there for whoever is at the list, who may be waiting for the mutex.
  template <class TakeBack>
  [[nodiscard]] NMR_LOCAL bool wait_until(platform::Deadline deadline, TakeBack take_back) noexcept {
    LockGuard lock(mutex_);
    while (!set_ && condition_.wait_until(mutex_, deadline)) {
    }
    for (unsigned turn = 0; !set_ && !claimed_; ++turn) {
      if (take_back(*this)) return false;
      mutex_.unlock();
      Atomics::relax(turn);  // until the list's closer has claimed this, or another wait has unlinked itself
      mutex_.lock();
    }
    while (!set_) condition_.wait(mutex_);  // it is about to be
    return true;
  }

 private:
  NMR_LOCAL static void fire(Completion& node, void* self) noexcept {
    if (self == nullptr) return claim(node);
    auto& event = *static_cast<BasicEvent*>(self);
    LockGuard lock(event.mutex_);
    event.set_ = true;
    event.condition_.notify_all();
  }
  NMR_LOCAL static void claim(Completion& self) noexcept {
    auto& event = static_cast<BasicEvent&>(self);
    LockGuard lock(event.mutex_);
    event.claimed_ = true;
  }

  typename Atomics::Mutex mutex_;
  typename Atomics::Condition condition_;
  bool set_ = false;
  bool claimed_ = false;
};

using Event = BasicEvent<StdAtomics>;

NMR_END_NAMESPACE
