#pragma once
#include <nmr/platform/contain.hpp>
#include <nmr/registry/binding_core.hpp>
#include <nmr/registry/registry_state.hpp>

NMR_BEGIN_NAMESPACE

/// The second half of a binding's life: from kDetaching until it is gone (nmr-semantics transitions T11 to
/// T15). Allocates nothing and cannot fail. No lock is held in any callback.
template <class Calls>
struct BasicDetach {
  using State = BasicRegistryState<Calls>;
  using Registration = BasicRegistrationCore<Calls>;
  using Binding = BasicBindingCore<Calls>;
  using Side = BasicBindingSide<Calls>;
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
  /// lets go of both registrations, which may complete their deregistration.
  static void retire(State& state, Binding& binding) noexcept {
    {
      typename State::CallbackScope scope(state, binding);
      binding.client.owned.reset();
      binding.provider.owned.reset();
    }
    {
      LockGuard lock(state.mutex);
      state.unlink(binding);
    }
    Registration& client = binding.client.registration;
    Registration& provider = binding.provider.registration;
    delete &binding;
    // Neither side's completions before both have been let go: they may wait for the other side.
    CompletionBatch due;
    due.append(client.open.release_deferred());
    due.append(provider.open.release_deferred());  // now the registry may be gone
    due.run();
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
    DetachCompletion done(side.detached);
    if (side.asked) {
      Registration& registration = side.registration;
      typename State::CallbackScope scope(registration.registry, side.binding);
      registration.module.detach(registration.module.module, side.binding.context_of(side), std::move(done));
    } else {
      done.complete();  // the client that returned failure after it had attached
    }
    side.outgoing.refs().release();  // the callback
  }

  /// Goes on with a side: on its executor, if its module has one, else here.
  static void go_on(Side& side, typename Side::Step step) noexcept {
    side.next_step = step;
    Executor* const executor = side.registration.module.executor;
    if (executor != nullptr) {
      executor->post(*executor, side.advance);
    } else {
      side.advance.run();
    }
  }

  static void drained(Side& side) noexcept { go_on(side, &finish_side); }

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
    typename State::CallbackScope scope(side.registration.registry, side.binding);
    if (side.asked && module.cleanup != nullptr) module.cleanup(module.module, side.binding.context_of(side));
    side.owned.reset();
  }
};

NMR_END_NAMESPACE
