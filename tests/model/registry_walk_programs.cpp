// Programs for those who walk the registry's lists while others change them: a thread that asks whether it would wait
// for itself, registrations that are offered to several, visits of several bindings.
#include "registry_world.hpp"

namespace model {
namespace {

/// Two of each side, without handles.
template <class Calls>
struct Crowd : RegistryWorld<Calls> {
  Party<Calls>& other_client = *new Party<Calls>(*this, ModuleSide::kClient, 1);

  /// All leave who have come and not left.
  void end() {
    for (Party<Calls>* each : {&this->client, &this->provider, &other_client, &this->other_provider}) {
      if (each->ends != 0 || each->registration == nullptr) continue;
      const Status begun = this->core.deregister(*each->registration, nullptr);
      check(begun == Status::kPending || begun == Status::kInvalidDeviceState, "it is there");
      each->wait();
    }
    check(this->client.bindings + other_client.bindings ==
              this->provider.bindings + this->other_provider.bindings,
          "each binding has had two sides");
    this->end_registry();
  }
};

// The client deregisters in its detach callback, and waits there: it is told that it would wait for itself, while
// another thread attaches it to somebody else, and takes the first out of its handle.
template <class Calls>
void waits_for_itself(Run& run) {
  auto& world = make_attached<Calls>(run);
  world.client.in_detach = [](Party<Calls>& self) noexcept {
    (void)self.world.core.deregister(*self.registration, nullptr);
    check(self.try_wait() == Status::kPossibleDeadlock, "it is in a callback of its own");
    (void)self.world.provider.try_wait();  // ends, one way or another
  };
  run.thread([&] { world.provider.leave_untold(); });
  run.thread([&] { world.other_provider.enter(); });
  run.at_end([&] {
    world.client.wait();
    world.provider.wait();
    world.other_provider.leave();
    end(world, world.client.bindings, 1);
  });
}

// Two bindings are detached by one thread, one after the other. Until it comes to the second, a wait for that one's
// provider, whom another thread has deregistered, is a wait for itself.
template <class Calls>
void waits_for_the_next(Run& run) {
  auto& world = *new Crowd<Calls>;
  world.provider.enter();
  world.other_provider.enter();
  world.client.enter();
  world.other_client.enter();
  world.client.in_detach = [](Party<Calls>& self) noexcept {
    (void)self.world.provider.try_wait();  // ends as well
  };
  run.thread([&] { world.client.leave_untold(); });
  run.thread([&] { world.provider.leave_untold(); });
  run.at_end([&] { world.end(); });
}

// The same while the two are offered.
template <class Calls>
void waits_for_the_next_offer(Run& run) {
  auto& world = *new Crowd<Calls>;
  world.provider.enter();
  world.other_provider.enter();
  world.client.in_attach = [](Party<Calls>& self) noexcept {
    (void)self.world.other_provider.try_wait();  // ends as well
  };
  run.thread([&] { world.client.enter(); });
  run.thread([&] { world.other_provider.leave_untold(); });
  run.thread([&] { world.provider.leave_untold(); });
  run.at_end([&] {
    world.other_client.enter();
    check(world.other_client.attachments() == 0, "nobody is left");
    world.end();
  });
}

// One attach takes a binding each out of two occupied handles. Both are detached by another thread, so that they end as
// this one closes them, the first before the second: what is told of the first's end waits for the second's.
template <class Calls>
void waits_for_the_next_to_close(Run& run) {
  auto& world = *new Crowd<Calls>;
  world.client.handle = &world.cell;
  world.other_provider.handle = &world.callback_cell;
  world.provider.enter();
  world.provider.agrees = Agrees::kNo;
  world.other_client.enter();
  world.provider.agrees = Agrees::kYes;
  world.client.enter();
  world.provider.end_waits_for = &world.other_client;
  run.thread([&] { world.other_provider.enter(); });
  run.thread([&] {
    world.other_client.leave_untold();
    world.provider.leave();
  });
  run.at_end([&] { world.end(); });
}

// A wait inside a call, while both sides leave.
template <class Calls>
void waits_in_a_call(Run& run) {
  auto& world = make_attached<Calls>(run, 1);
  run.thread(
      [&] {
        typename Calls::Call call(world.cell);
        if (call.target() == nullptr) return;
        check(world.client.try_wait() != Status::kSuccess, "this call is in its way");
      },
      pointer(0));
  run.thread([&] { world.client.leave_untold(); });
  run.thread([&] { world.provider.leave_untold(); });
  run.at_end([&] {
    world.client.wait();
    world.provider.wait();
    end(world, 1, 1);
  });
}

// Of two clients and two providers one comes and one leaves.
template <class Calls>
void one_of_two_each(Run& run) {
  auto& world = *new Crowd<Calls>;
  world.provider.enter();
  world.client.enter();
  world.other_client.enter();
  run.thread([&] { world.other_provider.enter(); });
  run.thread([&] { world.other_client.leave(); });
  run.at_end([&] {
    check(world.client.attachments() == 2, "it has met both");
    check(world.provider.attachments() == 1 && world.other_provider.attachments() == 1, "each one client");
    world.end();
  });
}

// All that there is can be listed while one of a side comes and the other leaves.
template <class Calls>
void two_listed(Run& run) {
  auto& world = *new Crowd<Calls>;
  world.client.enter();
  world.provider.enter();
  run.thread([&] { world.client.leave(); });
  run.thread([&] { world.other_client.enter(); });
  run.thread([&] {
    const nmr::RegistrySnapshot all = world.core.snapshot();
    check(!all.registrations.empty() && all.bindings.size() <= 2, "no more and no fewer than there were");
  });
  run.at_end([&] { world.end(); });
}

// Whoever was first on a list leaves beside who was second, and a third comes behind them.
template <class Calls>
void two_leave_one_comes(Run& run) {
  auto& world = *new Crowd<Calls>;
  world.client.enter();
  world.provider.enter();
  world.other_provider.enter();
  run.thread([&] { world.provider.leave(); });
  run.thread([&] { world.other_provider.leave(); });
  run.thread([&] { world.other_client.enter(); });
  run.at_end([&] {
    check(world.client.attachments() == 0 && world.other_client.attachments() == 0, "both have left");
    world.end();
  });
}

// A visit goes from one binding to the next, while the one is detached and another is made.
template <class Calls>
void several_visited(Run& run) {
  auto& world = *new Crowd<Calls>;
  world.client.enter();
  world.provider.enter();
  run.thread([&] {
    world.core.for_each_binding(*world.provider.registration, [](auto& side) noexcept {
      static_cast<Context*>(side.outgoing.context())->use();
    });
  });
  run.thread([&] { world.client.leave(); });
  run.thread([&] { world.other_client.enter(); });
  run.at_end([&] {
    check(world.provider.attachments() == 1, "one is left");
    world.end();
  });
}

const NamedProgram kPrograms[] = {
    {"registry, one word: waits for itself", waits_for_itself<OneWord>, 2, 3},
    {"registry, one word: waits for the next", waits_for_the_next<OneWord>, 2, 4},
    {"registry, one word: waits for the next offer", waits_for_the_next_offer<OneWord>, 2, 3},
    {"registry, one word: waits for the next to close", waits_for_the_next_to_close<OneWord>, 2, 3},
    {"registry, one word: 1 of 2 comes, 1 of 2 leaves", one_of_two_each<OneWord>, 2, 4},
    {"registry, one word: 2 listed", two_listed<OneWord>, 1, 2},
    {"registry, one word: 2 leave, 1 comes", two_leave_one_comes<OneWord>, 1, 2},
    {"registry, one word: several visited", several_visited<OneWord>, 2, 3},
    {"registry: waits for itself", waits_for_itself<PerThread>, 2, 3, without_barrier()},
    {"registry: waits for the next to close", waits_for_the_next_to_close<PerThread>, 2, 3,
     without_barrier()},
    {"registry: waits in a call", waits_in_a_call<PerThread>, 2, 4, without_barrier()},
};

}  // namespace

std::span<const NamedProgram> registry_walk_programs() { return kPrograms; }

}  // namespace model
