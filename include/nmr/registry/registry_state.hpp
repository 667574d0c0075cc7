#pragma once
#include <cstdint>

#include <nmr/platform/atomics.hpp>
#include <nmr/registry/binding_core.hpp>
#include <nmr/registry/registration_core.hpp>

NMR_BEGIN_NAMESPACE

/// What a registry's threads share: the mutex, the lists under it, and who is in which callback.
template <class Calls>
class NMR_PUBLIC_TYPE BasicRegistryState {
 public:
  using Atomics = typename Calls::Atomics;
  using Registration = BasicRegistrationCore<Calls>;
  using Binding = BasicBindingCore<Calls>;
  using Side = BasicBindingSide<Calls>;
  using Target = typename Calls::Target;

  struct RegistrationList {
    Registration* first = nullptr;
    Registration* last = nullptr;
  };

  BasicRegistryState() noexcept = default;
  explicit BasicRegistryState(WithoutBarrier without) noexcept : calls(without) {}
  BasicRegistryState(const BasicRegistryState&) = delete;
  BasicRegistryState& operator=(const BasicRegistryState&) = delete;

  /// Marks a thread as being in a callback of a binding for as long as it lives, so that a wait for that
  /// binding's end from in there is known for what it is; and with it those whose targets are in `replaced`,
  /// which this thread has taken out of their handles and is to close afterwards. No lock is held meanwhile.
  class CallbackScope {
   public:
    CallbackScope(BasicRegistryState& state, Binding& binding, Target* const* replaced = nullptr) noexcept
        : CallbackScope(state, &binding, replaced) {}
    /// As above, for a thread that closes what it has replaced, and may run what others wait for.
    CallbackScope(BasicRegistryState& state, Target* const& replaced) noexcept
        : CallbackScope(state, nullptr, &replaced) {}
    CallbackScope(const CallbackScope&) = delete;
    CallbackScope& operator=(const CallbackScope&) = delete;
    ~CallbackScope() {
      LockGuard lock(state_.mutex);
      CallbackScope** link = &state_.in_callbacks_;
      while (*link != this) link = &(*link)->next_;
      *link = next_;
    }

   private:
    friend class BasicRegistryState;

    CallbackScope(BasicRegistryState& state, Binding* binding, Target* const* replaced) noexcept
        : state_(state), binding_(binding), replaced_(replaced), thread_(Atomics::thread_pointer()) {
      LockGuard lock(state_.mutex);
      next_ = state_.in_callbacks_;
      state_.in_callbacks_ = this;
      if (binding != nullptr && binding->walker == thread_) binding->walker = 0;  // now this scope says it
    }

    [[nodiscard]] bool keeps(const Registration& registration) const noexcept {
      if (binding_ != nullptr && belongs(*binding_, registration)) return true;
      for (Target* target = replaced_ != nullptr ? *replaced_ : nullptr; target != nullptr;
           target = static_cast<Target*>(target->next_to_close())) {
        const auto* const binding = static_cast<const Binding*>(target->owner());
        if (binding != nullptr && belongs(*binding, registration)) return true;
      }
      return false;
    }

    BasicRegistryState& state_;
    Binding* const binding_;
    Target* const* replaced_;
    const std::uintptr_t thread_;
    CallbackScope* next_ = nullptr;
  };

  /// Returns true if this thread is in a callback or a guarded call of a binding of the registration, or has
  /// one on the list that it is calling back about: to wait for the registration's end there is to wait for
  /// oneself. (Where calls are counted in one word, calls do not show; where threads have no thread pointer,
  /// nothing does.)
  [[nodiscard]] bool would_wait_for_itself(const Registration& registration) noexcept {
    bool found = false;
    calls.for_each_inside([&](auto& target) noexcept {
      const auto* const binding = static_cast<const Binding*>(target.owner());
      found = found || (binding != nullptr && belongs(*binding, registration));
    });
    const std::uintptr_t thread = Atomics::thread_pointer();
    if (thread == 0) return found;
    LockGuard lock(mutex);
    for (CallbackScope* scope = in_callbacks_; scope != nullptr; scope = scope->next_) {
      found = found || (scope->thread_ == thread && scope->keeps(registration));
    }
    for (Binding* binding = registration.first_binding; binding != nullptr;
         binding = binding->side_of(registration.side).next) {
      found = found || binding->walker == thread;
    }
    return found;
  }

  /// Unlinks and frees a registration that has been deregistered.
  void erase(Registration& registration) noexcept {
    {
      LockGuard lock(mutex);
      unlink(registration);
    }
    delete &registration;
  }

  // All below is under the mutex.

  RegistrationList& list_of(ModuleSide side) noexcept {
    return side == ModuleSide::kClient ? clients : providers;
  }

  void link(Registration& registration) noexcept {
    auto& list = list_of(registration.side);
    registration.previous = list.last;
    (list.last != nullptr ? list.last->next : list.first) = &registration;
    list.last = &registration;
  }
  void unlink(Registration& registration) noexcept {
    auto& list = list_of(registration.side);
    (registration.previous != nullptr ? registration.previous->next : list.first) = registration.next;
    (registration.next != nullptr ? registration.next->previous : list.last) = registration.previous;
  }
  /// Binds two registrations, open both as long as the binding lives. Links it last in both lists.
  void link(Binding& binding) noexcept {
    Side* const sides[] = {&binding.client, &binding.provider};
    for (Side* side : sides) {
      auto& registration = side->registration;
      (void)registration.open.try_acquire();  // active: deregistration begins under this mutex
      side->previous = registration.last_binding;
      Side* const before = side->previous != nullptr ? &side->previous->side_of(registration.side) : nullptr;
      (before != nullptr ? before->next : registration.first_binding) = &binding;
      registration.last_binding = &binding;
    }
  }
  void unlink(Binding& binding) noexcept {
    Side* const sides[] = {&binding.client, &binding.provider};
    for (Side* side : sides) {
      auto& registration = side->registration;
      auto* const before = side->previous != nullptr ? &side->previous->side_of(registration.side) : nullptr;
      auto* const after = side->next != nullptr ? &side->next->side_of(registration.side) : nullptr;
      (before != nullptr ? before->next : registration.first_binding) = side->next;
      (after != nullptr ? after->previous : registration.last_binding) = side->previous;
      if (registration.orphaned && registration.first_binding == nullptr) unlink(registration);
    }
  }

  [[nodiscard]] BindingId next_id() noexcept { return BindingId{++last_id_}; }

  typename Calls::Domain calls;
  typename Atomics::Mutex mutex;
  typename Atomics::Condition attach_ended;  // of a registration that serialises them
  RegistrationList clients;  // until they are destroyed; only those not deregistering are offered
  RegistrationList providers;

 private:
  static bool belongs(const Binding& binding, const Registration& registration) noexcept {
    return &binding.client.registration == &registration || &binding.provider.registration == &registration;
  }

  CallbackScope* in_callbacks_ = nullptr;
  std::uint64_t last_id_ = 0;
};

NMR_END_NAMESPACE
