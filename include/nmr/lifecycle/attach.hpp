#pragma once
#include <nmr/lifecycle/detach.hpp>
#include <nmr/lifecycle/offer_core.hpp>
#include <nmr/lifecycle/registry_state.hpp>
#include <nmr/platform/callback_boundary.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// The first half of a binding's life: from kOffered to kAttached or kRejected (T2 to T10 of tests/requirements.md).
/// All of it runs on the thread that registers the later side. No lock is held in any callback.
///
/// A thread that is ended in a callback is unwound through all of this, where `Unit` can be unwound. What its frames
/// have begun ends in their destructors, as if the callback had thrown.
template <CallsPolicy Calls, class Unit>
struct Attach {
  using State = RegistryState<Calls>;
  using Registration = RegistrationCore<Calls>;
  using Binding = BindingCore<Calls>;
  using Side = BindingSide<Calls>;
  using Target = typename Calls::Target;
  using Offer = OfferCore<Calls>;
  using Atomics = typename Calls::Atomics;

  /// Offers a new binding to its client. The binding may be gone when this returns.
  static void offer(State& state, Binding& binding) {
    Offer offer(binding.client);
    Conclusion conclusion(state, binding, offer);
    Turn turn(state, binding.client.registration);
    if (start(state, binding)) conclusion.status = ask_to_attach(state, binding.client, offer);
  }

  /// Drops a new binding that is not to be offered.
  static void drop(State& state, Binding& binding) noexcept {
    {
      LockGuard lock(state.mutex);
      binding.state = BindingState::kRejected;
    }
    Detach<Calls>::retire(state, binding);
  }

  static Status accept(Offer& offer, typename Calls::Cell* cell, void* context, const void* dispatch) {
    Binding& binding = offer.side.binding;
    Side& client = binding.client;
    Side& provider = binding.provider;
    State& state = client.registration.registry;
    if (cell != nullptr && &cell->domain() != &state.calls) return Status::kInvalidParameter;
    {
      LockGuard lock(state.mutex);
      if (binding.state != BindingState::kClientAttaching) return Status::kInvalidDeviceState;
      binding.state = BindingState::kProviderAttaching;
    }
    provider.outgoing.aim(dispatch, context);
    Offer to_provider(provider);
    Status status = Status::kSuccess;
    {
      Turn turn(state, provider.registration);
      status = ask_to_attach(state, provider, to_provider);
    }
    if (succeeded(status) && !to_provider.agreed) {
      Atomics::misuse({"ProviderRegistration", "attach_client",
                       "the attach callback succeeded without accept()", &provider.registration});
      status = Status::kInvalidDeviceState;
    }
    if (!succeeded(status)) {
      provider.owned.reset();
      LockGuard lock(state.mutex);
      note(binding, status, ModuleSide::kProvider);
      binding.refusal_noted = true;
      binding.state = BindingState::kClientAttaching;
      return status;
    }
    client.outgoing.aim(to_provider.dispatch, to_provider.context);
    if (to_provider.cell != nullptr) provider.cell = to_provider.cell;
    if (cell != nullptr) client.cell = cell;
    // The provider's way first: the provider may call as soon as it has agreed. The client may not before this returns.
    connect(provider, offer.replaced);
    connect(client, offer.replaced);
    offer.agreed = true;
    LockGuard lock(state.mutex);
    binding.state = BindingState::kHalfAttached;
    return status;
  }

 private:
  /// One thread's turn in the attach callbacks of a registration that serialises them: waits until no other thread is
  /// in one. For other registrations it does nothing.
  class Turn {
   public:
    Turn(State& state, Registration& registration) noexcept : state_(state), registration_(registration) {
      if (!registration_.module.serialize_attach) return;
      const std::uintptr_t thread = Atomics::thread_pointer();
      LockGuard lock(state_.mutex);
      while (registration_.attaching_thread != 0 && registration_.attaching_thread != thread) {
        state_.attach_ended.wait(state_.mutex);
      }
      outer_ = registration_.attaching_thread;
      registration_.attaching_thread = thread;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      if (!registration_.module.serialize_attach) return;
      LockGuard lock(state_.mutex);
      registration_.attaching_thread = outer_;
      state_.attach_ended.notify_all();
    }

   private:
    State& state_;
    Registration& registration_;
    std::uintptr_t outer_ = 0;
  };

  /// What follows the client's answer, in the destructor: also where no answer comes, since the thread is ended in the
  /// callback.
  class Conclusion {
   public:
    Conclusion(State& state, Binding& binding, Offer& offer) noexcept
        : state_(state), binding_(binding), offer_(offer) {}
    Conclusion(const Conclusion&) = delete;
    Conclusion& operator=(const Conclusion&) = delete;
    ~Conclusion() {
      Binding* batch = nullptr;
      if (!conclude(state_, binding_, status, batch)) Detach<Calls>::retire(state_, binding_);
      detach_replaced(state_, offer_.replaced, batch);
      Detach<Calls>::run(state_, batch);
    }

    Status status = Status::kUnhandledException;

   private:
    State& state_;
    Binding& binding_;
    Offer& offer_;
  };

  static bool start(State& state, Binding& binding) noexcept {
    LockGuard lock(state.mutex);
    const bool late =
        binding.client.registration.deregistering || binding.provider.registration.deregistering;
    binding.state = late ? BindingState::kRejected : BindingState::kClientAttaching;
    return !late;
  }

  static Status ask_to_attach(State& state, Side& side, Offer& offer) {
    const auto& module = side.registration.module;
    typename State::Keeping keeping(state, side.binding, &offer.replaced);
    return platform::Callbacks<Unit>::contain(
        [&] { return module.attach(module.module, side.registration.context, offer); }, true, {});
  }

  static void connect(Side& side, Target*& replaced) noexcept {
    (void)side.outgoing.open(side.registration.registry.calls);  // new, so it can be opened
    side.outgoing.refs().duplicate();  // the duty to detach
    if (Target* const target = side.cell->install(side.outgoing)) {
      target->link_to_close(replaced);
      replaced = target;
    }
  }

  /// Decides what the client's answer means. Returns false if the binding is rejected: then this thread has to retire
  /// it. After true it may be gone. Where a side has begun to deregister meanwhile, or the binding is to be detached,
  /// it is claimed for detaching at once.
  static bool conclude(State& state, Binding& binding, Status status, Binding*& batch) noexcept {
    Registration& client = binding.client.registration;
    Registration& provider = binding.provider.registration;
    const char* misuse = nullptr;
    bool attached = false;
    {
      LockGuard lock(state.mutex);
      attached = binding.state == BindingState::kHalfAttached;
      if (attached && succeeded(status)) {
        binding.state = BindingState::kAttached;
        ++client.attached;
        ++provider.attached;
        if (client.deregistering || provider.deregistering || binding.detach_requested) {
          Detach<Calls>::claim(binding, batch);
        }
      } else if (attached) {
        if (status != Status::kUnhandledException)
          misuse = "the attach callback failed after accept() had succeeded";
        note(binding, status, ModuleSide::kClient);
        Detach<Calls>::claim(binding, batch);  // of the provider's side alone
      } else if (binding.state != BindingState::kRejected) {
        if (succeeded(status)) {
          misuse = "the attach callback succeeded without a successful accept()";
          status = Status::kInvalidDeviceState;
        }
        const bool in_provider = binding.state == BindingState::kProviderAttaching;  // never came back
        if (!binding.refusal_noted || in_provider)
          note(binding, status, in_provider ? ModuleSide::kProvider : ModuleSide::kClient);
        binding.state = BindingState::kRejected;
      }
    }
    if (misuse != nullptr) Atomics::misuse({"ClientRegistration", "attach_provider", misuse, &client});
    return attached;
  }

  static void note(Binding& binding, Status status, ModuleSide refused_by) noexcept {
    Registration& client = binding.client.registration;
    Registration& provider = binding.provider.registration;
    client.note({provider.module.instance.module_id, status, refused_by});
    provider.note({client.module.instance.module_id, status, refused_by});
  }

  /// Sees to what accepting took out of occupied handles. A registry's binding is claimed for detaching, as if its own
  /// side had asked for it; then all are closed. What was attached by hand is only closed.
  static void detach_replaced(State& state, Target* replaced, Binding*& batch) noexcept {
    if (replaced == nullptr) return;
    for (auto* target = replaced; target != nullptr; target = static_cast<Target*>(target->next_to_close())) {
      auto* const binding = static_cast<Binding*>(target->owner());
      if (binding == nullptr) {
        target->refs().begin_rundown();
        continue;
      }
      LockGuard lock(state.mutex);
      if (binding->state == BindingState::kAttached) {
        Detach<Calls>::claim(*binding, batch);
      } else {
        binding->detach_requested = true;
      }
    }
    // Not before: until now its calls kept each binding here. One by one: the end of one may run what waits for
    // another. That one may be still to be closed by this thread, though another thread has claimed it: the Keeping
    // makes the wait known for what it is.
    typename State::Keeping keeping(state, replaced);
    while (replaced != nullptr) {
      Target* const target = replaced;
      replaced = static_cast<Target*>(target->next_to_close());
      target->link_to_close(nullptr);
      Calls::close(state.calls, target);
    }
  }
};

/// A new registration's way through its peers: offers one binding after the other. The destructor drops those that have
/// not been offered, if the thread is ended in a callback, and lets go of the registration.
template <CallsPolicy Calls, class Unit>
class Offering {
 public:
  using State = RegistryState<Calls>;
  using Registration = RegistrationCore<Calls>;
  using Binding = BindingCore<Calls>;
  using Atomics = typename Calls::Atomics;

  Offering(State& state, Registration& registration, Binding* offers) noexcept
      : state_(state), registration_(registration), rest_(offers) {
    registration.registrar.store(Atomics::thread_pointer(), order::relaxed);  // relaxed: see there
  }
  Offering(const Offering&) = delete;
  Offering& operator=(const Offering&) = delete;
  ~Offering() {
    while (rest_ != nullptr) Attach<Calls, Unit>::drop(state_, take());
    registration_.registrar.store(0, order::relaxed);  // relaxed: see there
    registration_.tell(registration_.let_go());
  }
  void offer_all() {
    while (rest_ != nullptr) Attach<Calls, Unit>::offer(state_, take());
  }

 private:
  [[nodiscard]] Binding& take() noexcept {
    Binding& binding = *rest_;
    rest_ = binding.next_in_batch;
    binding.next_in_batch = nullptr;
    return binding;
  }

  State& state_;
  Registration& registration_;
  Binding* rest_;
};

}  // namespace detail
NMR_END_NAMESPACE
