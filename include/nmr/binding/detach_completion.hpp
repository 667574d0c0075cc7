#pragma once
#include <utility>

#include <nmr/platform/atomics.hpp>
#include <nmr/platform/completion.hpp>

NMR_BEGIN_NAMESPACE

/// The right and the duty to say that one side has finished its part of a detach, exactly once
/// (NmrClientDetachProviderComplete, NmrProviderDetachClientComplete). Given to a detach callback: dropping
/// it says done, keeping it says pending. Movable, may be completed on any thread.
///
/// Lifetime      completing may run the cleanup callbacks, so the binding's context may be gone when it
///               returns.
class [[nodiscard]] NMR_PUBLIC_TYPE DetachCompletion {
 public:
  constexpr DetachCompletion() noexcept = default;
  /// Precondition  `done` is not in use (trapped; then *this is empty).
  explicit DetachCompletion(Completion& done) noexcept
      : done_(done.take<StdAtomics>("DetachCompletion") ? &done : nullptr) {}
  DetachCompletion(DetachCompletion&& other) noexcept : done_(std::exchange(other.done_, nullptr)) {}
  DetachCompletion& operator=(DetachCompletion&& other) noexcept {
    DetachCompletion moved(std::move(other));
    std::swap(done_, moved.done_);
    return *this;
  }
  ~DetachCompletion() {
    if (done_ != nullptr) done_->run();
  }

  /// Returns whether completing is still to be done.
  [[nodiscard]] explicit operator bool() const noexcept { return done_ != nullptr; }

  /// Says done. Precondition: not completed yet, not moved from (trapped).
  void complete() noexcept {
    Completion* const done = std::exchange(done_, nullptr);
    if (done == nullptr)
      return report_misuse({"DetachCompletion", "complete", "completed twice or moved from", this});
    done->run();
  }

 private:
  Completion* done_ = nullptr;
};

NMR_END_NAMESPACE
