// Programs for what the call path does where its fast way does not serve: no barrier, no free slot, no room
// in the table, no thread pointer.
#include "call_world.hpp"
#include "programs.hpp"

namespace model {
namespace {

using Calls = nmr::BasicPerThreadCalls<ModelPolicy<2, 4>>;
using OneSlot = nmr::BasicPerThreadCalls<ModelPolicy<1, 4>>;
using SmallTable = nmr::BasicPerThreadCalls<ModelPolicy<2, 1>>;
using OneWord = nmr::BasicOneWordCalls<ModelAtomics>;

template <class Kind, unsigned registered, unsigned callers, int calls = 1>
void callers_and_detacher(Run& run) {
  auto& world = make_world<Kind>(run, registered);
  for (unsigned i = 0; i < callers; ++i) {
    run.thread(
        [&] {
          for (int j = 0; j < calls; ++j) world.call(world.cell);
        },
        pointer(i));
  }
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

// The second call of the thread finds no slot, or its record outgrown by a table that another thread has
// made.
template <class Kind, bool same, bool another_registers>
void nested(Run& run) {
  using W = World<Kind>;
  auto& world = make_world<Kind>(run, 1);
  world.attach(world.other_cell, world.second);
  auto& inner_cell = same ? world.cell : world.other_cell;
  run.thread(
      [&] {
        typename W::Call outer(world.cell);
        typename W::Call inner(inner_cell);
        if (inner.target() != nullptr) W::service(*inner.target()).use();
        outer.leave();
        if (inner.target() != nullptr) W::service(*inner.target()).use();
      },
      pointer(0));
  if (another_registers) run.thread([&] { world.call(world.cell); }, pointer(1));
  run.thread([&] { world.detach(inner_cell); });
  run.at_end([&] {
    world.detach(world.cell);
    world.detach(world.other_cell);
    end(world, 1, 1);
  });
}

void slotless_hold(Run& run) {
  using W = World<OneSlot>;
  auto& world = make_world<OneSlot>(run, 1);
  run.thread(
      [&] {
        typename W::Call outer(world.cell);
        typename W::Call inner(world.cell);
        if (inner.target() == nullptr) return;
        auto& held = inner.hold();
        outer.leave();
        W::service(held).use();
        held.refs().release();
      },
      pointer(0));
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

// Two more threads than the first table has room for.
void table_grows_twice(Run& run) {
  auto& world = make_world<SmallTable>(run, 1);
  for (unsigned i = 0; i < 2; ++i) run.thread([&] { world.call(world.cell); }, pointer(i));
  run.thread([&] { world.call(world.cell); }, pointer(2));
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

// The table is full, and a thread that comes while another detaches makes a larger one; beside a call that is left.
template <bool beside_a_call>
void table_grows_during_a_detach(Run& run) {
  auto& world = make_world<SmallTable>(run, 1);
  if (beside_a_call) {
    auto& call = called_in_set_up(run, world);
    run.thread(
        [&call] {
          World<SmallTable>::service(*call.target()).use();
          call.leave();
        },
        pointer(0));
  }
  run.thread([&] { world.call(world.cell); }, pointer(1));
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

template <class Kind>
void swap(Run& run) {
  auto& world = make_world<Kind>(run, 1);
  run.thread(
      [&] {
        world.call(world.cell);
        world.call(world.cell);
      },
      pointer(0));
  run.thread([&] { world.attach(world.cell, world.second); });
  run.at_end([&] {
    world.detach(world.cell);
    end(world, 1, 1);
  });
}

template <class Kind>
void two_calls_in_one_slot(Run& run) {
  auto& world = make_world<Kind>(run, 1);
  world.attach(world.other_cell, world.second);
  run.thread(
      [&] {
        world.call(world.cell);
        world.call(world.other_cell);
      },
      pointer(0));
  run.thread([&] {
    world.detach(world.cell);
    world.detach(world.other_cell);
  });
  run.at_end([&] { end(world, 1, 1); });
}

template <class Kind>
void hold(Run& run) {
  using W = World<Kind>;
  auto& world = make_world<Kind>(run, 1);
  run.thread(
      [&] {
        typename W::Call call(world.cell);
        if (call.target() == nullptr) return;
        auto& held = call.hold();
        static_cast<Service<Kind>&>(held).use();
        held.refs().release();
      },
      pointer(0));
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

/// A guard is left on another thread, while its own calls again, and a third detaches.
template <class Kind>
void left_elsewhere(Run& run, World<Kind>& world, typename World<Kind>::Call& call) {
  run.thread([&] { world.call(world.cell); }, pointer(0));
  run.thread([&] {
    World<Kind>::service(*call.target()).use();
    call.leave();
  });
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

// That frees the slot for its owner; whoever looks last has to know of both.
void left_on_another_thread_and_called_again(Run& run) {
  auto& world = make_world<OneSlot>(run, 1);
  left_elsewhere(run, world, called_in_set_up(run, world));
}

// The owner's next call is what the detacher finds in the slot: it has to tell of the one before.
void left_on_another_thread_and_slot_used(Run& run) {
  using W = World<OneSlot>;
  auto& world = make_world<OneSlot>(run, 1);
  auto& call = called_in_set_up(run, world);
  run.thread([&] { check(!world.call(world.other_cell), "nothing is there"); }, pointer(0));
  run.thread([&] {
    W::service(*call.target()).use();
    call.leave();
  });
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

// The leaver does not see what it owes, and detaches what it is inside of next: the slot owes for two.
void owes_for_two(Run& run) {
  using W = World<OneSlot>;
  auto& world = make_world<OneSlot>(run, 1);
  auto& call = called_in_set_up(run, world);
  world.attach(world.other_cell, world.second);
  run.thread(
      [&] {
        W::service(*call.target()).use();
        call.leave();
        W::Call next(world.other_cell);
        world.detach(world.other_cell);
        W::service(*next.target()).use();
      },
      pointer(0));
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1, 1); });
}

// The record that a guard was made in is outgrown, and left for another once the guard has been left
// elsewhere.
void table_grows_left_on_another_thread(Run& run) {
  auto& world = make_world<SmallTable>(run, 1);
  auto& call = called_in_set_up(run, world);
  run.set_up_as(pointer(1));
  check(!world.call(world.other_cell), "nothing is there");
  left_elsewhere(run, world, call);
}

// Asks whether it is inside while another thread makes a larger table.
void asks_whether_it_is_inside(Run& run) {
  auto& world = make_world<SmallTable>(run, 1);
  run.thread(
      [&] {
        World<SmallTable>::Call call(world.cell);
        if (call.target() == nullptr) return;
        check(SmallTable::inside(world.domain, world.first), "inside what it has called");
        check(!SmallTable::inside(world.domain, world.second), "and inside nothing else");
        check(!world.call(world.other_cell), "nothing is there");
        check(SmallTable::inside(world.domain, world.first), "inside what it has called, still");
      },
      pointer(0));
  run.thread([&] { world.call(world.cell); }, pointer(1));
  run.at_end([&] {
    world.detach(world.cell);
    end(world, 1);
  });
}

// A thread has ended, and what is called lies where its data were: its free slots hold that address. The caller is a
// thread whose record is the next one, wherever the program's memory lies.
void where_a_threads_data_were(Run& run) {
  auto& world = make_world<Calls>(run, 0);
  const auto data = reinterpret_cast<std::uintptr_t>(static_cast<Calls::Target*>(&world.first));
  run.set_up_as(data);
  check(!world.call(world.other_cell), "nothing is there");
  run.thread([&] { world.call(world.cell); }, data + 0x1000);
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

// The second call of the thread finds no slot, and what it goes to has just been put in.
void slotless_swap(Run& run) {
  using W = World<OneSlot>;
  auto& world = make_world<OneSlot>(run, 1);
  world.attach(world.other_cell, world.third);
  run.thread(
      [&] {
        W::Call outer(world.other_cell);
        check(world.call(world.cell), "no call is refused");
      },
      pointer(0));
  run.thread([&] { world.attach(world.cell, world.second); });
  run.at_end([&] {
    world.detach(world.cell);
    world.detach(world.other_cell);
    end(world, 1, 1);
  });
}

// Two threads prepare the same target to be put in.
void opened_by_two(Run& run) {
  auto& world = make_world<OneWord>(run, 0);
  auto& opened = *new int(0);
  for (int i = 0; i < 2; ++i) {
    run.thread([&] {
      if (world.second.open()) ++opened;
    });
  }
  run.at_end([&] {
    check(opened == 1, "one has opened it");
    (void)world.second.refs().begin_rundown(world.second.done);
    world.second.refs().release();
    world.detach(world.cell);
    end(world, 1, 1);
  });
}

// Two installers, and whatever is left is taken out at the end.
template <class Kind>
void two_swaps(Run& run) {
  auto& world = make_world<Kind>(run, 1);
  run.thread([&] { world.call(world.cell); }, pointer(0));
  run.thread([&] { world.attach(world.cell, world.second); });
  run.thread([&] { world.attach(world.cell, world.third); });
  run.at_end([&] {
    world.detach(world.cell);
    check(world.third.completions == 1, "each completion has run once");
    end(world, 1, 1);
  });
}

// Calls are in progress while one thread swaps and another takes out what it finds.
template <class Kind>
void swap_beside_a_detacher(Run& run) {
  auto& world = make_world<Kind>(run, 1);
  run.thread([&] { world.call(world.cell); }, pointer(0));
  run.thread([&] { world.attach(world.cell, world.second); });
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] {
    world.detach(world.cell);
    end(world, 1, 1);
  });
}

// What one thread makes and attaches another takes out, knowing nothing of it but what the cell tells.
template <class Kind, bool called = false>
void made_and_attached_beside_a_detacher(Run& run) {
  auto& world = make_world<Kind>(run, called ? 1 : 0);
  auto& made = *new Atomic<Service<Kind>*>(nullptr);
  run.thread([&] {
    auto* const service = new Service<Kind>;
    made.store(service, std::memory_order_relaxed);
    world.attach(world.other_cell, *service);
  });
  run.thread([&] { world.detach(world.other_cell); });
  if (called) run.thread([&] { world.call(world.other_cell); }, pointer(0));
  run.at_end([&] {
    world.detach(world.cell);
    world.detach(world.other_cell);
    check(made.load(std::memory_order_relaxed)->completions == 1, "each completion has run once");
    end(world, 1);
  });
}

// Takes out one of which it is known where it is, but not whether it is there yet.
template <class Kind>
void removed_beside_its_attacher(Run& run) {
  auto& world = make_world<Kind>(run, 0);
  run.thread([&] { world.attach(world.other_cell, world.second); });
  run.thread([&] {
    if (!world.other_cell.remove(world.second)) return;
    world.second.use();
    world.second.link_to_close(nullptr);
    world.close(world.second);
  });
  run.at_end([&] {
    world.detach(world.cell);
    world.detach(world.other_cell);
    end(world, 1, 1);
  });
}

// The second to attach finds the cell emptied by a third thread: that alone tells it of the first.
template <class Kind>
void attached_after_a_detacher(Run& run) {
  auto& world = make_world<Kind>(run, 0);
  run.thread([&] { world.attach(world.other_cell, world.second); });
  run.thread([&] { world.detach(world.other_cell); });
  run.thread([&] { world.attach(world.other_cell, world.third); });
  run.at_end([&] {
    world.detach(world.cell);
    world.detach(world.other_cell);
    check(world.third.completions == 1, "each completion has run once");
    end(world, 1, 1);
  });
}

template <class Kind>
void two_detachers_of_one(Run& run) {
  auto& world = make_world<Kind>(run, 1);
  run.thread([&] { world.call(world.cell); }, pointer(0));
  for (int i = 0; i < 2; ++i) run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

const NamedProgram kPrograms[] = {
    {"real fences: 1 caller, detacher", callers_and_detacher<Calls, 1, 1>, -1, -1, without_barrier()},
    {"real fences: 2 callers, detacher", callers_and_detacher<Calls, 2, 2>, 3, 4, without_barrier(), 2},
    {"real fences: registers during a detach", callers_and_detacher<Calls, 0, 1>, -1, -1, without_barrier()},
    {"real fences: 2 calls in 1 slot", two_calls_in_one_slot<Calls>, -1, -1, without_barrier()},
    {"real fences: nested", nested<Calls, false, false>, -1, -1, without_barrier()},
    {"real fences: hold", hold<Calls>, -1, -1, without_barrier()},
    {"real fences: swap", swap<Calls>, -1, -1, without_barrier()},
    {"1 slot: nested", nested<OneSlot, false, false>, -1, -1, with_barrier()},
    {"1 slot: nested in one binding", nested<OneSlot, true, false>, -1, -1, with_barrier()},
    {"1 slot: hold", slotless_hold, -1, -1, with_barrier()},
    {"1 slot: left on another thread, called again", left_on_another_thread_and_called_again, -1, -1,
     with_barrier()},
    {"1 slot: left on another thread, slot used", left_on_another_thread_and_slot_used, 1, 3, with_barrier(),
     NamedProgram::kAll},
    {"1 slot: owes for 2", owes_for_two, -1, -1, with_barrier()},
    {"1 slot: swap", slotless_swap, -1, -1, with_barrier()},
    {"where a thread's data were", where_a_threads_data_were, 2, 3, with_barrier(), NamedProgram::kAll},
    {"asks whether it is inside", asks_whether_it_is_inside, -1, -1, with_barrier()},
    {"1 slot, real fences: nested", nested<OneSlot, true, false>, -1, -1, without_barrier()},
    {"table grows: during a detach", table_grows_during_a_detach<false>, -1, -1, with_barrier()},
    {"table grows: during a detach, call left", table_grows_during_a_detach<true>, -1, -1, with_barrier()},
    {"table grows: another registers", callers_and_detacher<SmallTable, 1, 2>, 1, 2, with_barrier(), 0},
    {"table grows: 2 calls beside it", callers_and_detacher<SmallTable, 1, 2, 2>, 1, 2, with_barrier(),
     NamedProgram::kNone},
    {"table grows: nested", nested<SmallTable, false, true>, 1, 2, with_barrier(), 0},
    {"table grows: left on another thread", table_grows_left_on_another_thread, 3, -1, with_barrier(),
     NamedProgram::kAll},
    {"table grows twice", table_grows_twice, 0, 1, with_barrier(), NamedProgram::kNone},
    {"table grows, real fences: nested", nested<SmallTable, true, true>, 2, 3, without_barrier(), 1},
    {"opened by 2", opened_by_two},
    {"one word: 1 caller, detacher", callers_and_detacher<OneWord, 0, 1>},
    {"one word: 2 callers, detacher", callers_and_detacher<OneWord, 0, 2>},
    {"one word: nested", nested<OneWord, true, false>},
    {"one word: hold", hold<OneWord>},
    {"one word: 2 detachers", two_detachers_of_one<OneWord>},
    {"one word: swap", swap<OneWord>},
    {"one word: 2 swaps", two_swaps<OneWord>, 2, -1},
    {"one word: swap, detacher", swap_beside_a_detacher<OneWord>, 2, -1},
    {"one word: made and attached, detacher", made_and_attached_beside_a_detacher<OneWord>},
    {"one word: attached, remover", removed_beside_its_attacher<OneWord>},
    {"one word: attached, detacher, attached", attached_after_a_detacher<OneWord>},
    {"2 swaps", two_swaps<Calls>, 0, 1, with_barrier(), NamedProgram::kNone},
    {"made and attached, detacher", made_and_attached_beside_a_detacher<Calls>, -1, -1, with_barrier()},
    {"made and attached, called, detacher", made_and_attached_beside_a_detacher<Calls, true>, -1, -1,
     with_barrier()},
    {"attached, remover", removed_beside_its_attacher<Calls>, -1, -1, with_barrier()},
    {"attached, detacher, attached", attached_after_a_detacher<Calls>, 2, 3, with_barrier(),
     NamedProgram::kAll},
};

}  // namespace

std::span<const NamedProgram> call_variant_programs() { return kPrograms; }

}  // namespace model
