#pragma once
#include <cstddef>
#include <utility>  // to move it, its users need that

#include <nmr/binding/call_guard.hpp>
#include <nmr/lifecycle/registry_core.hpp>
#include <nmr/platform/pointer.hpp>
#include <nmr/registry/module.hpp>

NMR_BEGIN_NAMESPACE

template <RegistrableNpi N, CallsPolicy Calls>
class NMR_PUBLIC_TYPE BasicNmrRegistry;

/// A module's registration with a registry, from register_client() or register_provider(). The destructor deregisters
/// and waits. Movable; empty until registered and after being moved from.
///
/// All functions may be called from callbacks and inside calls, but for what is said of waits; none from a signal
/// handler. None holds a lock while it calls back or runs a completion. Several threads may call them at a time, but
/// for abandon(), a move and the destructor.
template <RegistrableNpi N, CallsPolicy Calls, ModuleSide kSide>
class [[nodiscard]] NMR_PUBLIC_TYPE BasicRegistration {
 public:
  NMR_LOCAL BasicRegistration() noexcept = default;
  NMR_LOCAL BasicRegistration(BasicRegistration&& other) noexcept
      : core_(platform::take(other.core_)), registration_(platform::take(other.registration_)) {}
  NMR_LOCAL BasicRegistration& operator=(BasicRegistration&& other) noexcept {
    BasicRegistration moved(static_cast<BasicRegistration&&>(other));
    platform::swap_pointers(core_, moved.core_);
    platform::swap_pointers(registration_, moved.registration_);
    return *this;
  }
  /// Deregisters if that has not been done, and waits for the end, but after NmrRegistry::abandon().
  /// Precondition  not in a callback or a guarded call of a binding of its own (trapped; then it does not
  ///               wait).
  NMR_LOCAL ~BasicRegistration() {
    if (registration_ != nullptr) core_->destroy(*registration_);
  }

  /// Deregisters if that has not been done, and gives the registration up: *this is empty afterwards, nobody waits, and
  /// what was registered stays until its last call has left, if ever that is. Then its cleanup callbacks and
  /// completions run as usual. For what ends though a call never returns: a process, above all.
  ///
  /// The other side of each binding goes on waiting for its own calls. Abandon that too, where one of them may never
  /// return. NmrRegistry::abandon() is for all.
  ///
  /// Progress      as deregister().
  /// Ordering      as deregister().
  /// Lifetime      the module, its callbacks and what they use stay until `cleanup_binding_context` has run for each
  ///               binding, or for good. So does a registry's core that was made by hand. One that NmrRegistry has made
  ///               for itself stays for good then, since a call looks at it on its way out. With one-word counting a
  ///               handle stays for the calls that are in it, and so does its registry.
  NMR_LOCAL void abandon() noexcept {
    auto* const given_up = registration_;
    registration_ = nullptr;
    if (given_up != nullptr) core_->abandon(*given_up);
  }

  /// Returns whether it is registered; so also when it has been deregistered.
  [[nodiscard]] NMR_LOCAL explicit operator bool() const noexcept { return registration_ != nullptr; }

  /// Starts deregistration (NmrDeregisterClient, NmrDeregisterProvider): nothing new is attached, and all bindings are
  /// detached. Of each binding that was attached and not being detached, both sides' detach callbacks have been called
  /// when this returns. One that another thread is detaching, or is in the middle of attaching, is seen to by that
  /// thread: its calls may still get in until then.
  ///
  /// Returns       kPending: started. kInvalidDeviceState: it has been started before. kInvalidParameter: *this is
  ///               empty.
  /// Progress      blocking: for the detach callbacks, one barrier or two, the mutexes of the registry and its domain;
  ///               never for calls. What then has ended goes on here: cleanup callbacks of both sides, and completions;
  ///               it waits for a post() about them that runs on another thread. Allocates nothing.
  /// Ordering      calls of a binding that begin after its detach callbacks have been called are refused.
  NMR_LOCAL Status deregister() noexcept { return start(nullptr); }
  /// As above; if the result is kPending, `done` runs exactly once, when deregistration has completed: on the thread
  /// that completes it, or here, before this returns. It may free the registration, and what this was the last to use.
  ///
  /// Returns       as above; kInvalidParameter, too, if `done` is in use (trapped): then nothing is started.
  /// Progress      as above.
  /// Ordering      each callback of the registration, and each call of its bindings, happens-before `done`.
  /// Lifetime      touches nothing once `done` may have been entered.
  NMR_LOCAL Status deregister(Completion& done) noexcept {
    if (done.given_twice<typename Calls::Atomics>("deregister")) return Status::kInvalidParameter;
    return start(&done);
  }

  /// Waits until deregistration has completed (NmrWaitForClientDeregisterComplete, ...Provider...). Then every binding
  /// of this registration is gone, for both sides. Each callback of it and each post() to its executor has returned,
  /// and none will run again. The completions that were given have returned, too. (Not these where this is called from
  /// inside a completion of any registration's end, which they may wait for; nor where there is no thread pointer.) May
  /// be repeated, by any number of threads.
  ///
  /// Returns       kSuccess; kInvalidParameter if deregister() was not called; kPossibleDeadlock where this thread
  ///               would wait for itself: from inside a callback or a guarded call of a binding that it would wait for,
  ///               from inside register_...() or deregister() of the registration, from what runs before this thread
  ///               has gone on with such a binding. What can be moved to another thread is not known to be this one's:
  ///               who keeps a CallHold or a DetachCompletion of such a binding lets go of it first, or waits for ever.
  /// Progress      blocking; no cancellation point. Allocates nothing, and calls nobody back.
  /// Ordering      kSuccess happens-after each of those callbacks, and each call of the bindings.
  /// Lifetime      after kSuccess the registration may be destroyed, and the module with its code and data. Other waits
  ///               that have gone to sleep may return later; none may be about to begin.
  NMR_LOCAL Status wait_for_deregister_complete() noexcept { return wait(platform::kNever); }
  /// As above, for at most `timeout` (any std::chrono::duration).
  ///
  /// Returns       as above, or kTimeout: then nothing has changed, and it may be waited for again.
  /// Progress      as above.
  template <class Duration>
  NMR_LOCAL Status wait_for_deregister_complete_for(const Duration& timeout) noexcept {
    return wait(deadline_after<typename Calls::Atomics>(platform::to_nanoseconds(timeout)));
  }
  /// Runs `done` when deregistration has completed: on the thread that completes it, or here, before this returns, if
  /// it has. Then other completions of the same end may still be running.
  ///
  /// Returns       kSuccess; kInvalidParameter if it was not started, or if `done` is in use (trapped): then `done`
  ///               does not run on its behalf.
  /// Progress      blocking for the registry's mutex; never for calls. Allocates nothing.
  /// Ordering      as for deregister().
  /// Lifetime      touches nothing once `done` may have been entered.
  NMR_LOCAL Status notify_deregister_complete(Completion& done) noexcept {
    if (done.given_twice<typename Calls::Atomics>("notify_deregister_complete"))
      return Status::kInvalidParameter;
    return registration_ != nullptr ? core_->notify(*registration_, done) : Status::kInvalidParameter;
  }

  /// Detaches one binding, for both sides; the pair is not offered again. Linear in this registration's bindings.
  ///
  /// Returns       kPending: started; it has to wait for its attach callbacks where these are still running. kNotFound:
  ///               not, or not any more, a binding of this registration. kInvalidParameter: *this is empty.
  /// Progress      as deregister(), for this binding.
  /// Ordering      as deregister().
  NMR_LOCAL Status detach(BindingId binding) noexcept {
    return registration_ != nullptr ? core_->detach(*registration_, binding) : Status::kInvalidParameter;
  }

  /// Returns how many bindings are attached and not being detached, as of some moment.
  ///
  /// Progress      blocking for the registry's mutex.
  [[nodiscard]] NMR_LOCAL std::size_t attached() const noexcept {
    return registration_ != nullptr ? core_->info_of(*registration_).attached : 0;
  }

  /// Copies why peers were not attached, newest first. The newest eight are kept; what `newest` has room for beyond
  /// them is left as it was. A peer that was attached at a later try stays in the list.
  ///
  /// Returns       how many refusals there ever were.
  /// Progress      blocking for the registry's mutex.
  NMR_LOCAL std::size_t refusals(RefusalRoom newest) const noexcept {
    return registration_ != nullptr ? core_->refusals(*registration_, newest.first, newest.size) : 0;
  }

  /// Calls `f(guard)` with a call guard of each client that can be called, in the order in which they were offered. No
  /// lock is held: `f` may do whatever a callback may. Its exceptions pass. What is attached meanwhile may be among
  /// them or not.
  ///
  /// Progress      blocking for `f`, and for the registry's mutex between two; else as a call. A binding that was
  ///               detached meanwhile may come to its end here: cleanup callbacks and completions run then.
  /// Lifetime      no cleanup of a binding begins before `f` has returned from it. *this is not destroyed before this
  ///               returns (trapped in `f`); it may be deregistered.
  template <class F, class Unit = platform::ThisUnit>
    requires(kSide == ModuleSide::kProvider)
  NMR_LOCAL void for_each_client(F f) {
    for_each<CallbacksOf<N>, Unit>(f);
  }
  /// As for_each_client(). `f` is given a call guard of each provider that can be called.
  template <class F, class Unit = platform::ThisUnit>
    requires(kSide == ModuleSide::kClient)
  NMR_LOCAL void for_each_provider(F f) {
    for_each<N, Unit>(f);
  }

 private:
  friend class BasicNmrRegistry<N, Calls>;
  using Core = BasicRegistryCore<Calls>;

  NMR_LOCAL Status start(Completion* done) noexcept {
    return registration_ != nullptr ? core_->deregister(*registration_, done) : Status::kInvalidParameter;
  }
  NMR_LOCAL Status wait(platform::Deadline deadline) noexcept {
    return registration_ != nullptr ? core_->wait(*registration_, deadline) : Status::kInvalidParameter;
  }
  template <Npi Called, class Unit, class F>
  NMR_LOCAL void for_each(F& f) {
    if (registration_ == nullptr) return;
    core_->template for_each_binding<Unit>(*registration_, [&](detail::BindingSide<Calls>& side) {
      BasicCallGuard<Called, Calls> guard(*side.cell);
      if (guard.goes_to(side.outgoing)) f(guard);  // the handle may be another binding's by now
    });
  }

  Core* core_ = nullptr;
  typename Core::Registration* registration_ = nullptr;
};

NMR_END_NAMESPACE
