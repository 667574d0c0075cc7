#pragma once
#include <nmr/lifecycle/binding_core.hpp>
#include <nmr/lifecycle/registry_state.hpp>
#include <nmr/platform/callback_boundary.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// The second half of a binding's life: from kDetaching until it is gone (T11 to T15 of tests/requirements.md).
/// Allocates nothing and cannot fail. No lock is held in any callback.
///
///   step                 what it does                                        which thread runs it
///   claim()              kDetaching, and onto a batch; under the mutex       the first that wants the binding gone: it
///                                                                            deregisters, detaches, swaps or attaches
///   run(), close()       begins to run down both sides, empties the cells;   the same
///                        one barrier for all, a second if calls are found
///   run(), ask()         the detach callbacks, client's and provider's       the same
///   drained()            the last reference to a side is gone                the one that gave it back
///   finish_side()        the second side that is done goes on                the same, or the side's executor
///   clean_up_client()    cleanup callback, owned context                     the same, or the client's executor
///   clean_up_provider()  cleanup callback, owned context                     the same, or the provider's executor
///   let_go()             unlinks, frees, lets go of both registrations       the same, when each post() has returned
///   tell()               completions and waits of those whose end it was     the same, the client's first
///
/// When the end of a registration is told, nothing of it runs any more: no attach, detach or cleanup callback, no
/// destructor of an owned context, no post(). Its completions run first, one after the other. Then its waits return. A
/// wait inside a completion of an end does not wait for other completions. So one thing alone may still run, on the
/// thread that leaves last: the completion that it is in.
template <CallsPolicy Calls>
struct Detach {
  using State = RegistryState<Calls>;
  using Registration = RegistrationCore<Calls>;
  using Binding = BindingCore<Calls>;
  using Side = BindingSide<Calls>;
  using Target = typename Calls::Target;

  /// Puts a binding that is attached, or half so, into kDetaching and a batch. Under the mutex, so exactly one thread
  /// does.
  static void claim(Binding& binding, Binding*& batch) noexcept {
    if (binding.state == BindingState::kAttached) {
      --binding.client.registration.attached;
      --binding.provider.registration.attached;
      binding.client.was_attached = true;
    }
    binding.provider.was_attached = true;
    binding.state = BindingState::kDetaching;
    binding.sides_left = 2;
    binding.listed_by = State::Atomics::thread_pointer();
    binding.next_in_batch = batch;
    batch = &binding;
  }

  /// Detaches a batch that this thread has claimed. First new calls are refused, both ways, on all of its bindings,
  /// with one barrier. Then each side is asked. When this returns, each binding may be gone, and so may the
  /// registrations.
  static void run(State& state, Binding* batch) noexcept {
    if (batch == nullptr) return;
    Target* to_close = nullptr;
    for (Binding* binding = batch; binding != nullptr; binding = binding->next_in_batch) {
      disconnect(binding->client, to_close);
      disconnect(binding->provider, to_close);
    }
    Calls::close(state.calls, to_close);
    while (batch != nullptr) {
      Binding* const next = batch->next_in_batch;  // read now: gone when both sides are done
      Side& provider = batch->provider;
      ask_to_detach(batch->client);  // the provider's callback is still owed, so the binding stays
      ask_to_detach(provider);
      batch = next;
    }
  }

  /// Ends a binding that was cleaned up, or drops one that was never attached: unlinks and frees it, then lets go of
  /// both registrations, whose deregistration that may complete. Waits until each post() about the binding has
  /// returned. A thread that is inside a post() itself does not wait: it comes back to the binding after that.
  static void retire(State& state, Binding& binding) noexcept {
    {
      typename State::Keeping keeping(state, binding);
      binding.client.owned.reset();
      binding.provider.owned.reset();
    }
    let_go(state, binding);
  }

 private:
  static void disconnect(Side& side, Target*& to_close) noexcept {
    auto& target = static_cast<Target&>(side.outgoing);
    side.next_step = &drained;
    target.refs().duplicate();  // the callback, so that cleanup never overlaps it
    target.refs().begin_rundown(side.advance);
    if (!side.cell->remove(target)) return;  // whoever took it out of there closes it
    target.link_to_close(to_close);
    to_close = &target;
  }

  static void ask_to_detach(Side& side) noexcept {
    Registration& registration = side.registration;
    DetachCompletion done(side.detached);
    if (side.was_attached) {
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
      left = binding.next_in_batch;
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
    // Both are let go before the completions of either run: these may wait for the other side.
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
    if (side.was_attached && module.cleanup != nullptr)
      module.cleanup(module.module, side.binding.context_of(side));
    side.owned.reset();
  }
};

}  // namespace detail
NMR_END_NAMESPACE
