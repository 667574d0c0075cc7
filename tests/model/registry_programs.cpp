// Programs for the registry: registrations that come and go while their bindings are made, called through and
// ended. They use the untyped core, whose states the typed one only dresses up.
#include <array>

#include <nmr/calls/one_word_calls.hpp>
#include <nmr/calls/per_thread_calls.hpp>
#include <nmr/registry/registry_core.hpp>

#include "call_world.hpp"
#include "model_atomics.hpp"
#include "programs.hpp"

namespace model {
namespace {

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
  using Offer = nmr::BasicOffer<Calls>;
  using Attach = nmr::BasicAttach<Calls>;

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
  void leave_and_wait() noexcept {
    leave_untold();
    wait();
  }
  /// Completes what this side has kept, as soon as it has been asked.
  void complete_kept() noexcept {
    Kept* which = nullptr;
    while ((which = kept.load(std::memory_order_acquire)) == nullptr) ModelAtomics::relax(0);
    which->context.kept = false;
    which->done.complete();
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
      status = party.side == ModuleSide::kClient ? Attach::accept(offer, party.handle, &own, &own)
                                                 : agree(own, offer, party.handle);
    }
    if (party.agrees == Agrees::kUntilItFails && status == Status::kSuccess) {
      own.failed = true;
      status = Status::kUnhandledException;
    }
    if (status != Status::kSuccess) own.stage = Context::Stage::kNone;
    if (party.one_at_a_time) self.in_attach = false;
    return status;
  }
  static Status agree(Context& own, Offer& offer, typename Calls::Cell* handle) noexcept {
    own.peer = static_cast<Context*>(offer.side.outgoing.context());
    own.peer->peer = &own;
    return Attach::agree(offer, handle, &own, &own);
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
  Party* destroys = nullptr;  // whose registration its end ends too
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
    auto& binding = static_cast<nmr::UntypedBinding<Calls>&>(*call.target());
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
    delete &core;
  }

  Core& core = *new Core;
  typename Calls::Cell& cell = *new typename Calls::Cell(core.calls());  // the client's handle
  typename Calls::Cell& callback_cell = *new typename Calls::Cell(core.calls());  // the provider's, if any
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

// Each with its own completion, and the registry goes with whichever is the last.
template <class Calls, Answer of_client, Answer of_provider>
void both_leave(Run& run) {
  auto& world = make_attached<Calls>(run);
  world.client.answer = of_client;
  world.provider.answer = of_provider;
  world.dies_with_the_last = true;
  run.thread([&] { world.client.leave(); });
  run.thread([&] { world.provider.leave(); });
  run.at_end([&] { end(world, 1, 1); });
}

// One side keeps its completion, and another thread completes it: before the callback has returned, or after.
template <class Calls, bool client_leaves>
void kept(Run& run) {
  auto& world = make_attached<Calls>(run);
  world.provider.answer = Answer::kKept;
  run.thread([&] { client_leaves ? world.client.leave() : world.provider.leave(); });
  run.thread([&] { world.provider.complete_kept(); });
  run.at_end([&] {
    client_leaves ? world.provider.leave() : world.client.leave();
    end(world, 1, 1);
  });
}

template <class Calls>
void both_kept(Run& run) {
  auto& world = make_attached<Calls>(run);
  world.client.answer = world.provider.answer = Answer::kKept;
  run.thread([&] { world.client.leave(); });
  run.thread([&] { world.client.complete_kept(); });
  run.thread([&] { world.provider.complete_kept(); });
  run.at_end([&] {
    world.provider.leave();
    end(world, 1, 1);
  });
}

// One registers while the other, who is there already, leaves: either they never meet, or all of it is
// undone.
template <class Calls, bool client_comes>
void one_comes_one_leaves(Run& run) {
  auto& world = make<Calls>();
  (client_comes ? world.provider : world.client).enter();
  run.thread([&] { client_comes ? world.client.enter() : world.provider.enter(); });
  run.thread([&] { client_comes ? world.provider.leave() : world.client.leave(); });
  run.at_end([&] {
    check(!(client_comes ? world.client : world.provider).attached(), "nobody is left to be attached to");
    client_comes ? world.client.leave() : world.provider.leave();
    const int bindings = world.client.bindings;
    end(world, bindings, bindings);
  });
}

template <class Calls>
void both_come(Run& run) {
  auto& world = make<Calls>();
  run.thread([&] { world.client.enter(); });
  run.thread([&] { world.provider.enter(); });
  run.at_end([&] {
    check(world.client.attached() && world.provider.attached(), "they have met once");
    world.client.leave();
    world.provider.leave();
    end(world, 1, 1);
  });
}

template <class Calls>
void both_come_and_leave(Run& run) {
  auto& world = make<Calls>();
  world.dies_with_the_last = true;
  run.thread([&] {
    world.client.enter();
    world.client.leave();
  });
  run.thread([&] {
    world.provider.enter();
    world.provider.leave();
  });
  run.at_end([&] { end(world, world.client.bindings, world.client.bindings); });
}

// A call is in progress, or comes, while the provider leaves: its data is whole until the last call has left.
template <class Calls, unsigned callers, bool both>
void called(Run& run) {
  auto& world = make_attached<Calls>(run, callers);
  for (unsigned i = 0; i < callers; ++i) run.thread([&] { world.call(); }, pointer(i));
  run.thread([&] { world.provider.leave(); });
  if (both) run.thread([&] { world.client.leave(); });
  run.at_end([&] {
    if (!both) world.client.leave();
    end(world, 1, 1);
  });
}

// Once the client has been asked to detach, no call of its begins.
template <class Calls>
void called_when_asked(Run& run) {
  auto& world = make_attached<Calls>(run, 1);
  world.client.tells_when_asked = true;
  run.thread(
      [&] {
        const bool asked = world.client.asked.load(std::memory_order_acquire);
        check(!world.call() || !asked, "calls are refused by then");
      },
      pointer(0));
  run.thread([&] { world.provider.leave(); });
  run.at_end([&] {
    world.client.leave();
    end(world, 1, 1);
  });
}

// Calls go both ways. Whoever has called, the other's data is whole.
template <class Calls, bool client_leaves>
void called_back(Run& run) {
  auto& world = make<Calls>();
  world.provider.handle = &world.callback_cell;
  world.provider.enter();
  run.set_up_as(pointer(0));
  check(!world.call(), "nothing is there yet");
  run.set_up_as(0);
  world.client.enter();
  run.thread([&] { world.call(world.callback_cell); }, pointer(0));
  run.thread([&] { client_leaves ? world.client.leave() : world.provider.leave(); });
  run.at_end([&] {
    client_leaves ? world.provider.leave() : world.client.leave();
    end(world, 1, 1);
  });
}

// Calls come as soon as there is something to call, and find it made.
template <class Calls, bool back>
void called_while_it_is_made(Run& run) {
  auto& world = make<Calls>();
  world.provider.handle = &world.callback_cell;
  run.set_up_as(pointer(0));
  check(!world.call(), "nothing is there yet");
  run.set_up_as(0);
  world.client.enter();
  run.thread([&] { world.call(back ? world.callback_cell : world.cell); }, pointer(0));
  run.thread([&] { world.provider.enter(); });
  run.at_end([&] {
    world.client.leave();
    world.provider.leave();
    end(world, 1, 1);
  });
}

// One side declines, or fails after all, while the other leaves.
template <class Calls, Agrees client_agrees, Agrees provider_agrees>
void refused(Run& run) {
  auto& world = make<Calls>();
  world.client.agrees = client_agrees;
  world.provider.agrees = provider_agrees;
  world.provider.enter();
  run.thread([&] { world.client.enter(); });
  run.thread([&] { world.provider.leave(); });
  run.at_end([&] {
    world.client.leave();
    end(world, 0, world.provider.bindings);
  });
}

/// Runs on a thread of the program what is posted to it, one at a time.
struct Queue : nmr::Executor {
  Queue() noexcept
      : Executor{[](nmr::Executor& self, nmr::Completion& completion) noexcept {
          check(static_cast<Queue&>(self).posted.exchange(&completion, std::memory_order_acq_rel) == nullptr,
                "one at a time is posted");
        }} {}
  void run_one() noexcept {
    nmr::Completion* completion = nullptr;
    while ((completion = posted.load(std::memory_order_acquire)) == nullptr) ModelAtomics::relax(0);
    posted.store(nullptr, std::memory_order_relaxed);  // before the next is posted: this one does it
    completion->run();
  }
  Atomic<nmr::Completion*> posted{nullptr};
};

// The client's part of the end is done on its executor: when it is done with its calls, and its cleanup.
template <class Calls, bool both>
void on_an_executor(Run& run) {
  auto& world = make<Calls>();
  auto& queue = *new Queue;
  world.client.executor = &queue;
  world.provider.enter();
  world.client.enter();
  run.thread([&] { world.provider.leave(); });
  run.thread([&] {
    queue.run_one();
    queue.run_one();
  });
  if (both) run.thread([&] { world.client.leave(); });
  run.at_end([&] {
    if (!both) world.client.leave();
    end(world, 1, 1);
  });
}

// Two threads begin to deregister the same side, and one of them does.
template <class Calls>
void left_by_two(Run& run) {
  auto& world = make_attached<Calls>(run);
  auto& begun = *new std::array<bool, 2>{};
  for (bool& mine : begun) {
    run.thread(
        [&] { mine = world.core.deregister(*world.client.registration, nullptr) == Status::kPending; });
  }
  run.at_end([&] {
    check(begun[0] != begun[1], "one has begun it");
    world.client.wait();
    world.provider.leave();
    end(world, 1, 1);
  });
}

// One thread deregisters, another asks to be told of the end.
template <class Calls>
void told_another(Run& run) {
  auto& world = make_attached<Calls>(run);
  auto& asked = *new bool(false);
  run.thread([&] { world.provider.leave_untold(); });
  run.thread([&] {
    asked = world.core.notify(*world.provider.registration, world.provider.done) == Status::kSuccess;
  });
  run.at_end([&] {
    if (!asked) world.provider.wait();
    world.client.leave();
    end(world, 1, 1);
  });
}

// Another thread waits for the end of what has been begun, and frees it.
template <class Calls>
void waited_for(Run& run) {
  auto& world = make_attached<Calls>(run);
  world.provider.answer = Answer::kKept;
  world.provider.leave_untold();
  run.thread([&] { world.provider.complete_kept(); });
  run.thread([&] { world.provider.wait(); });
  run.at_end([&] {
    world.client.leave();
    end(world, 1, 1);
  });
}

template <class Calls>
void both_wait(Run& run) {
  auto& world = make_attached<Calls>(run);
  world.dies_with_the_last = true;
  run.thread([&] { world.client.leave_and_wait(); });
  run.thread([&] { world.provider.leave_and_wait(); });
  run.at_end([&] { end(world, 1, 1); });
}

// One binding is detached by its name while a side leaves.
template <class Calls>
void detached_alone(Run& run) {
  auto& world = make_attached<Calls>(run);
  run.thread([&] { (void)world.client.detach_first(); });
  run.thread([&] { world.provider.leave(); });
  run.at_end([&] {
    check(world.client.attachments() == 0, "it is detached");
    world.client.leave();
    end(world, 1, 1);
  });
}

template <class Calls>
void detached_by_both(Run& run) {
  auto& world = make_attached<Calls>(run);
  auto& begun = *new std::array<bool, 2>{};
  run.thread([&] { begun[0] = world.client.detach_first(); });
  run.thread([&] { begun[1] = world.provider.detach_first(); });
  run.at_end([&] {
    check(begun[0] != begun[1], "one has begun it");
    check(world.client.attachments() == 0 && world.provider.attachments() == 0, "it is detached");
    world.provider.leave();
    world.client.leave();
    end(world, 1, 1);
  });
}

// The same while the binding is made: it is found in time, or not yet there.
template <class Calls>
void detached_while_it_is_made(Run& run) {
  auto& world = make<Calls>();
  auto& found = *new bool(false);
  world.provider.enter();
  run.thread([&] { world.client.enter(); });
  run.thread([&] { found = world.provider.detach_first(); });
  run.at_end([&] {
    check(world.client.attached() == !found, "what was found is detached");
    world.client.leave();
    world.provider.leave();
    end(world, world.client.bindings, world.client.bindings);
  });
}

// A second provider comes into the handle: the binding of the first is detached, with a call in progress.
template <class Calls, bool whole, int calls, bool first_leaves>
void replaced(Run& run) {
  auto& world = make_attached<Calls>(run, 1);
  if (calls != 0) {
    run.thread(
        [&] {
          for (int i = 0; i < calls; ++i) check(world.call() || !whole, "no call is refused");
        },
        pointer(0));
  }
  run.thread([&] { world.other_provider.enter(); });
  if (first_leaves) run.thread([&] { world.provider.leave(); });
  run.at_end([&] {
    if (!first_leaves) world.provider.leave();
    check(world.provider.ends == 1, "the first is free to go");
    check(world.call(), "the second is there");
    world.other_provider.leave();
    world.client.leave();
    check(world.other_provider.ends == 1 && world.other_provider.bindings == 1, "the second ends as well");
    end(world, 2, 1);
  });
}

// Two come at once: each replaces the other, or is replaced, perhaps before it is quite attached.
template <class Calls, bool one_at_a_time>
void two_come(Run& run) {
  auto& world = make<Calls>();
  world.client.one_at_a_time = one_at_a_time;
  world.client.enter();
  run.thread([&] { world.provider.enter(); });
  run.thread([&] { world.other_provider.enter(); });
  run.at_end([&] {
    check(world.client.attachments() == 1, "one of them is left");
    check(world.call(), "and is called");
    world.client.leave();
    world.other_provider.leave();
    world.provider.leave();
    check(world.other_provider.bindings == 1, "each has been attached");
    end(world, 2, 1);
  });
}

// The client's end ends the provider's registration too, on whichever thread it is told.
template <class Calls, bool provider_leaves_first>
void ends_the_other(Run& run) {
  auto& world = make_attached<Calls>(run);
  world.provider.answer = Answer::kKept;
  world.client.destroys = &world.provider;
  if (provider_leaves_first) world.provider.leave_untold();
  run.thread([&] { world.client.leave(); });
  run.thread([&] { world.provider.complete_kept(); });
  run.at_end([&] { end(world, 1, 1); });
}

// What a visit stands at stays attached until the visit has gone on.
template <class Calls>
void visited(Run& run) {
  auto& world = make_attached<Calls>(run);
  run.thread([&] {
    world.core.for_each_binding(*world.client.registration, [](auto& side) noexcept {
      static_cast<Context*>(side.outgoing.context())->use();
    });
  });
  run.thread([&] { world.provider.leave(); });
  run.at_end([&] {
    world.client.leave();
    end(world, 1, 1);
  });
}

template <class Calls>
void visited_while_it_is_made(Run& run) {
  auto& world = make<Calls>();
  world.client.enter();
  run.thread([&] {
    world.core.for_each_binding(*world.client.registration, [](auto& side) noexcept {
      static_cast<Context*>(side.outgoing.context())->use();
    });
  });
  run.thread([&] { world.provider.enter(); });
  run.at_end([&] {
    world.client.leave();
    world.provider.leave();
    end(world, 1, 1);
  });
}

// All that there is can be listed while it comes and goes.
template <class Calls>
void listed(Run& run) {
  auto& world = make<Calls>();
  world.provider.enter();
  run.thread([&] {
    const nmr::RegistrySnapshot all = world.core.snapshot();
    check(all.registrations.size() <= 2 && all.bindings.size() <= 1, "no more than there ever was");
  });
  run.thread([&] {
    world.client.enter();
    world.provider.leave();
  });
  run.at_end([&] {
    world.client.leave();
    end(world, 1, 1);
  });
}

Options with_barrier() {
  Options options;
  options.interrupts = true;
  return options;
}
Options without_barrier() {
  Options options;
  options.heavy_fence = false;
  return options;
}

const NamedProgram kPrograms[] = {
    {"registry, one word: both leave", both_leave<OneWord, Answer::kDropped, Answer::kDropped>},
    {"registry, one word: both leave, done inside", both_leave<OneWord, Answer::kInside, Answer::kInside>},
    {"registry, one word: kept, client leaves", kept<OneWord, true>},
    {"registry, one word: kept, provider leaves", kept<OneWord, false>},
    {"registry, one word: both kept", both_kept<OneWord>},
    {"registry, one word: client comes, provider leaves", one_comes_one_leaves<OneWord, true>},
    {"registry, one word: provider comes, client leaves", one_comes_one_leaves<OneWord, false>},
    {"registry, one word: both come", both_come<OneWord>},
    {"registry, one word: both come and leave", both_come_and_leave<OneWord>},
    {"registry, one word: provider declines", refused<OneWord, Agrees::kYes, Agrees::kNo>},
    {"registry, one word: client declines", refused<OneWord, Agrees::kNo, Agrees::kYes>},
    {"registry, one word: client fails after all", refused<OneWord, Agrees::kUntilItFails, Agrees::kYes>},
    {"registry, one word: called", called<OneWord, 1, false>},
    {"registry, one word: called by 2", called<OneWord, 2, false>},
    {"registry, one word: called, both leave", called<OneWord, 1, true>, 3, -1},
    {"registry, one word: called when asked", called_when_asked<OneWord>},
    {"registry, one word: called back, client leaves", called_back<OneWord, true>},
    {"registry, one word: called back, provider leaves", called_back<OneWord, false>},
    {"registry, one word: called while it is made", called_while_it_is_made<OneWord, false>},
    {"registry, one word: called back while it is made", called_while_it_is_made<OneWord, true>},
    {"registry, one word: waited for", waited_for<OneWord>},
    {"registry, one word: both wait", both_wait<OneWord>, 3, -1},
    {"registry, one word: left by 2", left_by_two<OneWord>},
    {"registry, one word: told another", told_another<OneWord>},
    {"registry, one word: on an executor", on_an_executor<OneWord, false>},
    {"registry, one word: on an executor, both leave", on_an_executor<OneWord, true>, 3, -1},
    {"registry, one word: detached alone", detached_alone<OneWord>},
    {"registry, one word: detached by both", detached_by_both<OneWord>},
    {"registry, one word: detached while it is made", detached_while_it_is_made<OneWord>},
    {"registry, one word: replaced", replaced<OneWord, false, 1, false>},
    {"registry, one word: replaced, the first leaves", replaced<OneWord, false, 0, true>, 3, 5},
    {"registry, one word: 2 come", two_come<OneWord, false>, 4, 6},
    {"registry, one word: 2 come, one at a time", two_come<OneWord, true>},
    {"registry, one word: one end ends the other", ends_the_other<OneWord, false>},
    {"registry, one word: ends the other, who has left", ends_the_other<OneWord, true>},
    {"registry, one word: visited", visited<OneWord>},
    {"registry, one word: visited while it is made", visited_while_it_is_made<OneWord>},
    {"registry, one word: listed", listed<OneWord>},
    {"registry: both leave", both_leave<PerThread, Answer::kDropped, Answer::kDropped>, -1, -1,
     without_barrier()},
    {"registry: client comes, provider leaves", one_comes_one_leaves<PerThread, true>, -1, -1,
     without_barrier()},
    {"registry: both come", both_come<PerThread>, -1, -1, without_barrier()},
    {"registry: called", called<PerThread, 1, false>, -1, -1, without_barrier()},
    {"registry: called, barrier", called<PerThread, 1, false>, -1, -1, with_barrier()},
    {"registry: called by 2", called<PerThread, 2, false>, 3, -1, without_barrier()},
    {"registry: called, both leave", called<PerThread, 1, true>, 3, 4, without_barrier()},
    {"registry: called when asked", called_when_asked<PerThread>, -1, -1, without_barrier()},
    {"registry: called back, client leaves", called_back<PerThread, true>, -1, -1, without_barrier()},
    {"registry: called while it is made", called_while_it_is_made<PerThread, false>, -1, -1,
     without_barrier()},
    {"registry: called back while it is made", called_while_it_is_made<PerThread, true>, -1, -1,
     without_barrier()},
    {"registry: replaced", replaced<PerThread, true, 2, false>, -1, -1, without_barrier()},
    {"registry: replaced, barrier", replaced<PerThread, true, 1, false>, -1, -1, with_barrier()},
    {"registry: replaced, the first leaves", replaced<PerThread, true, 0, true>, 4, 5, without_barrier()},
    {"registry: 2 come", two_come<PerThread, false>, 4, 6, without_barrier()},
    {"registry: one end ends the other", ends_the_other<PerThread, false>, -1, -1, without_barrier()},
    {"registry: visited", visited<PerThread>, -1, -1, without_barrier()},
};

}  // namespace

std::span<const NamedProgram> registry_programs() { return kPrograms; }

}  // namespace model
