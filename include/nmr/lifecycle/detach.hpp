#pragma once
#include <nmr/lifecycle/binding_core.hpp>
#include <nmr/lifecycle/registry_state.hpp>
#include <nmr/platform/contain.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// The second half of a binding's life: from kDetaching until it is gone (T11 to T15 of tests/requirements.md).
/// Allocates nothing and cannot fail. No lock is held in any callback.
///
/// What may still run when an end is told: of the registration, whose completions and waits have it told, no attach,
/// detach or cleanup callback, no destructor of an owned context and no post(). Its own completions run first, one
/// after the other, then its waits return; but a wait in a completion of an end does not wait for other completions.
/// So what is never over for the thread that leaves last is what it told: the completion it is in.
template <CallsPolicy Calls>
struct Detach {
  using State = RegistryState<Calls>;
  using Registration = RegistrationCore<Calls>;
  using Binding = BindingCore<Calls>;
  using Side = BindingSide<Calls>;
  using Target = typename Calls::Target;

  /// Puts an attached binding into kDetaching and a batch. Under the mutex, so exactly one thread does.
  static void claim(Binding& binding, Binding*& batch) noexcept {
    if (binding.state == BindingState::kAttached) {
      --binding.client.registration.attached;
      --binding.provider.registration.attached;
      binding.client.asked = true;
    }
    binding.provider.asked = true;
    binding.state = BindingState::kDetaching;
    binding.sides_left = 2;
    binding.walker = State::Atomics::thread_pointer();
    binding.batch = batch;
    batch = &binding;
  }

  /// Detaches a batch that this thread has claimed: refuses new calls both ways on all of them, with one
  /// barrier, then asks each side. A binding may be gone, and the registrations too, when this returns.
  static void run(State& state, Binding* batch) noexcept {
    if (batch == nullptr) return;
    Target* to_close = nullptr;
    for (Binding* binding = batch; binding != nullptr; binding = binding->batch) {
      close(binding->client, to_close);
      close(binding->provider, to_close);
    }
    Calls::close(state.calls, to_close);
    while (batch != nullptr) {
      Binding* const next = batch->batch;  // read now: gone when both sides are done
      Side& provider = batch->provider;
      ask(batch->client);  // the provider's callback is still owed, so the binding stays
      ask(provider);
      batch = next;
    }
  }

  /// Drops a binding that was never attached, or ends one that was cleaned up: unlinks and frees it, then
  /// lets go of both registrations, which may complete their deregistration. Not before each post() about it has
  /// returned: inside one of its own this thread comes back to it after that.
  static void retire(State& state, Binding& binding) noexcept {
    {
      typename State::Keeping keeping(state, binding);
      binding.client.owned.reset();
      binding.provider.owned.reset();
    }
    let_go(state, binding);
  }

 private:
  static void close(Side& side, Target*& to_close) noexcept {
    auto& target = static_cast<Target&>(side.outgoing);
    side.next_step = &drained;
    target.refs().duplicate();  // the callback, so that cleanup never overlaps it
    target.refs().begin_rundown(side.advance);
    if (!side.cell->remove(target)) return;  // whoever took it out of there closes it
    target.link_to_close(to_close);
    to_close = &target;
  }

  static void ask(Side& side) noexcept {
    Registration& registration = side.registration;
    DetachCompletion done(side.detached);
    if (side.asked) {
      typename State::Keeping keeping(registration.registry, side);
      registration.module.detach(registration.module.module, side.binding.context_of(side),
                                 static_cast<DetachCompletion&&>(done));
    } else {
      done.complete();  // the client that returned failure after it had attached
    }
    side.outgoing.refs().release();  // the callback
  }

  /// Goes on with a side: on its executor, if its module has one, else here.
  static void go_on(Side& side, typename Side::Step step) noexcept {
    side.next_step = step;
    Executor* const executor = side.registration.module.executor;
    if (executor == nullptr) return side.advance.run();
    typename State::Posting posting(side.registration.registry, side.binding);
    executor->post(*executor, side.advance);  // the side may be through with it long before this returns
    for (Binding* left = posting.end(); left != nullptr;) {
      Binding& binding = *left;
      left = binding.batch;
      let_go(binding.client.registration.registry, binding);
    }
  }

  static void let_go(State& state, Binding& binding) noexcept {
    Registration& client = binding.client.registration;
    Registration& provider = binding.provider.registration;
    {
      LockGuard lock(state.mutex);
      if (!state.all_posted(binding)) return;
      state.unlink(binding);
    }
    delete &binding;
    // Neither side's completions before both have been let go: they may wait for the other side.
    Completion* const of_client = client.let_go();
    Completion* const of_provider = provider.let_go();  // now the registry may be gone
    client.tell(of_client);
    provider.tell(of_provider);
  }

  static void drained(Side& side) noexcept {
    side.leaver.store(0, order::relaxed);  // relaxed: this thread's own, from the claim
    go_on(side, &finish_side);
  }

  static void finish_side(Side& side) noexcept {
    Binding& binding = side.binding;
    {
      LockGuard lock(side.registration.registry.mutex);
      if (--binding.sides_left != 0) return;
      binding.state = BindingState::kCleaningUp;
    }
    go_on(binding.client, &clean_up_client);
  }

  static void clean_up_client(Side& side) noexcept {
    clean_up(side);
    go_on(side.binding.provider, &clean_up_provider);
  }

  static void clean_up_provider(Side& side) noexcept {
    clean_up(side);
    retire(side.registration.registry, side.binding);
  }

  static void clean_up(Side& side) noexcept {
    const auto& module = side.registration.module;
    typename State::Keeping keeping(side.registration.registry, side.binding);
    if (side.asked && module.cleanup != nullptr) module.cleanup(module.module, side.binding.context_of(side));
    side.owned.reset();
  }
};

}  // namespace detail
NMR_END_NAMESPACE
