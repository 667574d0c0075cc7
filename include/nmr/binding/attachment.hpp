#pragma once
#include <nmr/binding/attachment_core.hpp>
#include <nmr/binding/npi.hpp>
#include <nmr/calls/per_thread_calls.hpp>
#include <nmr/platform/status.hpp>

NMR_BEGIN_NAMESPACE

/// One attachment, as the caller's side sees it: the provider's table of functions, the context that they take, and the
/// count of calls in progress. One way: the pair that NMR calls a binding has two of them. For those who build a
/// registry of their own; NmrRegistry makes its own.
///
/// Lifetime      from attach until it has been detached: a wait has returned, detached() is true, or the completion has
///               been entered. Then it may be attached again, or destroyed with all that its functions use. To destroy
///               it earlier is trapped. Other waits that have gone to sleep may return later; none may be about to
///               begin. With a completion of its own it may be attached again only once that has been entered, and the
///               completion stays until then. Other waits and detached() may tell before; detach_and_wait(), and a
///               completion given to whoever detaches it, tell after.
template <Npi N, CallsPolicy Calls>
class NMR_PUBLIC_TYPE BasicAttachment : private detail::AttachmentCore<Calls> {
 public:
  using Dispatch = typename N::ProviderDispatch;

  /// Either may be null; what a guard gives is then null too.
  NMR_LOCAL BasicAttachment(const Dispatch* dispatch, void* context) noexcept
      : detail::AttachmentCore<Calls>(dispatch, context) {}
  /// As above. `detached` runs once for each time that it has been attached, when it has been detached or replaced, by
  /// whomever, and the last call has left: before a completion given there. It may free the attachment and itself.
  NMR_LOCAL BasicAttachment(const Dispatch* dispatch, void* context, Completion& detached) noexcept
      : detail::AttachmentCore<Calls>(dispatch, context), on_detached_(&detached) {}
  /// Precondition  it is not attached, and the last call to it has left (trapped).
  NMR_LOCAL ~BasicAttachment() {
    if (this->refs().approximate_refs() == 0) return;
    Calls::Atomics::misuse({"Attachment", "~Attachment",
                            "destroyed while attached, or before the last call to it has left", this});
  }

  /// Returns true if no call is in progress and none can begin. True happens-after every call.
  [[nodiscard]] NMR_LOCAL bool detached() const noexcept { return this->refs().run_down_already(); }

  /// Waits until it has been detached and the last call has left. Any number of threads may wait, and may begin to
  /// before anybody detaches it. A completion, its own or one given to detach(), may still be about to run, or running,
  /// when this returns.
  ///
  /// Returns       kSuccess, or kPossibleDeadlock if this thread is inside a guarded call of this attachment (known
  ///               where calls are counted per thread, of as many as a thread has slots for; a CallHold that this
  ///               thread keeps is not, since it may be another thread's to leave).
  /// Progress      blocking; no cancellation point; allocates nothing, and runs no completion. Not from a signal
  ///               handler.
  /// Ordering      kSuccess happens-after every call.
  /// Lifetime      touches nothing of it once it has been told.
  NMR_LOCAL Status wait_until_detached() noexcept {
    if (called_by_this_thread()) return Status::kPossibleDeadlock;
    this->refs().wait_for_rundown();
    return Status::kSuccess;
  }
  /// As above, for at most `timeout` (any std::chrono::duration).
  ///
  /// Returns       as above, or kTimeout: then nothing has changed, and it may be waited for again.
  /// Progress      as above.
  template <class Duration>
  NMR_LOCAL Status wait_until_detached_for(const Duration& timeout) noexcept {
    if (called_by_this_thread()) return Status::kPossibleDeadlock;
    return this->refs().wait_for_rundown_for(timeout) ? Status::kSuccess : Status::kTimeout;
  }

  /// Gives up an attachment that has been detached, or replaced: nobody waits for it. `freed` runs when the last call
  /// has left: on the thread that leaves, or here, before this returns, if none is inside. It may free the attachment
  /// and itself. Until then, or for good, the attachment and what its functions use stay. With one-word counting so does
  /// the handle.
  ///
  /// Returns       kSuccess; kInvalidDeviceState if nobody has detached it; kInvalidParameter if `freed` is in use
  ///               (trapped). Then `freed` does not run for this.
  /// Progress      never waits for calls, at most for a moment for a wait of another thread that begins or runs out of
  ///               time; allocates nothing.
  /// Ordering      every call happens-before `freed`.
  /// Lifetime      touches nothing once `freed` may have been entered.
  NMR_LOCAL Status abandon(Completion& freed) noexcept {
    if (!this->refs().rundown_begun()) return Status::kInvalidDeviceState;
    if (freed.given_twice<typename Calls::Atomics>("abandon")) return Status::kInvalidParameter;
    this->refs().begin_rundown(freed);
    return Status::kSuccess;
  }

 private:
  template <Npi, CallsPolicy>
  friend class BasicBindingHandle;

  /// Makes it ready for install() into a cell of the domain.
  [[nodiscard]] NMR_LOCAL Status open(typename Calls::Domain& domain) noexcept {
    if (!detail::AttachmentCore<Calls>::open(domain)) return Status::kInvalidDeviceState;
    if (on_detached_ == nullptr) return Status::kSuccess;
    if (on_detached_->given_twice<typename Calls::Atomics>("attach")) {
      (void)this->refs().begin_rundown();
      this->refs().release();  // what open() has acquired for the calls
      return Status::kInvalidParameter;
    }
    (void)this->refs().when_run_down(*on_detached_);
    return Status::kSuccess;
  }
  /// Returns whether its own completion is this one, which somebody gives for another end too; and reports that.
  [[nodiscard]] NMR_LOCAL bool has_as_own(const Completion& other) const noexcept {
    if (on_detached_ != &other) return false;
    Calls::Atomics::misuse({"Completion", "attach", "given for two ends at a time", &other});
    return true;
  }
  NMR_LOCAL bool called_by_this_thread() noexcept {
    auto* const domain = this->domain();
    return !detached() && domain != nullptr && Calls::inside(*domain, *this);
  }

  Completion* const on_detached_ = nullptr;
};

template <Npi N>
using Attachment = BasicAttachment<N, PerThreadCalls>;

/// Its former name, for programs that have it. In the registry, as in NMR, a binding is the pair.
template <Npi N, CallsPolicy Calls>
using BasicBinding = BasicAttachment<N, Calls>;
template <Npi N>
using Binding = Attachment<N>;

NMR_END_NAMESPACE
