// Programs for the registry: bindings that are called through, replaced, visited, or told of on an executor, while
// they are made and ended.
#include "registry_world.hpp"

namespace model {
namespace {

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

const NamedProgram kPrograms[] = {
    {"registry, one word: called", called<OneWord, 1, false>},
    {"registry, one word: called by 2", called<OneWord, 2, false>},
    {"registry, one word: called, both leave", called<OneWord, 1, true>, 3, -1},
    {"registry, one word: called when asked", called_when_asked<OneWord>},
    {"registry, one word: called back, client leaves", called_back<OneWord, true>},
    {"registry, one word: called back, provider leaves", called_back<OneWord, false>},
    {"registry, one word: called while it is made", called_while_it_is_made<OneWord, false>},
    {"registry, one word: called back while it is made", called_while_it_is_made<OneWord, true>},
    {"registry, one word: on an executor", on_an_executor<OneWord, false>},
    {"registry, one word: on an executor, both leave", on_an_executor<OneWord, true>, 3, -1},
    {"registry, one word: replaced", replaced<OneWord, false, 1, false>},
    {"registry, one word: replaced, the first leaves", replaced<OneWord, false, 0, true>, 3, 5},
    {"registry, one word: 2 come", two_come<OneWord, false>, 4, 6},
    {"registry, one word: 2 come, one at a time", two_come<OneWord, true>, 3, -1, {}, 2},
    {"registry, one word: visited", visited<OneWord>},
    {"registry, one word: visited while it is made", visited_while_it_is_made<OneWord>},
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
    {"registry: visited", visited<PerThread>, -1, -1, without_barrier()},
};

}  // namespace

std::span<const NamedProgram> registry_call_programs() { return kPrograms; }

}  // namespace model
