// Programs for waits with a time limit on either rundown reference, beside those who learn of the end in another way
// and then do what they may: end the object, or open it again.
#include <utility>

#include <nmr/rundown/std_rundown.hpp>

#include "wait_world.hpp"

namespace model {
namespace {

using nmr::Completion;

using Policy = TellsWaits<ModelAtomics>;
using Ref = nmr::BasicRundownRef<Policy>;
using Sharded = nmr::BasicShardedRundownRef<Policy>;
using Kernel = nmr::BasicRundownRef<KernelPolicy>;

/// Something that is held once when the threads begin, and whose rundown has begun.
template <class Form>
struct Object {
  WaitsBegun waits;
  Form ref;
  Var<int> data{1};
  int completions = 0;
  bool ended = false;
  Completion done{[](Completion&, void* self) noexcept { ++static_cast<Object*>(self)->completions; }, this};

  Object() noexcept {
    check(ref.try_acquire(), "nothing has begun");
    (void)ref.begin_rundown();
  }
  void let_go() noexcept {
    data.write(2);
    ref.release();
  }
  /// Returns whether it was in time.
  bool wait() noexcept {
    if (!ref.wait_for_rundown_for(std::chrono::nanoseconds(100))) return false;
    check(data.read() == 2, "the wait is after what was waited for");
    return true;
  }
  /// Returns whether it has run down, as this thread is told.
  bool told(Learns how) noexcept {
    if (how == Learns::kBeginsLate) return ref.begin_rundown() == nmr::RundownState::kDrained;
    if (!ref.run_down_already()) return false;
    if (how == Learns::kWaitsLate) ref.wait_for_rundown();
    return true;
  }
  void end() noexcept {
    if (!std::exchange(ended, true)) destroy(ref);
  }
};

// The owner frees the object as soon as it is told, while timed waits may be anywhere from their begin to their end.
template <class Form, Learns how, int waits>
void freed(Run& run) {
  auto& object = *new Object<Form>;
  run.thread([&] { object.let_go(); });
  for (int i = 0; i < waits; ++i) run.thread([&] { object.wait(); });
  run.thread([&] {
    if (object.waits.all(waits) && object.told(how)) object.end();
  });
  run.at_end([&] { object.end(); });
}

// As above, by the completion of the end itself, and by a wait that is in the list with the timed one.
template <class Form>
void freed_by_a_completion(Run& run) {
  auto& object = *new Object<Form>;
  auto& frees = *new Completion(
      [](Completion&, void* self) noexcept { static_cast<Object<Form>*>(self)->end(); }, &object);
  (void)object.ref.begin_rundown(frees);
  run.thread([&] { object.wait(); });
  run.thread([&] {
    if (object.waits.all(1)) object.let_go();
  });
  run.at_end([&] {
    if (!object.ended) object.let_go();
    check(object.ended, "the completion has run");
  });
}

template <class Form>
void freed_by_a_wait(Run& run) {
  auto& object = *new Object<Form>;
  run.thread([&] { object.wait(); });
  run.thread([&] { object.let_go(); });
  run.thread([&] {
    if (!object.waits.all(1)) return;
    object.ref.wait_for_rundown();
    object.end();
  });
  run.at_end([&] { object.end(); });
}

// What is due is run later, by one who has given back the last reference holding a lock perhaps.
void freed_before_what_is_due_has_run(Run& run) {
  auto& object = *new Object<Ref>;
  run.thread([&] {
    nmr::CompletionBatch due;
    object.data.write(2);
    due.append(object.ref.release_deferred());
    due.run();
  });
  run.thread([&] { object.wait(); });
  run.thread([&] {
    if (object.waits.all(1) && object.told(Learns::kPolls)) object.end();
  });
  run.at_end([&] { object.end(); });
}

// The owner opens it again and ends it a second time. A wait belongs to the life in which it began, and comes back.
template <class Form, Learns how>
void opened_again(Run& run) {
  auto& object = *new Object<Form>;
  run.thread([&] { object.let_go(); });
  run.thread([&] { object.wait(); });
  run.thread([&] {
    if (!object.told(how)) return;
    object.ref.reinitialize();
    check(object.ref.begin_rundown(object.done) == nmr::RundownState::kDrained, "nobody is inside");
    check(object.completions == 1, "each completion has run once");
  });
  run.at_end([&] {
    check(object.ref.run_down_already(), "it has run down");
    object.end();
  });
}

// Of two timed waits the one that was in time ends the object, or opens it again, whatever the other is at.
template <class Form, bool opens>
void ended_by_one_of_two(Run& run) {
  auto& object = *new Object<Form>;
  run.thread([&] { object.let_go(); });
  run.thread([&] { object.wait(); });
  run.thread([&] {
    if (!object.wait() || !object.waits.all(2)) return;
    if (!opens) return object.end();
    object.ref.reinitialize();
    (void)object.ref.begin_rundown();
  });
  run.at_end([&] { object.end(); });
}

// Its next life is held by another, so that a wait which is late waits for that.
template <class Form>
void opened_again_and_held(Run& run) {
  auto& object = *new Object<Form>;
  run.thread([&] { object.let_go(); });
  run.thread([&] { object.wait(); });
  run.thread([&] {
    if (!object.told(Learns::kPolls)) return;
    object.ref.reinitialize();
    check(object.ref.try_acquire(), "it is open");
    (void)object.ref.begin_rundown(object.done);
    check(object.completions == 0, "it is held");
    object.ref.release();
  });
  run.at_end([&] { object.end(); });
}

// One that was told that the time is over waits again.
template <class Form>
void waits_again(Run& run) {
  auto& object = *new Object<Form>;
  run.thread([&] { object.let_go(); });
  run.thread([&] {
    if (object.wait()) return object.end();
    if (object.ref.wait_for_rundown_for(std::chrono::nanoseconds(101))) object.end();
  });
  run.at_end([&] { object.end(); });
}

// The last release comes above the wait, on its processor: there it can wait for nothing that the wait is about to do.
void let_go_above_the_wait(Run& run) {
  auto& object = *new Object<Kernel>;
  auto& let_go = *new bool(false);
  const unsigned waits = run.thread([&] { object.wait(); });
  run.handler_of(waits, [&] {
    object.let_go();
    let_go = true;
  });
  run.at_end([&] {
    if (!let_go) object.let_go();
    object.end();
  });
}

// As above, another who begins comes above the last release, beside a wait.
void begun_above_the_last_release(Run& run) {
  auto& object = *new Object<Kernel>;
  auto& begun = *new bool(false);
  const unsigned releases = run.thread([&] { object.let_go(); });
  run.handler_of(releases, [&] {
    (void)object.ref.begin_rundown(object.done);
    begun = true;
  });
  run.thread([&] { object.wait(); });
  run.at_end([&] {
    check(object.completions == (begun ? 1 : 0), "the completion has run once");
    object.end();
  });
}

const NamedProgram kPrograms[] = {
    {"timed wait, freed by one who polls", freed<Ref, Learns::kPolls, 1>},
    {"timed wait, freed by one who waits late", freed<Ref, Learns::kWaitsLate, 1>},
    {"timed wait, freed by one who begins late", freed<Ref, Learns::kBeginsLate, 1>},
    {"2 timed waits, freed by one who polls",
     freed<Ref, Learns::kPolls, 2>,
     2,
     2,
     {},
     NamedProgram::kNone,
     true},
    {"2 timed waits, freed by one of them", ended_by_one_of_two<Ref, false>, 3, 3, {}, NamedProgram::kNone},
    {"timed wait, freed by a completion", freed_by_a_completion<Ref>},
    {"timed wait, freed by a wait", freed_by_a_wait<Ref>},
    {"timed wait, freed before what is due has run", freed_before_what_is_due_has_run},
    {"timed wait, opened again by one who polls", opened_again<Ref, Learns::kPolls>},
    {"timed wait, opened again by one who waits late", opened_again<Ref, Learns::kWaitsLate>},
    {"2 timed waits, opened again by one of them",
     ended_by_one_of_two<Ref, true>,
     3,
     3,
     {},
     NamedProgram::kNone},
    {"timed wait, opened again and held", opened_again_and_held<Ref>},
    {"timed wait, and another", waits_again<Ref>},
    {"own event: timed wait, freed by one who polls", freed<Kernel, Learns::kPolls, 1>},
    {"own event: timed wait, freed by one who waits late", freed<Kernel, Learns::kWaitsLate, 1>},
    {"own event: timed wait, freed by a completion", freed_by_a_completion<Kernel>},
    {"own event: timed wait, freed by a wait", freed_by_a_wait<Kernel>},
    {"own event: timed wait, opened again by one who polls", opened_again<Kernel, Learns::kPolls>},
    {"own event: timed wait, last release above it", let_go_above_the_wait},
    {"own event: timed wait, begun above the last release", begun_above_the_last_release},
    {"sharded: timed wait, freed by one who polls", freed<Sharded, Learns::kPolls, 1>},
    {"sharded: timed wait, freed by one who waits late", freed<Sharded, Learns::kWaitsLate, 1>},
    {"sharded: timed wait, freed by a wait", freed_by_a_wait<Sharded>},
    {"sharded: timed wait, opened again by one who polls", opened_again<Sharded, Learns::kPolls>, 3},
};

}  // namespace

std::span<const NamedProgram> wait_programs() { return kPrograms; }

}  // namespace model
