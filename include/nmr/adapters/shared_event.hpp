#pragma once
#include <nmr/rundown/std_rundown_ref.hpp>

NMR_BEGIN_NAMESPACE

/// A completion that any number wait for, each in a style of its own: threads, completions, coroutines; with a time
/// limit, or until they are asked to stop. For what takes one completion and has no way to take it back: a detach, a
/// deregistration. It is set by being run, and stays so.
///
/// Setting it begins the rundown of a reference that nobody holds: so waits and completions are as they are there.
///
/// Lifetime      from when it is given until it is set it stays. Whoever is told that it is set may destroy it: the
///               others who wait are told all the same.
template <RundownPolicy Atomics>
class NMR_PUBLIC_TYPE BasicSharedEvent : public Completion {
 public:
  NMR_LOCAL BasicSharedEvent() noexcept : Completion(&set, this) {}
  /// Precondition  it has not been given, or is set, and nobody waits (trapped).
  NMR_LOCAL ~BasicSharedEvent() {
    if (in_use())
      Atomics::misuse({"SharedEvent", "~SharedEvent", "destroyed while it has yet to be set", this});
  }

  /// Returns whether it is set. True happens-after what it was given for.
  [[nodiscard]] NMR_LOCAL bool is_set() const noexcept { return ref_.run_down_already(); }

  /// Waits until it is set.
  /// Progress      blocking, asleep; no cancellation point; allocates nothing. At once if it is set.
  /// Ordering      happens-after what it was given for.
  NMR_LOCAL void wait() noexcept { ref_.wait_for_rundown(); }
  /// As wait(), for at most `timeout` (any std::chrono::duration).
  /// Returns       false if the time was over first: then it may be waited for again.
  /// Progress      as wait().
  template <class Duration>
  [[nodiscard]] NMR_LOCAL bool wait_for(const Duration& timeout) noexcept {
    return ref_.wait_for_rundown_for(timeout);
  }
  /// As wait_for(). The deadline is of any std::chrono clock.
  /// Returns       as wait_for().
  /// Progress      as wait().
  template <class TimePoint>
  [[nodiscard]] NMR_LOCAL bool wait_until(const TimePoint& deadline) noexcept {
    return ref_.wait_for_rundown_until(deadline);
  }

  /// Runs `completion` once it is set: on the thread that sets it, or here, before this returns, if it is.
  /// Returns       kDrained: it has run. kPending: it will, unless it is taken back.
  /// Progress      lock-free; allocates nothing.
  /// Ordering      what *this was given for happens-before the completion.
  /// Precondition  the completion is not in use (trapped).
  NMR_LOCAL RundownState when_set(Completion& completion) noexcept { return ref_.when_run_down(completion); }
  /// Takes a completion back, once, for which when_set() has returned kPending.
  /// Returns       true: it will not run, and is free. false: it has run, or is about to.
  /// Progress      as RundownRef::take_back(); Lifetime too.
  [[nodiscard]] NMR_LOCAL bool take_back(BasicRetractableCompletion<Atomics>& completion) noexcept {
    return ref_.take_back(completion);
  }

  /// Makes it unset, to be given again.
  /// Progress      wait-free, but for what RundownRef::reinitialize() says.
  /// Precondition  it is set (trapped). Those who wait do so for the time before.
  NMR_LOCAL void reset() noexcept { ref_.reinitialize(); }

 private:
  NMR_LOCAL static void set(Completion&, void* self) noexcept {
    (void)static_cast<BasicSharedEvent*>(self)->ref_.begin_rundown();
  }

  BasicRundownRef<Atomics> ref_;
};

using SharedEvent = BasicSharedEvent<StdAtomics>;

NMR_END_NAMESPACE
