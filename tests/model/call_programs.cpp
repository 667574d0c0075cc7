// Programs for the call path: slots of threads, the two barriers of a detach, and what is under the domain's
// mutex.
#include "call_world.hpp"
#include "programs.hpp"

namespace model {
namespace {

using Calls = nmr::BasicPerThreadCalls<ModelPolicy<2, 4>>;
using OneSlot = nmr::BasicPerThreadCalls<ModelPolicy<1, 4>>;
using W = World<Calls>;

/// Makes a world with one service attached, and the records of the first `registered` threads.
W& make(Run& run, unsigned registered) { return make_world<Calls>(run, registered); }

template <unsigned callers>
void callers_and_detacher(Run& run) {
  auto& world = make(run, callers);
  for (unsigned i = 0; i < callers; ++i) run.thread([&] { world.call(world.cell); }, pointer(i));
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

// Each slot is used for two bindings, of which both are detached.
template <unsigned callers, bool together>
void two_calls_in_one_slot(Run& run) {
  auto& world = make_world<OneSlot>(run, callers);
  world.attach(world.other_cell, world.second);
  for (unsigned i = 0; i < callers; ++i) {
    run.thread(
        [&] {
          world.call(world.cell);
          world.call(world.other_cell);
        },
        pointer(i));
  }
  if (together) {
    run.thread([&] {
      world.detach(world.cell);
      world.detach(world.other_cell);
    });
  } else {
    run.thread([&] { world.detach(world.cell); });
    run.thread([&] { world.detach(world.other_cell); });
  }
  run.at_end([&] { end(world, 1, 1); });
}

template <bool outer_first, bool both>
void nested(Run& run) {
  auto& world = make(run, 1);
  world.attach(world.other_cell, world.second);
  run.thread(
      [&] {
        W::Call outer(world.cell);
        if (outer.target() != nullptr) W::service(*outer.target()).use();
        W::Call inner(world.other_cell);
        if (inner.target() != nullptr) W::service(*inner.target()).use();
        if (outer.target() != nullptr) W::service(*outer.target()).use();
        if (outer_first) {
          outer.leave();
          if (inner.target() != nullptr) W::service(*inner.target()).use();
        }
      },
      pointer(0));
  run.thread([&] { world.detach(world.cell); });
  if (both) run.thread([&] { world.detach(world.other_cell); });
  run.at_end([&] {
    if (!both) world.detach(world.other_cell);
    end(world, 1, 1);
  });
}

// Twice inside the same binding.
void nested_in_one(Run& run) {
  auto& world = make(run, 1);
  run.thread(
      [&] {
        W::Call outer(world.cell);
        W::Call inner(world.cell);
        if (inner.target() != nullptr) W::service(*inner.target()).use();
        inner.leave();
        if (outer.target() != nullptr) W::service(*outer.target()).use();
      },
      pointer(0));
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

template <unsigned callers>
void hold(Run& run) {
  auto& world = make(run, callers + 1);
  run.thread(
      [&] {
        W::Call call(world.cell);
        if (call.target() == nullptr) return;
        auto& held = call.hold();
        W::service(held).use();
        held.refs().release();
      },
      pointer(callers));
  for (unsigned i = 0; i < callers; ++i) run.thread([&] { world.call(world.cell); }, pointer(i));
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

// The new one is put in while the old one drains, and no call is refused.
template <unsigned callers, int calls>
void swap(Run& run) {
  auto& world = make(run, callers);
  for (unsigned i = 0; i < callers; ++i) {
    run.thread(
        [&] {
          for (int j = 0; j < calls; ++j) check(world.call(world.cell), "no call is refused");
        },
        pointer(i));
  }
  run.thread([&] { world.attach(world.cell, world.second); });
  run.at_end([&world] {
    world.detach(world.cell);
    end(world, 1, 1);
  });
}

void swap_and_detach(Run& run) {
  auto& world = make(run, 1);
  run.thread(
      [&] {
        world.call(world.cell);
        world.call(world.cell);
      },
      pointer(0));
  run.thread([&] { world.attach(world.cell, world.second); });
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] {
    world.detach(world.cell);
    end(world, 1, 1);
  });
}

void two_detachers_of_one(Run& run) {
  auto& world = make(run, 1);
  run.thread([&] { world.call(world.cell); }, pointer(0));
  run.thread([&] { world.detach(world.cell); });
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

// As a deregistration does: both are closed with one barrier.
void closed_together(Run& run) {
  auto& world = make(run, 1);
  world.attach(world.other_cell, world.second);
  run.thread(
      [&] {
        W::Call outer(world.cell);
        world.call(world.other_cell);
        if (outer.target() != nullptr) W::service(*outer.target()).use();
      },
      pointer(0));
  run.thread([&] {
    auto* const first = world.cell.remove_any();
    auto* const second = world.other_cell.remove_any();
    (void)first->refs().begin_rundown(world.first.done);
    (void)second->refs().begin_rundown(world.second.done);
    first->link_to_close(second);
    Calls::close(world.domain, first);
  });
  run.at_end([&] { end(world, 1, 1); });
}

// Threads that call in the domain for the first time while it detaches.
template <unsigned registered, unsigned callers>
void registers_during_a_detach(Run& run) {
  auto& world = make(run, registered);
  for (unsigned i = 0; i < callers; ++i) run.thread([&] { world.call(world.cell); }, pointer(i));
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

template <bool registered>
void inherited(Run& run) {
  auto& world = make(run, registered ? 1 : 0);
  const unsigned first = run.thread([&] { world.call(world.cell); }, pointer(0));
  run.thread_after(first, [&] { world.call(world.cell); }, pointer(0));
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

// A guard that is left on another thread, while the thread whose slot it holds calls on.
void left_on_another_thread(Run& run) {
  auto& world = make(run, 1);
  world.attach(world.other_cell, world.second);
  auto& handed_over = *new Atomic<W::Call*>(nullptr);
  run.thread(
      [&] {
        handed_over.store(new W::Call(world.cell), std::memory_order_release);
        world.call(world.other_cell);
        world.call(world.other_cell);
      },
      pointer(0));
  run.thread([&] {
    W::Call* call = nullptr;
    while ((call = handed_over.load(std::memory_order_acquire)) == nullptr) ModelAtomics::relax(0);
    if (call->target() != nullptr) W::service(*call->target()).use();
    call->leave();
  });
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] {
    world.detach(world.other_cell);
    end(world, 1, 1);
  });
}

// One call is in progress and left last; another is refused late. The second detach meets the address of what
// the first took out, and that may be gone, in a slot.
void refused_between_two_detaches(Run& run) {
  auto& world = make(run, 2);
  world.attach(world.other_cell, world.second);
  run.set_up_as(pointer(0));
  auto& call = *new W::Call(world.cell);
  run.thread([&] { world.call(world.cell); }, pointer(1));
  run.thread([&] {
    world.detach(world.cell);
    world.detach(world.other_cell);
    call.leave();
  });
  run.at_end([&] { end(world, 1, 1); });
}

// The same binding again: its address is in slots from before.
void attached_again(Run& run) {
  auto& world = make(run, 1);
  run.thread(
      [&] {
        world.call(world.cell);
        world.call(world.cell);
      },
      pointer(0));
  run.thread([&] {
    nmr::BasicEvent<Calls::Atomics> drained;
    (void)world.cell.remove_any();
    (void)world.first.refs().begin_rundown(drained);
    Calls::close(world.domain, &world.first);
    drained.wait();
    world.first.data.write(0);
    world.first.data.write(1);
    world.attach(world.cell, world.first);
  });
  run.at_end([&] {
    world.detach(world.cell);
    end(world, 1);
  });
}

const NamedProgram kPrograms[] = {
    {"calls: 1 caller, detacher", callers_and_detacher<1>, -1, -1, with_barrier()},
    {"calls: 2 callers, detacher", callers_and_detacher<2>, 2, -1, with_barrier(), NamedProgram::kAll},
    {"calls: 3 callers, detacher", callers_and_detacher<3>, 1, 2, with_barrier(), NamedProgram::kNone, true},
    {"calls: 2 calls in 1 slot, 1 detacher", two_calls_in_one_slot<1, true>, -1, -1, with_barrier()},
    {"calls: 2 calls in 1 slot, 2 detachers", two_calls_in_one_slot<1, false>, 0, 1, with_barrier(),
     NamedProgram::kNone},
    {"calls: 2 x 2 calls in 1 slot, 1 detacher", two_calls_in_one_slot<2, true>, 1, 2, with_barrier(),
     NamedProgram::kNone},
    {"calls: nested, inner left first", nested<false, false>, -1, -1, with_barrier()},
    {"calls: nested, outer left first", nested<true, false>, -1, -1, with_barrier()},
    {"calls: nested, 2 detachers", nested<true, true>, 0, 1, with_barrier(), NamedProgram::kNone},
    {"calls: nested in one binding", nested_in_one, -1, -1, with_barrier()},
    {"calls: hold", hold<0>, -1, -1, with_barrier()},
    {"calls: hold, another caller", hold<1>, 2, 3, with_barrier(), 0},
    {"calls: swap, 1 caller twice", swap<1, 2>, -1, -1, with_barrier()},
    {"calls: swap, 2 callers", swap<2, 1>, 2, 3, with_barrier(), 0},
    {"calls: swap and detach", swap_and_detach, 0, 1, with_barrier(), NamedProgram::kNone},
    {"calls: 2 detachers of one binding", two_detachers_of_one, -1, -1, with_barrier()},
    {"calls: 2 bindings closed together", closed_together, -1, -1, with_barrier()},
    {"calls: registers during a detach", registers_during_a_detach<0, 1>, -1, -1, with_barrier()},
    {"calls: registers beside a caller", registers_during_a_detach<1, 2>, 2, 3, with_barrier(), 0},
    {"calls: inherited record", inherited<true>, -1, -1, with_barrier()},
    {"calls: inherited, made in the run", inherited<false>, -1, -1, with_barrier()},
    {"calls: left on another thread", left_on_another_thread, 2, 3, with_barrier(), 0},
    {"calls: refused between 2 detaches", refused_between_two_detaches, -1, -1, with_barrier()},
    {"calls: attached again", attached_again, -1, -1, with_barrier()},
};

}  // namespace

std::span<const NamedProgram> call_programs() { return kPrograms; }

}  // namespace model
