#pragma once
#include <utility>  // to move it, its users need that

#include <nmr/platform/completion.hpp>
#include <nmr/platform/pointer.hpp>
#include <nmr/platform/std_atomics.hpp>

NMR_BEGIN_NAMESPACE

/// The right and the duty to say that one side has finished its part of a detach, exactly once
/// (NmrClientDetachProviderComplete, NmrProviderDetachClientComplete). Given to a detach callback: dropping it says
/// done, keeping it says pending. Movable, may be completed on any thread. As large as a pointer.
///
/// Lifetime      completing may run the cleanup callbacks, so the binding's context may be gone when it returns.
class [[nodiscard]] NMR_PUBLIC_TYPE DetachCompletion {
 public:
  NMR_LOCAL constexpr DetachCompletion() noexcept = default;
  /// Precondition  `done` is not in use (trapped; then *this is empty).
  NMR_LOCAL explicit DetachCompletion(Completion& done) noexcept
      : done_(done.begin_use<StdAtomics>("DetachCompletion") ? &done : nullptr) {}
  NMR_LOCAL DetachCompletion(DetachCompletion&& other) noexcept : done_(platform::take(other.done_)) {}
  NMR_LOCAL DetachCompletion& operator=(DetachCompletion&& other) noexcept {
    DetachCompletion moved(static_cast<DetachCompletion&&>(other));
    platform::swap_pointers(done_, moved.done_);
    return *this;
  }
  NMR_LOCAL ~DetachCompletion() {
    if (done_ != nullptr) done_->run();
  }

  /// Returns whether completing is still to be done.
  [[nodiscard]] NMR_LOCAL explicit operator bool() const noexcept { return done_ != nullptr; }

  /// Says done, as the destructor does.
  ///
  /// Progress      that of the completion that it was made with. Of NmrRegistry: never waits for calls. If this was
  ///               what the side still waited for, and the other side is done, both cleanup callbacks run here or are
  ///               posted to their executors, and so does the end of a deregistration. From any callback; inside the
  ///               detach callback cleanup comes when that has returned. Not from a signal handler: it takes the
  ///               registry's mutex.
  /// Ordering      what was done before happens-before both cleanup callbacks.
  /// Lifetime      *this is not touched once the completion has been entered.
  /// Precondition  not completed yet, not moved from (trapped).
  NMR_LOCAL void complete() noexcept {
    Completion* const done = platform::take(done_);
    if (done == nullptr)
      return report_misuse({"DetachCompletion", "complete", "completed twice or moved from", this});
    done->run();
  }

 private:
  Completion* done_ = nullptr;
};

NMR_END_NAMESPACE
