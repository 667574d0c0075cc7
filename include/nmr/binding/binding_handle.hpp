#pragma once
#include <nmr/binding/attachment.hpp>
#include <nmr/binding/call_guard.hpp>
#include <nmr/platform/status.hpp>
#include <nmr/rundown/event.hpp>

NMR_BEGIN_NAMESPACE

/// The caller's side of attachments, one at a time: the place that calls go through. Born empty; attached, detached,
/// attached again and swapped while any number of threads call through it.
///
/// A function that runs completions holds no lock of the library's then. A lock that its caller holds is held.
///
/// Lifetime      outlives every call through it, try_call() included; counted per thread, a guard that is out may be
///               left after the handle has gone. The domain outlives the handle while it is attached (trapped), and
///               each guard until its leave() has returned. A completion may free the attachment. It may free the
///               handle only where no thread can be in its try_call(), and the domain, or what owns both, only where no
///               other thread can be in a leave() either: who was not the last one out may still look at its slot there.
template <Npi N, CallsPolicy Calls>
class NMR_PUBLIC_TYPE BasicBindingHandle {
 public:
  using Attachment = BasicAttachment<N, Calls>;
  using Guard = BasicCallGuard<N, Calls>;
  using Domain = typename Calls::Domain;
  using Cell = typename Calls::Cell;

  NMR_LOCAL explicit BasicBindingHandle(Domain& domain) noexcept : cell_(domain) {}
  BasicBindingHandle(const BasicBindingHandle&) = delete;
  BasicBindingHandle& operator=(const BasicBindingHandle&) = delete;

  /// Precondition  nothing is attached (trapped).
  NMR_LOCAL ~BasicBindingHandle() {
    if (cell_.empty()) return;
    Calls::Atomics::misuse({"BindingHandle", "~BindingHandle", "destroyed while attached", this});
  }

  /// Enters a call, unless nothing is attached or what was is being detached.
  ///
  /// Returns       a guard; empty if the call is refused.
  /// Progress      wait-free on a thread that has been prepared (CallDomain::prepare_thread(), or a call before), for
  ///               as many nested calls as a thread has slots for: no lock, read-modify-write or fence, one atomic load
  ///               to check, and one more try for each swap that comes in between. (Without the process-wide barrier: a
  ///               fence, and another on the way out.) Else it takes the domain's mutex, and the first call of a thread
  ///               may allocate: in a signal handler that has interrupted malloc() it then waits for itself, for good.
  ///               Where that may be, or on a real-time thread: try_call_prepared(). Counted in one word: wait-free,
  ///               one read-modify-write. A call that meets a detach or a swap, refused or not, may run the completions
  ///               of that: it can be the last one out.
  /// Ordering      happens-after the attach() of what it goes to.
  /// Lifetime      handle and domain stay until it has returned, also where it runs completions.
  [[nodiscard]] NMR_ALWAYS_INLINE NMR_LOCAL Guard try_call() noexcept { return Guard(cell_); }

  /// As above, but where try_call() would take a mutex the call is refused: if the thread has not been prepared, or is
  /// inside as many calls as it has slots for.
  ///
  /// Returns       as above.
  /// Progress      wait-free, and async-signal-safe. So is leaving the guard. Both but for the completions of a detach.
  /// Ordering      as above.
  [[nodiscard]] NMR_ALWAYS_INLINE NMR_LOCAL Guard try_call_prepared() noexcept {
    return Guard(cell_, IfPrepared{});
  }

  /// Attaches. What was attached before, if anything, is detached as by detach(): counted per thread, without a call
  /// refused in between; counted in one word, this waits until its calls have left.
  ///
  /// Returns       kSuccess; kInvalidDeviceState if it is attached already or still drains; kInvalidParameter if a
  ///               completion of its own is in use (trapped); kRevisionMismatch if the domain was made by an
  ///               incompatible version of the library. Then nothing has changed.
  /// Progress      waits for calls that were refused by the attachment itself, a few instructions of each; then as
  ///               detach(), if something was attached. Counted in one word it is blocking, asleep: for other attach()
  ///               of this handle, and for the calls through it; not from inside one of those.
  /// Ordering      happens-before each call that goes to it. Of several threads that attach and detach at a
  ///               time each takes out what it finds.
  /// Lifetime      the attachment stays until it has been detached.
  NMR_LOCAL Status attach(Attachment& attachment) noexcept { return attach(attachment, nullptr); }
  /// As above. If the result is kSuccess, `replaced` runs exactly once, when the last call to what was attached before
  /// has left: on the thread that leaves, or here, before this returns, if nobody is inside or nothing was attached.
  /// Then it runs under whatever lock the caller holds.
  ///
  /// Returns       as above; kInvalidParameter if `replaced` is in use, or is the attachment's own (trapped): then
  ///               nothing has changed either.
  /// Progress      as above.
  /// Ordering      every call to what was attached before happens-before `replaced`.
  /// Lifetime      touches nothing once `replaced` may have been entered.
  NMR_LOCAL Status attach(Attachment& attachment, Completion& replaced) noexcept {
    if (replaced.given_twice<typename Calls::Atomics>("attach") || attachment.has_as_own(replaced))
      return Status::kInvalidParameter;
    return attach(attachment, &replaced);
  }

  /// Takes out what is attached: from now on calls are refused. Never waits for calls. `done` runs exactly once, when
  /// the last call has left: on the thread that leaves, or here, before this returns, if nobody is inside. What a
  /// registry has attached has its last call no sooner than the registry detaches it.
  ///
  /// Returns       false if nothing was attached; then `done` has run. That says nothing of calls to what another
  ///               thread has taken out.
  /// Progress      blocking for one barrier, or two if somebody is inside, and for the domain's mutex (counted in one
  ///               word: for none of these); allocates nothing. May run completions of other detaches in the domain
  ///               too. From callbacks and inside calls, also its own; not from a signal handler.
  /// Ordering      a call that begins after this has returned true is refused, or goes to what was attached since.
  ///               Every call to what was attached happens-before `done`.
  /// Lifetime      touches nothing once `done` may have been entered.
  /// Precondition  `done` is not in use (trapped; then nothing is detached, and this returns false).
  NMR_LOCAL bool detach(Completion& done) noexcept {
    if (done.given_twice<typename Calls::Atomics>("detach")) return false;
    auto* const target = cell_.remove_any();
    if (target == nullptr) return done.run(), false;
    target->refs().begin_rundown(done);
    Calls::close(cell_.domain(), target);
    return true;
  }
  /// As above, without being told: Attachment::wait_until_detached() and detached() say when the last call has left.
  NMR_LOCAL bool detach() noexcept {
    auto* const target = cell_.remove_any();
    if (target == nullptr) return false;
    target->refs().begin_rundown();
    Calls::close(cell_.domain(), target);
    return true;
  }

  /// Detaches and waits until the last call has left. What was detached before is not waited for: see
  /// Attachment::wait_until_detached().
  ///
  /// Returns       kSuccess, also if nothing was attached. kPossibleDeadlock if this thread is inside such a call
  ///               (known where calls are counted per thread), kInvalidDeviceState if a registry has attached it, whose
  ///               registration is what to wait for: then detach has begun, and goes on without being waited for.
  /// Progress      blocking as detach(), then for as long as calls and holds take; no cancellation point; allocates
  ///               nothing. From callbacks; not from a signal handler. Counted in one word, not inside such a call.
  /// Ordering      kSuccess happens-after every call to what was attached.
  /// Lifetime      after kSuccess what was attached may be destroyed, with what its functions use.
  NMR_LOCAL Status detach_and_wait() noexcept {
    auto* const target = cell_.remove_any();
    if (target == nullptr) return Status::kSuccess;
    const bool of_registry = target->owner() != nullptr;
    if (of_registry || Calls::inside(cell_.domain(), *target)) {
      target->refs().begin_rundown();
      Calls::close(cell_.domain(), target);
      return of_registry ? Status::kInvalidDeviceState : Status::kPossibleDeadlock;
    }
    BasicEvent<typename Calls::Atomics> done;
    target->refs().begin_rundown(done);
    Calls::close(cell_.domain(), target);
    done.wait();
    return Status::kSuccess;
  }

  /// Returns whether something is attached: a hint, by one relaxed load.
  [[nodiscard]] NMR_LOCAL bool attached() const noexcept { return !cell_.empty(); }

  /// Returns the place that calls go through, for registries.
  [[nodiscard]] NMR_LOCAL Cell& cell() noexcept { return cell_; }

 private:
  NMR_LOCAL Status attach(Attachment& attachment, Completion* replaced) noexcept {
    if (cell_.domain().layout_version() != kLayoutVersion) return Status::kRevisionMismatch;
    if (const Status status = attachment.open(cell_.domain()); status != Status::kSuccess) return status;
    auto* const before = cell_.install(attachment);
    if (before == nullptr) {
      if (replaced != nullptr) replaced->run();
      return Status::kSuccess;
    }
    replaced != nullptr ? before->refs().begin_rundown(*replaced) : before->refs().begin_rundown();
    Calls::close(cell_.domain(), before);
    return Status::kSuccess;
  }

  Cell cell_;
};

template <Npi N>
using BindingHandle = BasicBindingHandle<N, PerThreadCalls>;

NMR_END_NAMESPACE
