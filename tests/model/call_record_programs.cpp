// Programs for whose a record is: threads that end, come again, forget and are prepared.
#include "call_world.hpp"
#include "programs.hpp"

namespace model {
namespace {

/// Knows of one thread pointer whether any thread has it. Its mutex stands for what orders the end of a thread, the
/// return of its memory and the birth of another there.
struct Kernel {
  Mutex mutex;
  std::uintptr_t nobodys;

  bool has_ended(std::uintptr_t pointer) noexcept {
    nmr::LockGuard<Mutex> lock(mutex);
    return pointer == nobodys;
  }
  void begin_at(std::uintptr_t pointer) noexcept {
    nmr::LockGuard<Mutex> lock(mutex);
    if (pointer == nobodys) nobodys = 0;
  }
};
Kernel* kernel = nullptr;

struct KnowsEnds : ModelPolicy<1, 1> {
  static bool thread_has_ended(std::uintptr_t pointer) noexcept { return kernel->has_ended(pointer); }
};
static_assert(nmr::KnowsEndedThreads<KnowsEnds>);
using Ends = nmr::BasicPerThreadCalls<KnowsEnds>;
using OneSlot = nmr::BasicPerThreadCalls<ModelPolicy<1, 2>>;

/// Makes a world in which the first thread has called.
World<Ends>& make(Run& run) {
  kernel = new Kernel{{}, 0};
  return make_world<Ends>(run, 1);
}

// The thread has ended, and the next one that comes is given its record.
void record_of_an_ended_thread(Run& run) {
  auto& world = make(run);
  kernel->nobodys = pointer(0);
  run.thread([&] { world.call(world.cell); }, pointer(1));
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

// It has left a guard, which another thread leaves: before the record is given away, or else it is kept.
template <bool same>
void left_by_another(Run& run) {
  auto& world = make(run);
  auto& call = called_in_set_up(run, world);
  kernel->nobodys = pointer(0);
  run.thread([&] { (void)world.call(same ? world.cell : world.other_cell); }, pointer(1));
  run.thread([&] {
    World<Ends>::service(*call.target()).use();
    call.leave();
  });
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

// While its record is given away, a thread begins that has its thread pointer. Where nobody detaches meanwhile, what is
// done to the slots of the one who comes shows when the domain ends.
template <bool detached>
void thread_pointer_comes_again(Run& run) {
  auto& world = make(run);
  kernel->nobodys = pointer(0);
  run.thread([&] { world.call(world.cell); }, pointer(1));
  run.thread(
      [&] {
        kernel->begin_at(pointer(0));
        world.call(world.cell);
      },
      pointer(0));
  if (detached) run.thread([&] { world.detach(world.cell); });
  run.at_end([&] {
    if (!detached) world.detach(world.cell);
    end(world, 1);
  });
}

// A thread forgets itself as soon as it has left, and another may be given its record.
template <bool another>
void forgets(Run& run) {
  auto& world = make(run);
  run.thread(
      [&] {
        world.call(world.cell);
        (void)world.domain.forget_this_thread();
        if (another) world.call(world.cell);
      },
      pointer(0));
  if (another) run.thread([&] { world.call(world.cell); }, pointer(1));
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

// Another thread registers whose place in the index is the same: so it is rearranged, and then that thread is where
// the first one was. A call that may not register its thread is not refused for it.
void prepared_beside_a_rearrangement(Run& run) {
  auto& world = make_world<OneSlot>(run, 1);
  run.thread(
      [&] {
        World<OneSlot>::Call call(world.cell, nmr::IfPrepared{});
        check(call.target() != nullptr, "a thread that is prepared is not refused");
      },
      pointer(0));
  run.thread([&] { world.call(world.cell); }, pointer(1));
  run.at_end([&] {
    world.detach(world.cell);
    end(world, 1);
  });
}

// Prepared, it is counted as any call; and without a record, refused.
void prepared_beside_a_detacher(Run& run) {
  auto& world = make_world<OneSlot>(run, 1);
  run.thread(
      [&] {
        World<OneSlot>::Call call(world.cell, nmr::IfPrepared{});
        if (call.target() == nullptr) return;
        World<OneSlot>::service(*call.target()).use();
        World<OneSlot>::Call no_slot(world.cell, nmr::IfPrepared{});
        check(no_slot.target() == nullptr, "there is no slot left");
      },
      pointer(0));
  run.thread([&] {
    World<OneSlot>::Call call(world.cell, nmr::IfPrepared{});
    check(call.target() == nullptr, "this thread is not prepared");
  });
  run.thread([&] { world.detach(world.cell); });
  run.at_end([&] { end(world, 1); });
}

const NamedProgram kPrograms[] = {
    {"ended: record is another's", record_of_an_ended_thread, -1, -1, with_barrier()},
    {"ended: left by another", left_by_another<false>, 1, 2, with_barrier(), 0},
    {"ended: left by another, who comes calls it", left_by_another<true>, 1, 2, with_barrier(), 0},
    {"ended: thread pointer comes again", thread_pointer_comes_again<true>, 0, 1, with_barrier(),
     NamedProgram::kNone},
    {"ended: comes again, all leave", thread_pointer_comes_again<false>, 2, 3, with_barrier()},
    {"ended: comes again, real fences", thread_pointer_comes_again<true>, 0, 1, without_barrier(),
     NamedProgram::kNone},
    {"forgets, having left", forgets<false>, -1, -1, with_barrier()},
    {"forgets, another comes", forgets<true>, 0, 1, with_barrier(), NamedProgram::kNone},
    {"prepared, the index is rearranged", prepared_beside_a_rearrangement, -1, -1, with_barrier()},
    {"prepared, detacher", prepared_beside_a_detacher, 0, 1, with_barrier(), NamedProgram::kNone},
};

}  // namespace

std::span<const NamedProgram> call_record_programs() { return kPrograms; }

}  // namespace model
