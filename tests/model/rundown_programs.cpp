// Programs for RundownRef, its list of completions and the event that a wait is. What is the same for a sharded one is in
// rundown_world.hpp.
#include "programs.hpp"
#include "rundown_world.hpp"

namespace model {
namespace {

using Ref = Plain;
using Object = BasicObject<Ref>;
using List = nmr::detail::CompletionList<ModelAtomics>;
using Event = nmr::BasicEvent<ModelAtomics>;
using nmr::Completion;
using nmr::RundownState;

void callers_that_count_in_n(Run& run) {
  auto& object = *new Object;
  run.thread([&] { object.call(3); });
  run.thread([&] {
    if (!object.ref.try_acquire(2)) return;
    object.ref.release();
    object.use();
    object.ref.duplicate();
    object.ref.release(2);
  });
  run.thread([&] { (void)object.ref.begin_rundown(object.done); });
  run.at_end([&] { end(object, 1); });
}

void two_beginners(Run& run) {
  auto& object = *new Object;
  run.thread([&] { object.call(); });
  run.thread([&] { (void)object.ref.begin_rundown(object.done); });
  run.thread([&] { (void)object.ref.begin_rundown(object.also_done); });
  run.at_end([&] { end(object, 1, 1); });
}

// What a beginner has done before it begins happens-before the completion, also where it is not the one that
// completes.
void beginners_publish(Run& run) {
  struct Shared {
    Ref ref;
    Var<int> first{0}, second{0};
    Completion done{[](Completion&, void* self) noexcept {
                      auto& shared = *static_cast<Shared*>(self);
                      check(shared.first.read() == 1, "the beginner's write is there");
                    },
                    this};
  };
  auto& shared = *new Shared;
  run.thread([&] {
    shared.first.write(1);
    (void)shared.ref.begin_rundown(shared.done);
  });
  run.thread([&] { (void)shared.ref.begin_rundown(); });
  run.thread([&] {
    if (shared.ref.try_acquire()) shared.ref.release();
  });
}

// And where it gives no completion of its own that would carry it.
void beginner_without_completion_publishes(Run& run) {
  auto& object = *new Object;
  object.hold();
  run.thread([&] { object.ref.release(); });
  run.thread([&] {
    object.data.write(2);
    (void)object.ref.begin_rundown();
  });
  run.thread([&] {
    if (!object.ref.rundown_begun()) return;
    object.ref.wait_for_rundown();
    check(object.data.read() == 2, "the beginner's write is there");
  });
}

void waiter(Run& run) {
  auto& object = *new Object;
  run.thread([&] { object.call(); });
  run.thread([&] { (void)object.ref.begin_rundown(object.also_done); });
  run.thread([&] {
    object.ref.wait_for_rundown();
    object.data.free();
  });
  run.at_end([&] { end(object, 0, 1); });
}

void observer(Run& run) {
  auto& object = *new Object;
  run.thread([&] { object.call(); });
  run.thread([&] { (void)object.ref.begin_rundown(); });
  run.thread([&] {
    if (object.ref.run_down_already()) object.end_data();
  });
  run.at_end([&] {
    if (object.completions == 0) object.end_data();
    end(object, 1);
  });
}

// The owner sees callers out that come late, as it must; the holder has no further care.
void refused_caller_and_destroy(Run& run) {
  auto& object = *new Object;
  auto& caller_left = *new Atomic<bool>(false);
  object.hold();
  run.thread([&] { object.let_go(); });
  run.thread([&] {
    object.call();
    caller_left.store(true, std::memory_order_release);
  });
  run.thread([&] {
    object.ref.run_down();
    object.data.free();
    while (!caller_left.load(std::memory_order_acquire)) ModelAtomics::relax(0);
    destroy(object.ref);
  });
}

// Beginners that hold references, so that each may begin although the completion of the other destroys the
// object.
void first_completion_destroys(Run& run) {
  struct Shared {
    Ref ref;
    int completions = 0;
    Completion done[2] = {{&complete, this}, {&complete, this}};
    static void complete(Completion&, void* self) noexcept {
      auto& shared = *static_cast<Shared*>(self);
      if (shared.completions++ == 0) destroy(shared.ref);
    }
  };
  auto& shared = *new Shared;
  for (auto& done : shared.done) {
    check(shared.ref.try_acquire(), "nothing has begun");
    run.thread([&] {
      (void)shared.ref.begin_rundown(done);
      shared.ref.release();
    });
  }
  run.at_end([&] { check(shared.completions == 2, "each completion has run once"); });
}

template <bool give_up>
void timed_wait(Run& run) {
  auto& object = *new Object;
  object.hold();
  run.thread([&] { object.let_go(); });
  run.thread([&] {
    (void)object.ref.begin_rundown();
    for (int deadline = 100; !object.ref.wait_for_rundown_until_ns(deadline); ++deadline) {
      if (give_up) return;
      if (deadline == 101) object.ref.wait_for_rundown();
    }
    object.data.free();
    destroy(object.ref);
  });
}

void two_timed_waits(Run& run) {
  auto& object = *new Object;
  object.hold();
  run.thread([&] { object.ref.release(); });
  for (int i = 0; i < 2; ++i) {
    run.thread([&] {
      if (object.ref.wait_for_rundown_until_ns(100)) check(object.ref.run_down_already(), "the wait is over");
    });
  }
  (void)object.ref.begin_rundown(object.done);
  run.at_end([&] { end(object, 1); });
}

// The list by itself: timed waits whose nodes are in it already, while it is closed by a thread that has
// another node free it. This is the inside of a timed wait on an object that another waiter destroys.
template <int waits>
void timed_wait_on_a_list_that_is_freed(Run& run) {
  struct Shared {
    List list;
    Var<int> data{1};
    Completion frees{[](Completion&, void* self) noexcept { destroy(static_cast<Shared*>(self)->list); },
                     this};
  };
  auto& shared = *new Shared;
  check(shared.list.push(shared.frees), "the list is open");
  for (int i = 0; i < waits; ++i) {
    auto& event = *new Event;
    check(shared.list.push(event), "the list is open");
    run.thread([&] {
      const bool set =
          event.wait_until(100, [&](Completion& node) noexcept { return shared.list.try_unlink(node); });
      if (set) check(shared.data.read() == 2, "the wait is after what was waited for");
      destroy(event);
    });
  }
  run.thread([&] {
    shared.data.write(2);
    Completion::run_each(shared.list.close());
  });
}

void pushes_while_one_unlinks(Run& run) {
  struct Shared {
    List list;
    Event event;
    int ran = 0;
    Completion node{[](Completion&, void* runs) noexcept { ++*static_cast<int*>(runs); }, &ran};
  };
  auto& shared = *new Shared;
  check(shared.list.push(shared.event), "the list is open");
  run.thread([&] {
    (void)shared.event.wait_until(100,
                                  [&](Completion& node) noexcept { return shared.list.try_unlink(node); });
    destroy(shared.event);
  });
  run.thread([&] {
    if (!shared.list.push(shared.node)) shared.node.run();
  });
  run.thread([&] { Completion::run_each(shared.list.close()); });
  run.at_end([&] { check(shared.ran == 1, "it has run once"); });
}

void born_run_down(Run& run) {
  struct Shared {
    Ref ref{Ref::BornRunDown{}};
    Var<int> data{0};
  };
  auto& shared = *new Shared;
  for (int i = 0; i < 2; ++i) {
    run.thread([&] {
      if (!shared.ref.try_acquire()) return;
      check(shared.data.read() == 1, "what was prepared is there");
      shared.ref.release();
    });
  }
  run.thread([&] {
    check(shared.ref.begin_rundown() == RundownState::kDrained, "born run down");
    shared.data.write(1);
    shared.ref.reinitialize();
  });
}

// n = 0 only asks, and the answer is ordered like any other.
void asked_while_reinitialized(Run& run) {
  struct Shared {
    Ref ref{Ref::BornRunDown{}};
    Var<int> data{0};
  };
  auto& shared = *new Shared;
  run.thread([&] {
    if (shared.ref.try_acquire(0)) check(shared.data.read() == 1, "what was prepared is there");
  });
  run.thread([&] {
    shared.data.write(1);
    shared.ref.reinitialize();
  });
}

// Begins as soon as it sees that it is open again.
void begun_when_seen_open(Run& run) {
  auto& object = *new Object;
  (void)object.ref.begin_rundown();
  run.thread([&] {
    if (!object.ref.rundown_begun()) (void)object.ref.begin_rundown(object.also_done);
  });
  run.thread([&] { object.ref.reinitialize(); });
  run.at_end([&] {
    (void)object.ref.begin_rundown(object.done);
    check(object.also <= 1, "no completion runs twice");
    end(object, 1, object.also);
  });
}

// Of two that open it again one does, and both may call from then on.
void two_reinitialize(Run& run) {
  auto& object = *new Object;
  auto& opened = *new int(0);
  (void)object.ref.begin_rundown();
  for (int i = 0; i < 2; ++i) {
    run.thread([&] {
      if (object.ref.try_reinitialize()) ++opened;
    });
  }
  run.at_end([&] {
    check(opened == 1, "one has opened it");
    check(object.ref.try_acquire(), "it is open");
    object.ref.release();
    (void)object.ref.begin_rundown(object.done);
    end(object, 1);
  });
}

// Who opens it again comes after everything that was done under the references before.
void reinitialized_by_another(Run& run) {
  auto& object = *new Object;
  object.hold();
  run.thread([&] {
    object.data.write(2);
    object.ref.release();
  });
  run.thread([&] { (void)object.ref.begin_rundown(); });
  run.thread([&] {
    if (object.ref.try_reinitialize()) object.data.write(3);
  });
  run.at_end([&] {
    (void)object.ref.begin_rundown(object.done);
    end(object, 1);
  });
}

// The last two give back what they hold without running what is due; whoever is given it runs it.
void released_and_deferred(Run& run) {
  auto& object = *new Object;
  check(object.ref.try_acquire(2), "nothing has begun");
  for (int i = 0; i < 2; ++i) {
    run.thread([&] {
      check(object.data.read() == 1, "what is held is whole");
      nmr::Completion::run_each(object.ref.release_deferred());
    });
  }
  run.thread([&] { (void)object.ref.begin_rundown(object.done); });
  run.at_end([&] { end(object, 1); });
}

// Closed only if nobody is inside: once, and a try that finds somebody refuses nobody.
template <int tries>
void closed_if_idle(Run& run) {
  auto& object = *new Object;
  auto& closed = *new int(0);
  for (int i = 0; i < 2; ++i) run.thread([&] { object.call(); });
  run.thread([&] {
    for (int i = 0; i < tries; ++i) {
      if (!object.ref.try_run_down_if_idle()) continue;
      ++closed;
      object.end_data();
    }
  });
  run.at_end([&] {
    check(closed <= 1, "it ends once");
    if (closed == 0) check(object.ref.try_run_down_if_idle(), "nobody is inside, and it was left open");
    if (closed == 0) object.end_data();
    end(object, 1);
  });
}

void held_is_not_idle(Run& run) {
  auto& object = *new Object;
  object.hold();
  run.thread([&] {
    check(object.ref.try_acquire(), "left as it is");
    object.let_go();
    object.let_go();
  });
  run.thread([&] {
    if (object.ref.try_run_down_if_idle()) object.end_data();
  });
  run.at_end([&] {
    if (object.ref.try_run_down_if_idle()) object.end_data();
    end(object, 1);
  });
}

// Beside one who begins whatever is inside, and one who waits for the end and frees what it ends: told once each.
void idle_beside_beginner(Run& run) {
  auto& object = *new Object;
  run.thread([&] { object.call(); });
  run.thread([&] { (void)object.ref.begin_rundown(object.done); });
  run.thread([&] { (void)object.ref.try_run_down_if_idle(); });
  run.at_end([&] { end(object, 1); });
}

void idle_ends_waits(Run& run) {
  auto& object = *new Object;
  (void)object.ref.when_run_down(object.done);
  run.thread([&] { object.call(); });
  run.thread([&] { (void)object.ref.try_run_down_if_idle(); });
  run.thread([&] {
    if (object.ref.wait_for_rundown_until_ns(100)) check(object.ref.run_down_already(), "the wait is over");
  });
  run.at_end([&] {
    (void)object.ref.try_run_down_if_idle();
    end(object, 1);
  });
}

// And opened again, with a caller that was refused on its way out.
void idle_of_two_lives(Run& run) {
  auto& object = *new Object;
  for (int i = 0; i < 2; ++i) run.thread([&] { object.call(); });
  run.thread([&] {
    if (!object.ref.try_run_down_if_idle()) return;
    object.data.write(0);  // nobody is inside: nobody may see this
    object.data.write(1);
    object.ref.reinitialize();
  });
  run.at_end([&] {
    check(object.ref.try_run_down_if_idle(), "open, and idle");
    object.end_data();
    end(object, 1);
  });
}

// To give a completion that has yet to run is misuse, and has no effect.
void given_twice(Run& run) {
  auto& object = *new Object;
  object.hold();
  run.expect_misuse();
  run.thread([&] { object.call(); });
  run.thread([&] {
    (void)object.ref.begin_rundown(object.done);
    (void)object.ref.begin_rundown(object.done);
    check(misuse_count() == 1 && object.done.in_use(), "it is reported");
    object.ref.release();
  });
  run.at_end([&] { end(object, 1); });
}

// But one that runs may be given again.
void given_by_itself(Run& run) {
  struct Shared {
    Ref refs[2];
    int runs = 0;
    Completion done{[](Completion& self, void* context) noexcept {
                      auto& shared = *static_cast<Shared*>(context);
                      if (++shared.runs == 1) (void)shared.refs[1].begin_rundown(self);
                    },
                    this};
  };
  auto& shared = *new Shared;
  for (Ref& ref : shared.refs) {
    check(ref.try_acquire(), "nothing has begun");
    run.thread([&ref] { ref.release(); });
  }
  (void)shared.refs[0].begin_rundown(shared.done);
  run.at_end([&] { check(shared.runs == 2 && !shared.done.in_use(), "it has run twice"); });
}

void event_on_the_waiters_stack(Run& run) {
  auto& place = *new Atomic<Event*>(nullptr);
  auto& data = *new Var<int>(0);
  run.thread([&] {
    Event event;
    place.store(&event, std::memory_order_release);
    event.wait();
    check(data.read() == 1, "the wait is after what was waited for");
  });
  run.thread([&] {
    data.write(1);
    Event* event = nullptr;
    while ((event = place.load(std::memory_order_acquire)) == nullptr) ModelAtomics::relax(0);
    event->run();
  });
}

const NamedProgram kPrograms[] = {
    {"2 callers, beginner", callers_and_beginner<Ref, 0, 0>},
    {"3 callers, beginner", callers_and_beginner<Ref, 0, 0, 0>, -1, -1, {}, 1, true},
    {"callers that count in n", callers_that_count_in_n},
    {"caller, 2 beginners", two_beginners},
    {"beginners publish", beginners_publish},
    {"beginner without completion publishes", beginner_without_completion_publishes},
    {"caller, beginner, waiter", waiter},
    {"caller, beginner, observer", observer},
    {"1 holder, run_down destroys", run_down_and_destroy<Ref, 1>},
    {"2 holders, run_down destroys", run_down_and_destroy<Ref, 2>},
    {"holder, refused caller, run_down destroys", refused_caller_and_destroy},
    {"last of 2 waiters destroys", last_of_two_waiters_destroys<Ref>},
    {"first of 2 completions destroys", first_completion_destroys},
    {"timed wait, again until it has run down", timed_wait<false>},
    {"timed wait gives up", timed_wait<true>},
    {"2 timed waits", two_timed_waits},
    {"timed wait on a list that is freed", timed_wait_on_a_list_that_is_freed<1>},
    {"2 timed waits on a list that is freed", timed_wait_on_a_list_that_is_freed<2>},
    {"push, unlink and close", pushes_while_one_unlinks},
    {"reinitialize, 1 caller twice", reinitialize<Ref, 2, 0>},
    {"reinitialize, 2 callers", reinitialize<Ref, 1, 0, 0>},
    {"born run down", born_run_down},
    {"asked while reinitialized", asked_while_reinitialized},
    {"begun when seen open", begun_when_seen_open},
    {"2 reinitialize", two_reinitialize},
    {"reinitialized by another", reinitialized_by_another},
    {"released and deferred", released_and_deferred},
    {"closed if idle", closed_if_idle<1>},
    {"closed if idle, tried twice", closed_if_idle<2>},
    {"held is not idle", held_is_not_idle},
    {"closed if idle, beginner", idle_beside_beginner},
    {"closed if idle, waits", idle_ends_waits},
    {"closed if idle, reinitialize", idle_of_two_lives},
    {"completion given twice", given_twice},
    {"completion given by itself", given_by_itself},
    {"event on the waiter's stack", event_on_the_waiters_stack},
};

}  // namespace

std::span<const NamedProgram> rundown_programs() { return kPrograms; }

}  // namespace model
