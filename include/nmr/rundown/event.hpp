#pragma once
#include <nmr/platform/completion.hpp>
#include <nmr/platform/policy_event.hpp>

NMR_BEGIN_NAMESPACE

/// A completion that a thread waits for: set once, by running it.
///
/// A wait whose time is over takes its node back from the list that would run it. So two must not miss each other: the
/// wait must not look at a list that may be freed, and whoever closes the list may not free it while the wait looks.
/// What each of them does is in one word:
///
///   kAtList    the wait is at the list
///   kClaimed   the node is bound to run: the wait does not go to the list any more
///
/// If kAtList comes first, who claims waits until it is gone, and the wait sees kClaimed and leaves. If kClaimed comes
/// first, the wait does not go there. Then it waits to be set, which is about to happen.
///
/// Lifetime      may be destroyed as soon as a wait has returned. If it was set: see PolicyEvent. If the time was over:
///               the node is in no list any more.
template <RundownPolicy Atomics>
class NMR_PUBLIC_TYPE BasicEvent : public Completion {
 public:
  NMR_LOCAL BasicEvent() noexcept : Completion(&fire, this, Claims{}) {}
  NMR_LOCAL ~BasicEvent() = default;

  /// Waits until it is set.
  /// Progress      blocking, asleep; no cancellation point.
  /// Ordering      happens-after the run of the completion.
  NMR_LOCAL void wait() noexcept { event_.wait(); }

  /// Waits until the event is set, or until the deadline has passed and `take_back()` has unlinked this node from the
  /// list that would run it.
  ///
  /// Returns       true if the event was set: then and only then a completion has run.
  /// Progress      as wait(). Past the deadline it waits for whoever is at the list, or for the node that was claimed.
  /// Ordering      true happens-after the run of the completion.
  ///
  /// `take_back` may return false, where another thread is at the list just now. It is asked again, unless that thread
  /// has claimed this node. It runs only before claim() has returned. A list is not closed before all of its nodes have
  /// been claimed: so while `take_back` runs nobody can have freed the list. It must not wait for whoever is at the
  /// list, who may be about to claim this.
  template <class TakeBack>
  [[nodiscard]] NMR_LOCAL bool wait_until(platform::Deadline deadline, TakeBack take_back) noexcept {
    if (event_.wait_until(deadline)) return true;
    if (taken_back(take_back)) return false;
    event_.wait();  // it is about to be set
    return true;
  }

 private:
  using Word = std::uintptr_t;
  enum : Word { kAtList = 1, kClaimed = 2 };

  /// Returns false once the node is claimed.
  template <class TakeBack>
  [[nodiscard]] NMR_LOCAL bool taken_back(TakeBack& take_back) noexcept {
    [[maybe_unused]] const ShortSectionOf<Atomics> section;  // claim() spins for this thread
    Word free = 0;
    // relaxed: nothing is known yet, and where it is claimed nothing is touched.
    if (!state_.compare_exchange_strong(free, kAtList, order::relaxed, order::relaxed)) return false;
    bool taken = false;
    // relaxed: that it is claimed is all that is asked.
    for (unsigned turn = 0; !(taken = take_back(*this)) && state_.load(order::relaxed) == kAtList; ++turn)
      Atomics::relax(turn);
    // [rd:19] release RMW, pairs with [rd:20]: this thread is through with the list.
    state_.fetch_sub(kAtList, order::release);
    return taken;
  }

  NMR_LOCAL static void fire(Completion& node, void* self) noexcept {
    if (self == nullptr) return static_cast<BasicEvent&>(node).claim();
    static_cast<BasicEvent*>(self)->event_.set();
  }
  NMR_LOCAL void claim() noexcept {
    // relaxed: a wait that has been at the list and is not there any more has taken its node back, or has seen this.
    if ((state_.fetch_or(kClaimed, order::relaxed) & kAtList) == 0) return;
    // [rd:20] acquire, pairs with [rd:19]: it finds the list locked, and leaves. Who frees the list does so after that.
    for (unsigned turn = 0; (state_.load(order::acquire) & kAtList) != 0; ++turn) Atomics::relax(turn);
  }

  EventOf<Atomics> event_;
  AtomicOf<Atomics, Word> state_{0};
};

NMR_END_NAMESPACE
