#pragma once
#include <new>

#include <nmr/lifecycle/attach.hpp>
#include <nmr/lifecycle/detach.hpp>
#include <nmr/lifecycle/registry_state.hpp>
#include <nmr/lifecycle/snapshot.hpp>
#include <nmr/lifecycle/visit.hpp>

NMR_BEGIN_NAMESPACE

/// The registry without its types: registrations of any number of NPIs, and the bindings between them. NmrRegistry<Npi>
/// is a view of one of its NPIs; several may share a core.
///
/// What ends in callbacks, or wakes a waiter, runs in the code of the image that made the core, through pointers kept
/// here: a plug-in that has been told that its registration is gone may be unloaded, whoever told it. What is not said
/// below of Progress, Ordering and Lifetime is said in NmrRegistry and Registration, at the functions that call these.
///
/// Lifetime      outlives its registrations (trapped), abandoned ones too, and every call; one from make() stays for
///               good where anything has been abandoned.
template <CallsPolicy Calls>
class NMR_PUBLIC_TYPE BasicRegistryCore {
 public:
  using State = detail::RegistryState<Calls>;
  using Registration = detail::RegistrationCore<Calls>;
  using Module = typename Registration::Module;
  using Binding = detail::BindingCore<Calls>;
  using Side = detail::BindingSide<Calls>;
  using Atomics = typename Calls::Atomics;

  template <class Unit = platform::ThisUnit>
  NMR_LOCAL explicit BasicRegistryCore(Unit = {}) noexcept
      : state_(Unit::kUnwinds, &detail::Attach<Calls, Unit>::accept), add_(&add_registration<Unit>) {}
  template <class Unit = platform::ThisUnit>
  NMR_LOCAL explicit BasicRegistryCore(WithoutBarrier without, Unit = {}) noexcept
      : state_(Unit::kUnwinds, &detail::Attach<Calls, Unit>::accept, without),
        add_(&add_registration<Unit>) {}
  BasicRegistryCore(const BasicRegistryCore&) = delete;
  BasicRegistryCore& operator=(const BasicRegistryCore&) = delete;
  NMR_LOCAL ~BasicRegistryCore() {
    if (state_.has_registrations()) report_registrations();
  }

  /// Returns one that is to be given up in the end. Throws what operator new throws.
  template <class... How>
  [[nodiscard]] NMR_LOCAL static BasicRegistryCore& make(How... how) {
    return *new BasicRegistryCore(how...);
  }
  /// Frees it; or, where anything has been abandoned, leaves it for good: a call that nobody waited for may still be on
  /// its way out of its slot, when all that it kept has ended. Registrations that have not been abandoned are reported.
  NMR_LOCAL void give_up() noexcept {
    bool all_abandoned = true;
    bool stays = false;
    {
      LockGuard lock(state_.mutex);
      all_abandoned = state_.has_abandoned_alone();
      stays = state_.has_been_abandoned || state_.has_registrations();
    }
    if (!all_abandoned) report_registrations();
    if (!stays) delete this;
  }
  /// From now on the destructors of registrations do not wait, but abandon.
  NMR_LOCAL void abandon() noexcept {
    state_.abandoned.store(true, order::relaxed);  // relaxed: see where it is read
  }

  /// Returns the domain that handles have to be made with that are attached here.
  [[nodiscard]] NMR_LOCAL typename Calls::Domain& call_domain() noexcept { return state_.calls; }

  /// Registers, and offers the new registration to every active one of the other side. Throws nothing, but is unwound.
  /// Returns       kSuccess: `out` has been written before the first callback. kInsufficientResources: it is unchanged.
  /// Progress      blocking for the callbacks; allocates before them.
  NMR_LOCAL Status add(ModuleSide side, const Module& module, void* context, Registration*& out) {
    return add_(state_, side, module, context, out);
  }

  /// Starts deregistration. Returns kPending; kInvalidDeviceState if it has been started before. `done` may be null.
  /// Progress      blocking for detach callbacks and barriers, not for calls. May run `done`, which may free *this too.
  NMR_LOCAL Status deregister(Registration& registration, Completion* done) noexcept {
    return deregister_(state_, registration, done);
  }

  /// Waits for the end of a deregistration that has been started.
  /// Returns       kSuccess, kTimeout, kPossibleDeadlock; kInvalidParameter if it was not started.
  NMR_LOCAL Status wait(Registration& registration, platform::Deadline deadline) noexcept {
    return wait_(state_, registration, deadline);
  }

  /// Runs `done` when a deregistration has ended: here, if it has. Returns kInvalidParameter if it was not started.
  NMR_LOCAL Status notify(Registration& registration, Completion& done) noexcept {
    if (!deregistering(state_, registration)) return Status::kInvalidParameter;
    registration.open.begin_rundown(done);
    return Status::kSuccess;
  }

  /// Deregisters if that has not been done, waits, and frees. Where this thread would wait for itself that is misuse,
  /// and the registration is freed by whoever ends it. After abandon() as abandon(registration).
  NMR_LOCAL void destroy(Registration& registration) noexcept { destroy_(state_, registration); }
  /// Deregisters if that has not been done, and leaves the registration to whoever ends it.
  NMR_LOCAL void abandon(Registration& registration) noexcept { abandon_(state_, registration); }

  /// Detaches one binding of the registration, for both sides, as deregistration does.
  /// Returns       kPending: started; kNotFound if it is not, or not any more, one of this registration's.
  NMR_LOCAL Status detach(Registration& registration, BindingId id) noexcept {
    return detach_(state_, registration, id);
  }

  /// Calls `f(side)` for the registration's side of each attached binding, in the order of their making, holding no
  /// lock. No cleanup of a binding begins before `f` has returned from it. `f` may do whatever a callback may.
  template <class Unit = platform::ThisUnit, class F>
  NMR_LOCAL void for_each_binding(Registration& registration, F f) {
    for (detail::Visit<Calls> visit(state_, registration); visit.side() != nullptr; visit.advance()) {
      typename State::Keeping keeping(state_, visit.side()->binding);
      f(*visit.side());
    }
  }

  /// Returns what there is. Throws std::bad_alloc; then nothing has changed.
  template <class Unit = platform::ThisUnit>
  [[nodiscard]] NMR_LOCAL RegistrySnapshot snapshot() {
    RegistrySnapshot all;
    std::size_t registrations = 0;
    std::size_t bindings = 0;
    while (!detail::Listing<Calls>::copy_into(all, state_, registrations, bindings)) {
      // Without the mutex, since it may throw; and others may register meanwhile.
      detail::Listing<Calls>::make_room(all, registrations + registrations / 4, bindings + bindings / 4);
    }
    return all;
  }

  /// Returns what a snapshot says of a registration.
  [[nodiscard]] NMR_LOCAL RegistrationInfo info_of(const Registration& registration) noexcept {
    LockGuard lock(state_.mutex);
    return detail::info_of(registration);
  }

  /// Copies the newest refusals, newest first. Returns how many there ever were.
  NMR_LOCAL std::size_t refusals(const Registration& registration, Refusal* newest,
                                 std::size_t room) noexcept {
    LockGuard lock(state_.mutex);
    const std::size_t kept = registration.refused < Registration::kRefusalsKept
                                 ? registration.refused
                                 : std::size_t{Registration::kRefusalsKept};
    for (std::size_t i = 0; i < kept && i < room; ++i) {
      newest[i] = registration.refusals[(registration.refused - 1 - i) % Registration::kRefusalsKept];
    }
    return registration.refused;
  }

 private:
  template <class Unit>
  NMR_LOCAL static Status add_registration(State& state, ModuleSide side, const Module& module, void* context,
                                           Registration*& out) {
    auto* const registration = new (std::nothrow) Registration(state, side, module, context);
    if (registration == nullptr) return Status::kInsufficientResources;
    Binding* offers = nullptr;
    {
      LockGuard lock(state.mutex);
      if (!make_offers(state, *registration, offers)) {
        delete registration;
        return Status::kInsufficientResources;
      }
      for (Binding* binding = offers; binding != nullptr; binding = binding->next_in_batch) {
        state.link(*binding);
        binding->listed_by = Atomics::thread_pointer();
      }
      state.link(*registration);
      (void)registration->open.try_acquire();  // this thread, until all has been offered
      out = registration;
    }
    detail::Offering<Calls, Unit>(state, *registration, offers).offer_all();
    return Status::kSuccess;
  }

  NMR_LOCAL static Status start_deregistration(State& state, Registration& registration,
                                               Completion* done) noexcept {
    Binding* batch = nullptr;
    {
      LockGuard lock(state.mutex);
      if (registration.deregistering) return Status::kInvalidDeviceState;
      registration.deregistering = true;
      (void)registration.open.try_acquire();  // this thread, until it is through
      registration.deregistrar.store(Atomics::thread_pointer(), order::relaxed);  // relaxed: see there
      registration.open.begin_rundown(registration.end);
      for (Binding* binding = registration.first_binding; binding != nullptr;
           binding = binding->side_of(registration.side).next) {
        if (binding->state == BindingState::kAttached) detail::Detach<Calls>::claim(*binding, batch);
      }
    }
    detail::Detach<Calls>::run(state, batch);
    if (done != nullptr) registration.open.begin_rundown(*done);
    registration.deregistrar.store(0, order::relaxed);  // relaxed: see there
    registration.tell(registration.let_go());  // it may be gone from here on, with whoever waits for it
    return Status::kPending;
  }

  NMR_LOCAL static Status wait_for_end(State& state, Registration& registration,
                                       platform::Deadline deadline) noexcept {
    if (!deregistering(state, registration)) return Status::kInvalidParameter;
    if (registration.told.run_down_already()) return Status::kSuccess;
    if (!registration.open.run_down_already() && state.would_wait_for_itself(registration))
      return Status::kPossibleDeadlock;
    auto& end = state.tells() ? registration.open : registration.told;
    return end.wait_for_rundown_until_ns(deadline) ? Status::kSuccess : Status::kTimeout;
  }

  NMR_LOCAL static void deregister_and_free(State& state, Registration& registration) noexcept {
    // relaxed: whoever is to know has been told by other means
    if (state.abandoned.load(order::relaxed)) return deregister_and_abandon(state, registration);
    (void)start_deregistration(state, registration, nullptr);
    if (wait_for_end(state, registration, platform::kNever) != Status::kSuccess) {
      Atomics::misuse(
          {"Registration", "~Registration", "destroyed in a callback or call of its own", &registration});
    }
    forget(state, registration);
  }

  /// Unlinks a registration that nobody will ask for again, or leaves that to its last binding. It is freed when its
  /// end has been told.
  NMR_LOCAL static void forget(State& state, Registration& registration) noexcept {
    {
      LockGuard lock(state.mutex);
      registration.orphaned = true;
      if (registration.first_binding == nullptr) state.unlink(registration);
    }
    registration.give_up();
  }

  NMR_LOCAL static void deregister_and_abandon(State& state, Registration& registration) noexcept {
    {
      LockGuard lock(state.mutex);
      state.has_been_abandoned = true;
    }
    (void)start_deregistration(state, registration, nullptr);
    forget(state, registration);
  }

  NMR_LOCAL void report_registrations() const noexcept {
    Atomics::misuse({"NmrRegistry", "~NmrRegistry", "destroyed before its registrations", this});
  }

  NMR_LOCAL static Status detach_one(State& state, Registration& registration, BindingId id) noexcept {
    Binding* batch = nullptr;
    bool found = false;
    {
      LockGuard lock(state.mutex);
      for (Binding* binding = registration.first_binding; binding != nullptr && !found;
           binding = binding->side_of(registration.side).next) {
        if (binding->id != id || binding->state > BindingState::kAttached) continue;
        found = true;
        binding->detach_requested = true;  // seen when it has been attached, if it is not yet
        if (binding->state == BindingState::kAttached) detail::Detach<Calls>::claim(*binding, batch);
      }
    }
    detail::Detach<Calls>::run(state, batch);
    return found ? Status::kPending : Status::kNotFound;
  }

  /// Makes a binding with each active registration of the other side. Returns false if there is no memory for one; then
  /// there is none. Under the mutex.
  NMR_LOCAL static bool make_offers(State& state, Registration& registration, Binding*& offers) noexcept {
    const bool is_client = registration.side == ModuleSide::kClient;
    Binding** last = &offers;
    for (Registration* peer = (is_client ? state.providers : state.clients).first; peer != nullptr;
         peer = peer->next) {
      if (peer->deregistering || peer->module.instance.npi_id != registration.module.instance.npi_id)
        continue;
      auto& client = is_client ? registration : *peer;
      auto& provider = is_client ? *peer : registration;
      auto* const binding = new (std::nothrow) Binding(state.next_id(), client, provider, state.calls);
      if (binding == nullptr) {
        while (offers != nullptr) {
          Binding* const next = offers->next_in_batch;
          delete offers;
          offers = next;
        }
        return false;
      }
      *last = binding;
      last = &binding->next_in_batch;
    }
    return true;
  }

  [[nodiscard]] NMR_LOCAL static bool deregistering(State& state, const Registration& registration) noexcept {
    LockGuard lock(state.mutex);
    return registration.deregistering;
  }

  State state_;
  Status (*const add_)(State&, ModuleSide, const Module&, void*, Registration*&);
  Status (*const deregister_)(State&, Registration&, Completion*) noexcept = &start_deregistration;
  Status (*const wait_)(State&, Registration&, platform::Deadline) noexcept = &wait_for_end;
  void (*const destroy_)(State&, Registration&) noexcept = &deregister_and_free;
  void (*const abandon_)(State&, Registration&) noexcept = &deregister_and_abandon;
  Status (*const detach_)(State&, Registration&, BindingId) noexcept = &detach_one;
};

NMR_END_NAMESPACE
