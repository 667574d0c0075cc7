#pragma once
#include <nmr/platform/policy_event.hpp>
#include <nmr/rundown/retractable_completion.hpp>

NMR_BEGIN_NAMESPACE

/// A completion that a thread waits for: set once, by running it. A wait whose time is over takes it back.
///
/// Lifetime      may be destroyed as soon as a wait has returned. If it was set: see PolicyEvent. If the time was over:
///               the node is in no list any more.
template <RundownPolicy Atomics>
class NMR_PUBLIC_TYPE BasicEvent : public BasicRetractableCompletion<Atomics> {
 public:
  NMR_LOCAL BasicEvent() noexcept : BasicRetractableCompletion<Atomics>(&set, this) {}
  NMR_LOCAL ~BasicEvent() = default;

  /// Waits until it is set.
  /// Progress      blocking, asleep; no cancellation point.
  /// Ordering      happens-after the run of the completion.
  NMR_LOCAL void wait() noexcept { event_.wait(); }

  /// Waits until the event is set, or until the deadline has passed and `unlink` has taken this node out of the list
  /// that would run it: see take_back().
  ///
  /// Returns       true if the event was set: then and only then a completion has run.
  /// Progress      as wait(). Past the deadline it waits for whoever is at the list, or for the node that was claimed.
  /// Ordering      true happens-after the run of the completion.
  template <class Unlink>
  [[nodiscard]] NMR_LOCAL bool wait_until(platform::Deadline deadline, Unlink unlink) noexcept {
    if (event_.wait_until(deadline)) return true;
    if (this->take_back(unlink)) return false;
    event_.wait();  // it is about to be set
    return true;
  }

 private:
  NMR_LOCAL static void set(Completion&, void* self) noexcept {
    static_cast<BasicEvent*>(self)->event_.set();
  }

  EventOf<Atomics> event_;
};

NMR_END_NAMESPACE
