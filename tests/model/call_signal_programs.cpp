// Programs for calls from signal handlers: a handler comes once or never, before any step of its thread.
#include "call_world.hpp"
#include "programs.hpp"

namespace model {
namespace {

using Calls = nmr::BasicPerThreadCalls<ModelPolicy<2, 4>>;
using OneSlot = nmr::BasicPerThreadCalls<ModelPolicy<1, 4>>;
using SmallTable = nmr::BasicPerThreadCalls<ModelPolicy<2, 1>>;

// The handler may come while its thread enters, is inside or leaves, before the thread has a record or after,
// and it calls what its thread calls or something else.
template <class Kind, unsigned registered, bool same>
void caller(Run& run) {
  auto& world = make_world<Kind>(run, registered);
  if (!same) world.attach(world.other_cell, world.second);
  auto& of_handler = same ? world.cell : world.other_cell;
  const unsigned thread = run.thread([&] { world.call(world.cell); }, pointer(0));
  run.handler_of(thread, [&] { world.call(of_handler); });
  run.thread([&] {
    world.detach(world.cell);
    if (!same) world.detach(world.other_cell);
  });
  run.at_end([&] { end(world, 1, same ? 0 : 1); });
}

// The only slot is taken, so that the handler's call is counted under the mutex of the domain; or the thread's
// own is, and the handler comes into that.
template <bool twice>
void without_a_slot(Run& run) {
  using W = World<OneSlot>;
  auto& world = make_world<OneSlot>(run, 1);
  const unsigned thread = run.thread(
      [&] {
        W::Call outer(world.cell);
        if (twice) world.call(world.cell);
        if (outer.target() != nullptr) W::service(*outer.target()).use();
      },
      pointer(0));
  run.handler_of(thread, [&] { world.call(world.cell); });
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

// A thread that has called before detaches, and its handler calls in the midst of that.
void detacher(Run& run) {
  auto& world = make_world<Calls>(run, 2);
  world.attach(world.other_cell, world.second);
  const unsigned thread = run.thread([&] { world.detach(world.cell); }, pointer(0));
  run.handler_of(thread, [&] {
    world.call(world.cell);
    check(world.call(world.other_cell), "that is attached all the time");
  });
  run.thread([&] { world.call(world.cell); }, pointer(1));
  run.at_end([&] {
    world.detach(world.other_cell);
    end(world, 1, 1);
  });
}

// The table has been outgrown, and the handler's call goes to the new one: perhaps while the thread is leaving
// its last call in the old one.
void in_a_larger_table(Run& run) {
  auto& world = make_world<SmallTable>(run, 1);
  auto& call = called_in_set_up(run, world);
  run.set_up_as(pointer(1));
  check(!world.call(world.other_cell), "nothing is there");
  const unsigned thread = run.thread(
      [&] {
        World<SmallTable>::service(*call.target()).use();
        call.leave();
      },
      pointer(0));
  run.handler_of(thread, [&] { world.call(world.cell); });
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

const NamedProgram kPrograms[] = {
    {"signal: in a caller, calls the same", caller<Calls, 1, true>, 1, 3, with_barrier(), NamedProgram::kAll},
    {"signal: in a caller, calls another", caller<Calls, 1, false>, 1, 2, with_barrier(), 0},
    {"signal: in a first call", caller<Calls, 0, true>, 1, 3, with_barrier(), NamedProgram::kAll},
    {"signal: in a caller, real fences", caller<Calls, 1, true>, 2, 3, without_barrier(), NamedProgram::kAll},
    {"signal: 1 slot", without_a_slot<false>, 1, 2, with_barrier(), NamedProgram::kAll},
    {"signal: 1 slot, in a call without", without_a_slot<true>, 1, 2, with_barrier(), 0},
    {"signal: in a detacher", detacher, 2, 3, with_barrier(), NamedProgram::kAll},
    {"signal: in a larger table", in_a_larger_table, 2, 3, with_barrier(), NamedProgram::kAll},
};

}  // namespace

std::span<const NamedProgram> call_signal_programs() { return kPrograms; }

}  // namespace model
