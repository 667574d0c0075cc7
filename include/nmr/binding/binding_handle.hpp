#pragma once
#include <nmr/binding/binding.hpp>
#include <nmr/binding/call_guard.hpp>
#include <nmr/platform/event.hpp>
#include <nmr/platform/status.hpp>

NMR_BEGIN_NAMESPACE

/// The caller's side of attachments, one at a time: the place that calls go through. Born empty; attached,
/// detached, attached again and swapped while any number of threads call through it.
///
/// Lifetime      outlives every call through it, try_call() included; counted per thread, a guard that is out
///               may be left after the handle has gone. The domain outlives the calls, and the handle while it is attached (trapped).
template <Npi N, CallsPolicy Calls>
class NMR_PUBLIC_TYPE BasicBindingHandle {
 public:
  using Binding = BasicBinding<N, Calls>;
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

  /// Enters a call, unless nothing is attached or what was is being detached; then the guard is empty.
  ///
  /// Progress      wait-free on a thread that has been prepared (CallDomain::prepare_thread(), or a call before),
  ///               for as many nested calls as a thread has slots for: no lock, read-modify-write or fence, one
  ///               atomic load to check. Else it takes the domain's mutex, and the first call of a thread may
  ///               allocate: in a signal handler that has interrupted malloc() it then waits for itself, for
  ///               good. Where that may be, or on a real-time thread: try_call_prepared().
  /// Ordering      happens-after the attach() of what it goes to.
  [[nodiscard]] NMR_ALWAYS_INLINE NMR_LOCAL Guard try_call() noexcept { return Guard(cell_); }

  /// As above, but where try_call() would take a mutex the guard is empty too: so if the thread has not been
  /// prepared, or is inside as many calls as it has slots for.
  ///
  /// Progress      wait-free, and async-signal-safe. So is leaving the guard, but for the completions of a detach.
  /// Ordering      as above.
  [[nodiscard]] NMR_ALWAYS_INLINE NMR_LOCAL Guard try_call_prepared() noexcept {
    return Guard(cell_, IfPrepared{});
  }

  /// Attaches. What was attached before, if anything, is detached as by detach(): counted per thread, without
  /// a call refused in between; counted in one word, this waits until its calls have left.
  ///
  /// Returns       kSuccess; kInvalidDeviceState if the binding is attached already or still drains;
  ///               kRevisionMismatch if the domain was made by an incompatible version of the library. Then
  ///               nothing has changed.
  NMR_LOCAL Status attach(Binding& binding) noexcept { return attach(binding, nullptr); }
  /// As above. If the result is kSuccess, `replaced` runs exactly once, when the last call to what was
  /// attached before has left; at once if nothing was.
  /// kInvalidParameter if `replaced` is in use (trapped): then nothing has changed either.
  NMR_LOCAL Status attach(Binding& binding, Completion& replaced) noexcept {
    if (replaced.given_twice<typename Calls::Atomics>("attach")) return Status::kInvalidParameter;
    return attach(binding, &replaced);
  }

  /// Takes out what is attached: from now on calls are refused. Never waits for calls. `done` runs exactly
  /// once, when the last call has left: on the thread that leaves, or here, before this returns, if nobody is
  /// inside. What a registry has attached has its last call no sooner than the registry detaches it.
  ///
  /// Returns       false if nothing was attached; then `done` has run.
  /// Progress      blocking for one barrier, or two if somebody is inside; allocates nothing.
  /// Precondition  `done` is not in use (trapped; then nothing is detached, and this returns false).
  NMR_LOCAL bool detach(Completion& done) noexcept {
    if (done.given_twice<typename Calls::Atomics>("detach")) return false;
    auto* const target = cell_.remove_any();
    if (target == nullptr) return done.run(), false;
    target->refs().begin_rundown(done);
    Calls::close(cell_.domain(), target);
    return true;
  }
  NMR_LOCAL bool detach() noexcept {
    auto* const target = cell_.remove_any();
    if (target == nullptr) return false;
    target->refs().begin_rundown();
    Calls::close(cell_.domain(), target);
    return true;
  }

  /// Detaches and waits until the last call has left. What was detached before is not waited for: see
  /// Binding::wait_until_detached().
  ///
  /// Returns       kSuccess; kPossibleDeadlock if this thread is inside such a call (known where calls are
  ///               counted per thread), kInvalidDeviceState if a registry has attached it, whose registration
  ///               is what to wait for: then detach has begun, and goes on without being waited for.
  /// Progress      blocking; no cancellation point.
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

  /// Returns whether something is attached: a hint.
  [[nodiscard]] NMR_LOCAL bool attached() const noexcept { return !cell_.empty(); }

  /// For registries.
  [[nodiscard]] NMR_LOCAL Cell& cell() noexcept { return cell_; }

 private:
  NMR_LOCAL Status attach(Binding& binding, Completion* replaced) noexcept {
    if (cell_.domain().layout_version() != kLayoutVersion) return Status::kRevisionMismatch;
    if (!binding.open(cell_.domain())) return Status::kInvalidDeviceState;
    auto* const before = cell_.install(binding);
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
