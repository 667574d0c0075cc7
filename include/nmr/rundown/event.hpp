#pragma once
#include <nmr/platform/atomics_policy.hpp>
#include <nmr/platform/completion.hpp>

NMR_BEGIN_NAMESPACE

/// A completion that a thread waits for: set once, by running it. To run it takes its mutex for a moment.
///
/// Lifetime      may be destroyed as soon as a wait has returned. If it was set: the setter notifies under the mutex,
///               and is out of it before a waiter can return (cplusplus/papers#1279 tells what goes wrong otherwise).
///               If the time was over: the node is in no list any more.
template <RundownPolicy Atomics>
class NMR_PUBLIC_TYPE BasicEvent : public Completion {
 public:
  NMR_LOCAL BasicEvent() noexcept : Completion(&fire, this, Claims{}) {}
  NMR_LOCAL ~BasicEvent() = default;

  /// Waits until it is set.
  /// Progress      blocking, asleep; no cancellation point.
  /// Ordering      happens-after the run of the completion.
  NMR_LOCAL void wait() noexcept {
    LockGuard lock(mutex_);
    while (!set_) condition_.wait(mutex_);
  }

  /// Waits until the event is set, or until the deadline has passed and `take_back()` has unlinked this node from the
  /// list that would run it.
  ///
  /// Returns       true if the event was set: then and only then a completion has run.
  /// Progress      as wait(). Past the deadline it waits for whoever is at the list, or for the node that was claimed.
  /// Ordering      true happens-after the run of the completion.
  ///
  /// `take_back` may return false, where another thread is at the list just now. It is asked again, unless that thread
  /// has claimed this node. It runs under the mutex, and only before claim() has run. A list is not closed before all
  /// of its nodes have been claimed: so while `take_back` runs nobody can have freed the list. It must not wait for
  /// whoever is at the list, who may be waiting for the mutex.
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

NMR_END_NAMESPACE
