// Programs for ShardedRundownRef: two shards, and threads whose pointers fall on one or the other.
#include "programs.hpp"
#include "rundown_world.hpp"

namespace model {
namespace {

using Ref = Sharded;
using Object = BasicObject<Ref>;
using nmr::Completion;

template <unsigned released_on>
void holder_and_beginner(Run& run) {
  auto& object = *new Object;
  object.hold();
  run.thread([&] { object.let_go(); }, on_shard(released_on));
  run.thread([&] { object.call(); }, on_shard(1, 1));
  run.thread([&] { (void)object.ref.begin_rundown(object.done); });
  run.at_end([&] { end(object, 1); });
}

void two_beginners(Run& run) {
  auto& object = *new Object;
  object.hold();
  run.thread([&] { object.let_go(); }, on_shard(1));
  for (Completion* done : {&object.done, &object.also_done}) {
    run.thread([&object, done] {
      (void)object.ref.begin_rundown(*done);
      object.check_refused();
    });
  }
  run.at_end([&] { end(object, 1, 1); });
}

// One shard is as far below 0 as the other is above: whoever closes the last of them has to see what was
// moved from both.
void shards_out_of_balance(Run& run) {
  auto& object = *new Object;
  for (int i = 0; i < 2; ++i) object.hold();
  run.set_up_as(on_shard(1));
  object.ref.release(2);
  for (Completion* done : {&object.done, &object.also_done}) {
    run.thread([&object, done] { (void)object.ref.begin_rundown(*done); });
  }
  run.at_end([&] { end(object, 1, 1); });
}

void duplicates(Run& run) {
  auto& object = *new Object;
  object.hold();
  run.thread(
      [&] {
        object.ref.duplicate();
        object.ref.release();
        object.let_go();
      },
      on_shard(1));
  run.thread([&] { (void)object.ref.begin_rundown(object.done); });
  run.at_end([&] { end(object, 1); });
}

void reinitialized_for_a_holder(Run& run) {
  auto& object = *new Object;
  object.hold();
  run.thread([&] { object.let_go(); }, on_shard(1));
  run.thread([&] { object.call(); }, on_shard(0));
  owner_of_two_lives(run, object);
}

const NamedProgram kPrograms[] = {
    {"sharded: caller on each shard, beginner", callers_and_beginner<Ref, 0, 1>},
    {"sharded: 2 callers on one shard, beginner", callers_and_beginner<Ref, 1, 1>},
    {"sharded: 3 callers, beginner", callers_and_beginner<Ref, 0, 1, 0>, 3},
    {"sharded: released where taken", holder_and_beginner<0>},
    {"sharded: released on another shard", holder_and_beginner<1>},
    {"sharded: 2 beginners", two_beginners},
    {"sharded: 2 beginners, shards out of balance", shards_out_of_balance},
    {"sharded: 1 holder, run_down destroys", run_down_and_destroy<Ref, 1>},
    {"sharded: 2 holders, run_down destroys", run_down_and_destroy<Ref, 2>},
    {"sharded: last of 2 waiters destroys", last_of_two_waiters_destroys<Ref>, 3},
    {"sharded: duplicate", duplicates},
    {"sharded: reinitialize, 1 caller", reinitialize<Ref, 1, 1>},
    {"sharded: reinitialize, 2 callers", reinitialize<Ref, 1, 0, 1>, 3},
    {"sharded: reinitialize, holder and caller", reinitialized_for_a_holder, 3},
};

}  // namespace

std::span<const NamedProgram> sharded_programs() { return kPrograms; }

}  // namespace model
