#pragma once
#include <new>

#include <nmr/registry/attach.hpp>
#include <nmr/registry/detach.hpp>
#include <nmr/registry/registry_state.hpp>
#include <nmr/registry/snapshot.hpp>

NMR_BEGIN_NAMESPACE

/// The registry without its types: registrations of any number of NPIs, and the bindings between them.
/// NmrRegistry<Npi> is a view of one of its NPIs; several may share a core.
///
/// What ends in callbacks, or wakes a waiter, runs in the code of the image that made the core, through
/// pointers kept here: a plug-in that has been told that its registration is gone may be unloaded, whoever
/// told it.
///
/// Lifetime      outlives its registrations (trapped).
template <class Calls>
class NMR_PUBLIC_TYPE BasicRegistryCore {
 public:
  using State = BasicRegistryState<Calls>;
  using Registration = BasicRegistrationCore<Calls>;
  using Module = typename Registration::Module;
  using Binding = BasicBindingCore<Calls>;
  using Side = BasicBindingSide<Calls>;
  using Atomics = typename Calls::Atomics;

  BasicRegistryCore() noexcept = default;
  explicit BasicRegistryCore(WithoutBarrier without) noexcept : state_(without) {}
  BasicRegistryCore(const BasicRegistryCore&) = delete;
  BasicRegistryCore& operator=(const BasicRegistryCore&) = delete;
  ~BasicRegistryCore() {
    if (state_.clients.first == nullptr && state_.providers.first == nullptr) return;
    Atomics::misuse({"NmrRegistry", "~NmrRegistry", "destroyed before its registrations", this});
  }

  /// Returns the domain that handles have to be made with that are attached here.
  [[nodiscard]] typename Calls::Domain& calls() noexcept { return state_.calls; }

  /// Registers, and offers the new registration to every active one of the other side before it returns.
  /// `out` is written before the first callback.
  Status add(ModuleSide side, const Module& module, void* context, Registration*& out) noexcept {
    return add_(state_, side, module, context, out);
  }

  /// Starts deregistration: kPending; or kInvalidDeviceState if it has been started before.
  Status deregister(Registration& registration, Completion* done) noexcept {
    return deregister_(state_, registration, done);
  }

  /// Waits for the end of a deregistration that has been started.
  Status wait(Registration& registration, platform::Deadline deadline) noexcept {
    return wait_(state_, registration, deadline);
  }

  /// Runs `done` when a deregistration that has been started has ended.
  Status notify(Registration& registration, Completion& done) noexcept {
    if (!deregistering(state_, registration)) return Status::kInvalidParameter;
    registration.open.begin_rundown(done);
    return Status::kSuccess;
  }

  /// Deregisters if that has not been done, waits, and frees. Where this thread would wait for itself that is
  /// misuse, and the registration is freed by whoever ends it.
  void destroy(Registration& registration) noexcept { destroy_(state_, registration); }

  /// Detaches one binding of the registration, for both sides, as deregistration does.
  /// Returns kPending: started; kNotFound if it is not, or not any more, one of this registration's.
  Status detach(Registration& registration, BindingId id) noexcept {
    return detach_(state_, registration, id);
  }

  /// Calls `f(side)` for the registration's side of each attached binding, in the order of their making,
  /// holding no lock. A binding stays attached to what `f` looks at: its cleanup does not begin before `f`
  /// returns. `f` may do whatever a callback may.
  template <class F>
  void for_each_binding(Registration& registration, F f) {
    for (Visit visit(state_, registration); visit.side() != nullptr; visit.advance()) {
      typename State::CallbackScope scope(state_, visit.side()->binding);
      f(*visit.side());
    }
  }

  /// Returns what there is. Throws std::bad_alloc; then nothing has changed.
  [[nodiscard]] RegistrySnapshot snapshot() {
    RegistrySnapshot all;
    std::size_t registrations = 0;
    std::size_t bindings = 0;
    while (!copy_into(all, registrations, bindings)) {
      // Without the mutex, since it may throw; and others may register meanwhile.
      all.registrations.make_room(registrations + registrations / 4);
      all.bindings.make_room(bindings + bindings / 4);
    }
    return all;
  }

  [[nodiscard]] RegistrationInfo info_of(const Registration& registration) noexcept {
    LockGuard lock(state_.mutex);
    return info(registration);
  }

  /// Copies the newest refusals, newest first. Returns how many there ever were.
  std::size_t refusals(const Registration& registration, Refusal* newest, std::size_t room) noexcept {
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
  /// Stands at one attached binding of a registration and keeps that side from being done.
  class Visit {
   public:
    Visit(State& state, Registration& registration) noexcept : state_(state), which_(registration.side) {
      LockGuard lock(state_.mutex);
      move_to(registration.first_binding);
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit() {
      if (side_ != nullptr) side_->outgoing.refs().release();
    }

    [[nodiscard]] Side* side() const noexcept { return side_; }
    void advance() noexcept {
      Side* const left = side_;
      {
        LockGuard lock(state_.mutex);
        move_to(left->next);
      }
      if (side_ == nullptr) return left->outgoing.refs().release();
      typename State::CallbackScope scope(state_, side_->binding);  // what this ends may wait for that one
      left->outgoing.refs().release();
    }

   private:
    void move_to(Binding* binding) noexcept {
      while (binding != nullptr && binding->state != BindingState::kHalfAttached &&
             binding->state != BindingState::kAttached) {
        binding = binding->side_of(which_).next;
      }
      side_ = binding != nullptr ? &binding->side_of(which_) : nullptr;
      if (side_ != nullptr)
        side_->outgoing.refs().duplicate();  // the duty to detach is held, under the mutex
    }

    State& state_;
    const ModuleSide which_;
    Side* side_ = nullptr;
  };

  static Status add_registration(State& state, ModuleSide side, const Module& module, void* context,
                                 Registration*& out) noexcept {
    auto* const registration = new (std::nothrow) Registration(state, side, module, context);
    if (registration == nullptr) return Status::kInsufficientResources;
    Binding* offers = nullptr;
    {
      LockGuard lock(state.mutex);
      if (!make_offers(state, *registration, offers)) {
        delete registration;
        return Status::kInsufficientResources;
      }
      for (Binding* binding = offers; binding != nullptr; binding = binding->batch) {
        state.link(*binding);
        binding->walker = Atomics::thread_pointer();
      }
      state.link(*registration);
      (void)registration->open.try_acquire();  // this thread, until all has been offered
      out = registration;
    }
    while (offers != nullptr) {
      Binding& binding = *offers;
      offers = binding.batch;
      binding.batch = nullptr;
      BasicAttach<Calls>::offer(state, binding);
    }
    registration->open.release();
    return Status::kSuccess;
  }

  static Status start_deregistration(State& state, Registration& registration, Completion* done) noexcept {
    Binding* batch = nullptr;
    {
      LockGuard lock(state.mutex);
      if (registration.deregistering) return Status::kInvalidDeviceState;
      registration.deregistering = true;
      (void)registration.open.try_acquire();  // this thread, until it is through
      for (Binding* binding = registration.first_binding; binding != nullptr;
           binding = binding->side_of(registration.side).next) {
        if (binding->state == BindingState::kAttached) BasicDetach<Calls>::claim(*binding, batch);
      }
    }
    BasicDetach<Calls>::run(state, batch);
    done != nullptr ? registration.open.begin_rundown(*done) : registration.open.begin_rundown();
    registration.open.release();  // it may be gone from here on, with whoever waits for it
    return Status::kPending;
  }

  static Status wait_for_end(State& state, Registration& registration, platform::Deadline deadline) noexcept {
    if (!deregistering(state, registration)) return Status::kInvalidParameter;
    if (registration.open.run_down_already()) return Status::kSuccess;
    if (state.would_wait_for_itself(registration)) return Status::kPossibleDeadlock;
    return registration.open.wait_for_rundown_until_ns(deadline) ? Status::kSuccess : Status::kTimeout;
  }

  static void deregister_and_free(State& state, Registration& registration) noexcept {
    (void)start_deregistration(state, registration, nullptr);
    if (wait_for_end(state, registration, platform::kNever) != Status::kSuccess) {
      Atomics::misuse(
          {"Registration", "~Registration", "destroyed in a callback or call of its own", &registration});
      {
        LockGuard lock(state.mutex);
        registration.orphaned = true;  // the binding that this thread keeps is linked yet
      }
      registration.open.begin_rundown(registration.reaper);
      return;
    }
    state.erase(registration);
  }

  static Status detach_one(State& state, Registration& registration, BindingId id) noexcept {
    Binding* batch = nullptr;
    bool found = false;
    {
      LockGuard lock(state.mutex);
      for (Binding* binding = registration.first_binding; binding != nullptr && !found;
           binding = binding->side_of(registration.side).next) {
        if (binding->id != id || binding->state > BindingState::kAttached) continue;
        found = true;
        binding->detach_requested = true;  // seen when it has been attached, if it is not yet
        if (binding->state == BindingState::kAttached) BasicDetach<Calls>::claim(*binding, batch);
      }
    }
    BasicDetach<Calls>::run(state, batch);
    return found ? Status::kPending : Status::kNotFound;
  }

  /// Makes a binding with each active registration of the other side. Returns false if there is no memory for
  /// one; then there is none. Under the mutex.
  static bool make_offers(State& state, Registration& registration, Binding*& offers) noexcept {
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
        while (offers != nullptr) delete std::exchange(offers, offers->batch);
        return false;
      }
      *last = binding;
      last = &binding->batch;
    }
    return true;
  }

  [[nodiscard]] static bool deregistering(State& state, const Registration& registration) noexcept {
    LockGuard lock(state.mutex);
    return registration.deregistering;
  }

  /// Returns whether there was room. Counts what there is.
  bool copy_into(RegistrySnapshot& all, std::size_t& registrations, std::size_t& bindings) noexcept {
    LockGuard lock(state_.mutex);
    const typename State::RegistrationList* const lists[] = {&state_.clients, &state_.providers};
    registrations = bindings = 0;
    for (const auto* list : lists) {
      for (const Registration* r = list->first; r != nullptr; r = r->next) ++registrations;
    }
    for (Registration* client = state_.clients.first; client != nullptr; client = client->next) {
      for (Binding* b = client->first_binding; b != nullptr; b = b->client.next) ++bindings;
    }
    if (registrations > all.registrations.room_ || bindings > all.bindings.room_) return false;
    for (const auto* list : lists) {
      for (const Registration* r = list->first; r != nullptr; r = r->next) all.registrations.add(info(*r));
    }
    for (Registration* client = state_.clients.first; client != nullptr; client = client->next) {
      for (Binding* b = client->first_binding; b != nullptr; b = b->client.next) all.bindings.add(info(*b));
    }
    return true;
  }
  static RegistrationInfo info(const Registration& r) noexcept {
    const auto state = !r.deregistering            ? RegistrationState::kActive
                       : r.open.run_down_already() ? RegistrationState::kDeregistered
                                                   : RegistrationState::kDeregistering;
    return {
        r.side,     r.module.instance.npi_id, r.module.instance.module_id, r.module.instance.number, state,
        r.attached, r.open.approximate_refs()};
  }
  static BindingInfo info(const Binding& b) noexcept {
    return {b.id,
            b.client.registration.module.instance.module_id,
            b.provider.registration.module.instance.module_id,
            b.state,
            b.client.outgoing.refs().approximate_refs(),
            b.provider.outgoing.refs().approximate_refs()};
  }

  State state_;
  Status (*const add_)(State&, ModuleSide, const Module&, void*, Registration*&) noexcept = &add_registration;
  Status (*const deregister_)(State&, Registration&, Completion*) noexcept = &start_deregistration;
  Status (*const wait_)(State&, Registration&, platform::Deadline) noexcept = &wait_for_end;
  void (*const destroy_)(State&, Registration&) noexcept = &deregister_and_free;
  Status (*const detach_)(State&, Registration&, BindingId) noexcept = &detach_one;
};

NMR_END_NAMESPACE
