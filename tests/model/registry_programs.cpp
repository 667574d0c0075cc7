// Programs for the registry: registrations that come and go while their bindings are made and ended.
#include <vector>

#include "registry_world.hpp"

namespace model {
namespace {

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
    {"registry, one word: waited for", waited_for<OneWord>},
    {"registry, one word: both wait", both_wait<OneWord>, 2, -1},
    {"registry, one word: left by 2", left_by_two<OneWord>},
    {"registry, one word: told another", told_another<OneWord>},
    {"registry, one word: detached alone", detached_alone<OneWord>},
    {"registry, one word: detached by both", detached_by_both<OneWord>},
    {"registry, one word: detached while it is made", detached_while_it_is_made<OneWord>},
    {"registry, one word: one end ends the other", ends_the_other<OneWord, false>},
    {"registry, one word: ends the other, who has left", ends_the_other<OneWord, true>},
    {"registry, one word: listed", listed<OneWord>},
    {"registry: both leave", both_leave<PerThread, Answer::kDropped, Answer::kDropped>, -1, -1,
     without_barrier()},
    {"registry: client comes, provider leaves", one_comes_one_leaves<PerThread, true>, -1, -1,
     without_barrier()},
    {"registry: both come", both_come<PerThread>, -1, -1, without_barrier()},
    {"registry: one end ends the other", ends_the_other<PerThread, false>, -1, -1, without_barrier()},
};

std::vector<NamedProgram> all_programs;  // filled when asked for: the others' are made at start-up

}  // namespace

std::span<const NamedProgram> registry_programs() {
  if (all_programs.empty()) {
    for (const auto& some : {std::span<const NamedProgram>(kPrograms), registry_call_programs(),
                             registry_end_programs(), registry_misuse_programs(), registry_walk_programs()}) {
      all_programs.insert(all_programs.end(), some.begin(), some.end());
    }
  }
  return all_programs;
}

}  // namespace model
