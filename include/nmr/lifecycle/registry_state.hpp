#pragma once
#include <cstdint>

#include <nmr/lifecycle/binding_core.hpp>
#include <nmr/lifecycle/registration_core.hpp>
#include <nmr/platform/std_atomics.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// What a registry's threads share: the mutex, the lists under it, and which thread keeps what.
template <CallsPolicy Calls>
class RegistryState {
 public:
  using Atomics = typename Calls::Atomics;
  using Registration = RegistrationCore<Calls>;
  using Binding = BindingCore<Calls>;
  using Side = BindingSide<Calls>;
  using Target = typename Calls::Target;
  using Accept = Status (*)(OfferCore<Calls>& offer, typename Calls::Cell* cell, void* context,
                            const void* dispatch);

  struct RegistrationList {
    Registration* first = nullptr;
    Registration* last = nullptr;
  };

  template <class... Without>
  RegistryState(bool can_be_unwound, Accept how_to_accept, Without... without) noexcept
      : unwinds(can_be_unwound), accept(how_to_accept), calls(without...) {}
  RegistryState(const RegistryState&) = delete;
  RegistryState& operator=(const RegistryState&) = delete;

  /// Says that this thread keeps something from ending, for as long as the Keeping lives. So a wait of this thread for
  /// that end is known as a wait for itself. No lock is held meanwhile.
  class Keeping {
   public:
    /// Keeps a binding, in a callback about it; and the bindings whose targets are in `replaced`: this thread has taken
    /// those targets out of their handles, and is to close them after the callback.
    Keeping(RegistryState& state, Binding& binding, Target* const* replaced = nullptr) noexcept
        : Keeping(state, &binding, replaced) {}
    /// Keeps the binding that a side is asked to detach. The provider is asked last: then the binding leaves the list
    /// of those that this thread has yet to call back about.
    Keeping(RegistryState& state, Side& side) noexcept
        : Keeping(state, &side.binding, nullptr, side.registration.side == ModuleSide::kProvider) {}
    /// Keeps the bindings whose targets this thread closes: to close one may run what waits for another.
    Keeping(RegistryState& state, Target* const& replaced) noexcept : Keeping(state, nullptr, &replaced) {}
    Keeping(const Keeping&) = delete;
    Keeping& operator=(const Keeping&) = delete;
    ~Keeping() {
      LockGuard lock(state_.mutex);
      Keeping** link = &state_.keeping_;
      while (*link != this) link = &(*link)->next_;
      *link = next_;
    }

   private:
    friend class RegistryState;

    Keeping(RegistryState& state, Binding* binding, Target* const* replaced,
            bool off_the_list = false) noexcept
        : state_(state), binding_(binding), replaced_(replaced), thread_(Atomics::thread_pointer()) {
      LockGuard lock(state_.mutex);
      next_ = state_.keeping_;
      state_.keeping_ = this;
      if (off_the_list) binding->listed_by = 0;
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

    RegistryState& state_;
    Binding* const binding_;
    Target* const* replaced_;
    const std::uintptr_t thread_;
    Keeping* next_ = nullptr;
  };

  /// A thread that posts a step of a binding to an executor. Until post() has returned, no end is told for which the
  /// owner of the executor may be waiting. The step itself may be over long before.
  class Posting {
   public:
    Posting(RegistryState& state, Binding& binding) noexcept
        : state_(state), binding_(binding), thread_(Atomics::thread_pointer()) {
      LockGuard lock(state_.mutex);
      ++binding.posting;
      next_ = state_.postings_;
      state_.postings_ = this;
    }
    Posting(const Posting&) = delete;
    Posting& operator=(const Posting&) = delete;

    /// Says that post() has returned. Returns the bindings that this thread has yet to retire, linked as a batch: it
    /// could not while it was inside. If there are none, the registry may be gone.
    [[nodiscard]] Binding* end() noexcept {
      LockGuard lock(state_.mutex);
      Posting** link = &state_.postings_;
      while (*link != this) link = &(*link)->next_;
      *link = next_;
      --binding_.posting;
      state_.post_returned_.notify_all();
      return left_;
    }

   private:
    friend class RegistryState;

    [[nodiscard]] bool keeps(const Registration& registration) const noexcept {
      if (belongs(binding_, registration)) return true;
      for (const Binding* binding = left_; binding != nullptr; binding = binding->next_in_batch) {
        if (belongs(*binding, registration)) return true;
      }
      return false;
    }

    RegistryState& state_;
    Binding& binding_;
    const std::uintptr_t thread_;
    Binding* left_ = nullptr;
    Posting* next_ = nullptr;
  };

  /// Sleeps until no post() about the binding is running. Returns true then. Returns false where this thread is inside
  /// a post(): the binding is then left to this thread, for when its post() has returned. (Where threads have no thread
  /// pointer, it is left to any thread that posts.) Under the mutex.
  [[nodiscard]] bool all_posted(Binding& binding) noexcept {
    while (binding.posting != 0) {
      const std::uintptr_t thread = Atomics::thread_pointer();
      for (Posting* posting = postings_; posting != nullptr; posting = posting->next_) {
        if (posting->thread_ != thread) continue;
        binding.next_in_batch = posting->left_;
        posting->left_ = &binding;
        return false;
      }
      post_returned_.wait(mutex);
    }
    return true;
  }

  /// Returns true if this thread keeps the registration from its end. Then a wait for that end is a wait for itself. So
  /// it is if the thread
  ///
  ///   - is in a callback or a guarded call of a binding of the registration,
  ///   - has such a binding on the list of those that it has yet to call back about,
  ///   - registers or deregisters the registration,
  ///   - is bound to run what follows the last call of such a binding, or is inside a post() of that.
  ///
  /// (Where calls are counted in one word, calls are not seen. Where threads have no thread pointer, nothing is. What
  /// can be moved to another thread is seen nowhere: a hold, a DetachCompletion that is kept.)
  [[nodiscard]] bool would_wait_for_itself(const Registration& registration) noexcept {
    bool found = false;
    calls.for_each_inside([&](auto& target) noexcept {
      const auto* const binding = static_cast<const Binding*>(target.owner());
      found = found || (binding != nullptr && belongs(*binding, registration));
    });
    const std::uintptr_t thread = Atomics::thread_pointer();
    if (thread == 0) return found;
    // relaxed, both: see there
    const bool begins = registration.registrar.load(order::relaxed) == thread;
    const bool ends = registration.deregistrar.load(order::relaxed) == thread;  // relaxed: as above
    found = found || begins || ends;
    LockGuard lock(mutex);
    for (Keeping* keeping = keeping_; keeping != nullptr; keeping = keeping->next_) {
      found = found || (keeping->thread_ == thread && keeping->keeps(registration));
    }
    for (Posting* posting = postings_; posting != nullptr; posting = posting->next_) {
      found = found || (posting->thread_ == thread && posting->keeps(registration));
    }
    for (Binding* binding = registration.first_binding; binding != nullptr;
         binding = binding->side_of(registration.side).next) {
      found = found || binding->is_kept_by(thread);
    }
    return found;
  }

  /// Returns true if this thread is in a completion of a registration's end, of whichever; or if that cannot be known.
  /// A wait in there does not wait for other completions: they may wait for the one that it is in.
  [[nodiscard]] bool tells() noexcept {
    const std::uintptr_t thread = Atomics::thread_pointer();
    if (thread == 0) return true;
    LockGuard lock(mutex);
    const RegistrationList* const lists[] = {&clients, &providers};
    for (const RegistrationList* list : lists) {
      for (const Registration* r = list->first; r != nullptr; r = r->next) {
        if (r->teller.load(order::relaxed) == thread) return true;  // relaxed: see there
      }
    }
    return false;
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
  /// Links a binding, last in the lists of both its registrations. It holds both open for as long as it lives.
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

  [[nodiscard]] bool has_registrations() const noexcept {
    return clients.first != nullptr || providers.first != nullptr;
  }
  [[nodiscard]] bool has_abandoned_alone() const noexcept {
    const RegistrationList* const lists[] = {&clients, &providers};
    for (const RegistrationList* list : lists) {
      for (const Registration* r = list->first; r != nullptr; r = r->next) {
        if (!r->orphaned) return false;
      }
    }
    return true;
  }

  [[nodiscard]] BindingId next_id() noexcept { return BindingId{++last_id_}; }

  const bool unwinds;  // what is below a callback can be unwound, and leaves all this in order
  const Accept accept;
  typename Calls::Domain calls;
  typename Atomics::Mutex mutex;
  typename Atomics::Condition attach_ended;  // of a registration that serialises them
  RegistrationList clients;  // until they are destroyed; only those not deregistering are offered
  RegistrationList providers;
  AtomicOf<Atomics, bool> abandoned{false};  // nobody waits any more
  // A registration, at least: calls may be in progress that nobody waits for.
  bool has_been_abandoned = false;

 private:
  static bool belongs(const Binding& binding, const Registration& registration) noexcept {
    return &binding.client.registration == &registration || &binding.provider.registration == &registration;
  }

  Keeping* keeping_ = nullptr;
  Posting* postings_ = nullptr;
  typename Atomics::Condition post_returned_;
  std::uint64_t last_id_ = 0;
};

}  // namespace detail
NMR_END_NAMESPACE
