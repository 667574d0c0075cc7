#pragma once
/// What the programs for the registry are made of: modules that register, are attached and leave. They use the
/// untyped core, whose states the typed one only dresses up.
#include <array>
#include <utility>

#include <nmr/calls/one_word_calls.hpp>
#include <nmr/calls/per_thread_calls.hpp>
#include <nmr/lifecycle/registry_core.hpp>

#include "call_world.hpp"
#include "model_atomics.hpp"
#include "programs.hpp"

namespace model {

using nmr::BindingId;
using nmr::ModuleSide;
using nmr::Status;

using PerThread = nmr::BasicPerThreadCalls<ModelPolicy<1, 2>>;
using OneWord = nmr::BasicOneWordCalls<ModelAtomics>;

/// How a module answers when it is asked to attach, and to detach.
enum class Agrees { kYes, kNo, kUntilItFails };  // the last: fails after its accept() has succeeded
enum class Answer { kDropped, kInside, kKept };

/// What one side gives to a binding, for the other side's calls: whole until its cleanup.
struct Context {
  enum class Stage { kNone, kAttached, kDetaching, kCleanedUp };

  void use() noexcept { check(data.read() == 1, "what is called is whole"); }
  /// What the registry does with a context that it owns.
  static void destroy(void* self) noexcept {
    Context& context = *static_cast<Context*>(self);
    check(std::exchange(context.owned, false), "destroyed once");
    check(context.stage == Stage::kNone || context.stage == Stage::kCleanedUp, "not before its cleanup");
  }

  Var<int> data{1};
  Stage stage = Stage::kNone;
  bool in_callback = false;
  bool kept = false;  // its DetachCompletion
  bool failed = false;  // its side has failed after all: it is not asked to detach
  bool owned = false;  // by the registry
  Context* peer = nullptr;
};

template <class Calls>
struct RegistryWorld;

/// A module and its registration. The registration's end frees both, so any touch that the end does not come
/// after is a fault, and so is a callback that comes later.
template <class Calls>
struct Party {
  using Core = nmr::BasicRegistryCore<Calls>;
  using Offer = nmr::detail::OfferCore<Calls>;

  struct Module {
    Party& party;
    std::array<Context, 2> contexts{};  // by the number of the peer
    bool in_attach = false;  // of one that wants one attach at a time
  };
  struct Kept {
    nmr::DetachCompletion done;
    Context& context;
  };

  Party(RegistryWorld<Calls>& where, ModuleSide which, unsigned nth = 0) noexcept
      : world(where), side(which), number(nth) {}

  void enter() noexcept {
    nmr::RegistrationInstance who{};
    who.number = number;
    const typename Core::Module callbacks{module, &attach, &detach, &clean_up, who, executor, one_at_a_time};
    check(world.core.add(side, callbacks, this, registration) == Status::kSuccess, "there is memory");
  }
  void leave() noexcept {
    check(world.core.deregister(*registration, &done) == Status::kPending, "nobody else has begun it");
  }
  void leave_untold() noexcept {
    check(world.core.deregister(*registration, nullptr) == Status::kPending, "nobody else has begun it");
  }
  void wait() noexcept {
    check(world.core.wait(*registration, nmr::platform::kNever) == Status::kSuccess,
          "a wait for its end ends");
    end();
  }
  /// Waits where that may be to wait for itself.
  [[nodiscard]] Status try_wait() noexcept { return world.core.wait(*registration, nmr::platform::kNever); }
  void leave_and_wait() noexcept {
    leave_untold();
    wait();
  }
  /// Completes what this side has kept, as soon as it has been asked.
  void complete_kept(int times = 1) noexcept {
    Kept* which = nullptr;
    while ((which = kept.load(std::memory_order_acquire)) == nullptr) ModelAtomics::relax(0);
    which->context.kept = false;
    for (int i = 0; i < times; ++i) which->done.complete();
    delete which;
  }
  /// Detaches the first binding that was made. Returns whether it was there.
  bool detach_first() noexcept { return world.core.detach(*registration, BindingId{1}) == Status::kPending; }
  [[nodiscard]] std::size_t attachments() noexcept { return world.core.info_of(*registration).attached; }
  [[nodiscard]] bool attached() noexcept {
    return module->contexts[0].stage == Context::Stage::kAttached && attachments() == 1;
  }

  /// The end of the registration.
  void end() noexcept {
    if (end_waits_for != nullptr) (void)end_waits_for->try_wait();  // ends, one way or another
    free_module();
    if (destroys != nullptr) {
      world.core.destroy(*destroys->registration);
      destroys->free_module();
    }
    world.core.destroy(*registration);
    world.one_has_ended();
  }
  void free_module() noexcept {
    ++ends;
    for (const Context& context : module->contexts) {
      check(context.stage == Context::Stage::kNone || context.stage == Context::Stage::kCleanedUp,
            "each binding is gone");
      check(!context.owned, "and what it has owned");
      if (context.stage == Context::Stage::kCleanedUp) ++bindings;
    }
    delete module;
  }

  static Module& of(const void* module) noexcept {
    return *const_cast<Module*>(static_cast<const Module*>(module));
  }
  static Status attach(const void* module, void*, Offer& offer) {
    Module& self = of(module);
    Party& party = self.party;
    Context& own = self.contexts[offer.side.binding.peer_of(offer.side).registration.module.instance.number];
    if (party.one_at_a_time) check(!std::exchange(self.in_attach, true), "one attach at a time");
    check(party.registration != nullptr, "it is known by what it has been given");
    check(own.stage == Context::Stage::kNone, "each peer is offered once");
    own.data.write(1);
    own.stage = Context::Stage::kAttached;
    own.owned = true;
    offer.side.owned = {&own, &Context::destroy};
    Status status = Status::kNoInterface;
    if (party.agrees != Agrees::kNo) {
      status = party.side == ModuleSide::kClient ? offer.accept(party.handle, &own, &own)
                                                 : agree(own, offer, party.handle);
    }
    if (party.agrees == Agrees::kUntilItFails && status == Status::kSuccess) {
      own.failed = true;
      status = Status::kUnhandledException;
    }
    if (status != Status::kSuccess) own.stage = Context::Stage::kNone;
    if (party.in_attach != nullptr) party.in_attach(party);
    if (party.one_at_a_time) self.in_attach = false;
    return status;
  }
  static Status agree(Context& own, Offer& offer, typename Calls::Cell* handle) noexcept {
    own.peer = static_cast<Context*>(offer.side.outgoing.context());
    own.peer->peer = &own;
    return offer.agree(handle, &own, &own);
  }
  static void detach(const void* module, void* context, nmr::DetachCompletion done) noexcept {
    Party& self = of(module).party;
    Context& own = *static_cast<Context*>(context);
    check(own.stage == Context::Stage::kAttached, "asked once, of what is attached");
    own.stage = Context::Stage::kDetaching;
    own.in_callback = true;
    if (self.tells_when_asked) self.asked.store(true, std::memory_order_release);
    if (self.answer == Answer::kInside) done.complete();
    if (self.answer == Answer::kKept) {
      own.kept = true;
      self.kept.store(new Kept{std::move(done), own}, std::memory_order_release);
    }
    if (self.in_detach != nullptr) self.in_detach(self);
    own.in_callback = false;
  }
  static void clean_up(const void* module, void* context) noexcept {
    check(of(module).party.ends == 0, "not after the end");
    Context& own = *static_cast<Context*>(context);
    check(own.stage == Context::Stage::kDetaching, "cleaned up once, and asked before");
    check(!own.in_callback, "never while it is asked");
    check(!own.kept && !own.peer->kept, "not before both are done");
    check(own.peer->failed || own.peer->stage >= Context::Stage::kDetaching,
          "not before both have been asked");
    own.stage = Context::Stage::kCleanedUp;
    own.data.free();
  }

  RegistryWorld<Calls>& world;
  const ModuleSide side;
  const unsigned number;
  Agrees agrees = Agrees::kYes;
  Answer answer = Answer::kDropped;
  typename Calls::Cell* handle = nullptr;
  nmr::Executor* executor = nullptr;
  bool one_at_a_time = false;
  // What else it does in a callback.
  void (*in_attach)(Party& self) noexcept = nullptr;
  void (*in_detach)(Party& self) noexcept = nullptr;
  Party* other = nullptr;  // that this concerns
  Party* destroys = nullptr;  // whose registration its end ends too
  Party* end_waits_for = nullptr;  // whom it waits for when it is told of its own end
  typename Core::Registration* registration = nullptr;
  Module* module = new Module{*this};
  int ends = 0;
  int bindings = 0;  // that it has had
  bool tells_when_asked = false;
  Atomic<bool> asked{false};
  Atomic<Kept*> kept{nullptr};
  nmr::Completion done{[](nmr::Completion&, void* self) noexcept { static_cast<Party*>(self)->end(); }, this};
};

template <class Calls>
struct RegistryWorld {
  using Core = nmr::BasicRegistryCore<Calls>;

  /// A call from the client. Returns false if it was refused.
  bool call() noexcept { return call(cell); }
  bool call(typename Calls::Cell& through) noexcept {
    typename Calls::Call call(through);
    if (call.target() == nullptr) return false;
    auto& binding = static_cast<nmr::detail::AttachmentCore<Calls>&>(*call.target());
    static_cast<Context*>(binding.context())->use();
    return true;
  }

  /// With `dies_with_the_last` the registry goes as soon as its last registration has gone.
  void one_has_ended() noexcept {
    if (dies_with_the_last && left.fetch_sub(1, std::memory_order_acq_rel) == 1) end_registry();
  }
  void end_registry() noexcept {
    delete &cell;
    delete &callback_cell;
    core.give_up();
  }

  Core& core = Core::make(nmr::platform::ThisUnit{});
  typename Calls::Cell& cell = *new typename Calls::Cell(core.call_domain());  // the client's handle
  typename Calls::Cell& callback_cell =
      *new typename Calls::Cell(core.call_domain());  // the provider's, if any
  Party<Calls> client{*this, ModuleSide::kClient};
  Party<Calls> provider{*this, ModuleSide::kProvider};
  Party<Calls> other_provider{*this, ModuleSide::kProvider, 1};
  bool dies_with_the_last = false;
  Atomic<int> left{2};
};

template <class Calls>
RegistryWorld<Calls>& make() {
  auto& world = *new RegistryWorld<Calls>;
  world.client.handle = &world.cell;
  return world;
}

/// A world with both sides attached, in which the first `registered` threads have called before.
template <class Calls>
RegistryWorld<Calls>& make_attached(Run& run, unsigned registered = 0) {
  auto& world = make<Calls>();
  for (unsigned i = 0; i < registered; ++i) {
    run.set_up_as(pointer(i));
    check(!world.call(), "nothing is there yet");
  }
  run.set_up_as(0);
  world.provider.enter();
  world.client.enter();
  check(world.client.attached() && world.provider.attached(), "nobody has declined");
  return world;
}

template <class Calls>
void end(RegistryWorld<Calls>& world, int of_client, int of_provider) {
  check(world.client.ends == 1 && world.provider.ends == 1, "each end has been told once");
  check(world.client.bindings == of_client && world.provider.bindings == of_provider,
        "each binding has been ended");
  if (!world.dies_with_the_last) world.end_registry();
}

}  // namespace model
