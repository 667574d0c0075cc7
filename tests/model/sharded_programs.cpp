// Programs for ShardedRundownRef: two shards, and threads whose pointers fall on one or the other.
#include <nmr/rundown/sharded_rundown_ref.hpp>

#include "model_atomics.hpp"
#include "programs.hpp"

namespace model {
namespace {

using Ref = nmr::BasicShardedRundownRef<ModelAtomics>;
using nmr::Completion;
using nmr::RundownState;

/// Returns a thread pointer that the hash of ShardedRundownRef maps to the shard. The setup of a program is
/// on shard 0.
std::uintptr_t on_shard(unsigned shard, unsigned nth = 0) {
  for (std::uintptr_t pointer = 0x1000;; pointer += 0x1000) {
    const std::uintptr_t mixed = pointer * static_cast<std::uintptr_t>(0x9E3779B97F4A7C15u);
    if ((mixed >> (sizeof mixed * 8 - 16) & 1) == shard && nth-- == 0) return pointer;
  }
}

struct Object {
  Ref ref{2};
  Var<int> data{1};
  int completions = 0;
  int also = 0;
  Completion done{[](Completion&, void* self) noexcept {
                    auto& object = *static_cast<Object*>(self);
                    ++object.completions;
                    object.data.free();
                  },
                  this};
  Completion also_done{[](Completion&, void* self) noexcept { ++static_cast<Object*>(self)->also; }, this};

  void use() noexcept { check(data.read() == 1, "what is protected is whole"); }
  void call() noexcept {
    if (!ref.try_acquire()) return;
    use();
    ref.release();
  }
  /// A reference that is taken before the threads begin, on shard 0.
  void hold() noexcept { check(ref.try_acquire(), "nothing has begun"); }
  void let_go() noexcept {
    use();
    ref.release();
  }
};

void end(Object& object, int completions, int also = 0) {
  check(object.completions == completions && object.also == also, "each completion has run once");
  check(object.ref.run_down_already(), "it has run down");
  check(!object.ref.try_acquire(), "refused");
  destroy(object.ref);
}

template <unsigned... shards>
void callers_and_beginner(Run& run) {
  auto& object = *new Object;
  unsigned nth = 0;
  (run.thread([&] { object.call(); }, on_shard(shards, nth++)), ...);
  run.thread(
      [&] {
        (void)object.ref.begin_rundown(object.done);
        check(!object.ref.try_acquire(), "refused from the return of begin on");
      },
      on_shard(1, 7));
  run.at_end([&] { end(object, 1); });
}

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
      check(!object.ref.try_acquire(), "refused from the return of begin on");
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

template <int holders>
void run_down_and_destroy(Run& run) {
  auto& object = *new Object;
  for (unsigned i = 0; i < holders; ++i) {
    object.hold();
    run.thread([&] { object.let_go(); }, on_shard(i % 2));
  }
  run.thread([&] {
    object.ref.run_down();
    object.data.free();
    destroy(object.ref);
  });
}

void last_of_two_waiters_destroys(Run& run) {
  auto& object = *new Object;
  auto& waiting = *new Atomic<int>(2);
  object.hold();
  run.thread([&] { object.let_go(); }, on_shard(1));
  for (int i = 0; i < 2; ++i) {
    run.thread([&] {
      object.ref.run_down();
      if (waiting.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
      object.data.free();
      destroy(object.ref);
    });
  }
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

template <unsigned... shards>
void reinitialize(Run& run) {
  auto& object = *new Object;
  unsigned nth = 0;
  (run.thread([&] { object.call(); }, on_shard(shards, nth++)), ...);
  run.thread([&] {
    object.ref.run_down();
    object.data.write(0);  // nobody is inside: nobody may see this
    object.data.write(1);
    object.ref.reinitialize();
    (void)object.ref.begin_rundown(object.done);
  });
  run.at_end([&] { end(object, 1); });
}

void reinitialized_for_a_holder(Run& run) {
  auto& object = *new Object;
  object.hold();
  run.thread([&] { object.let_go(); }, on_shard(1));
  run.thread([&] { object.call(); }, on_shard(0));
  run.thread([&] {
    object.ref.run_down();
    object.data.write(0);
    object.data.write(1);
    object.ref.reinitialize();
    (void)object.ref.begin_rundown(object.done);
  });
  run.at_end([&] { end(object, 1); });
}

const NamedProgram kPrograms[] = {
    {"sharded: caller on each shard, beginner", callers_and_beginner<0, 1>},
    {"sharded: 2 callers on one shard, beginner", callers_and_beginner<1, 1>},
    {"sharded: 3 callers, beginner", callers_and_beginner<0, 1, 0>, 3},
    {"sharded: released where taken", holder_and_beginner<0>},
    {"sharded: released on another shard", holder_and_beginner<1>},
    {"sharded: 2 beginners", two_beginners},
    {"sharded: 2 beginners, shards out of balance", shards_out_of_balance},
    {"sharded: 1 holder, run_down destroys", run_down_and_destroy<1>},
    {"sharded: 2 holders, run_down destroys", run_down_and_destroy<2>},
    {"sharded: last of 2 waiters destroys", last_of_two_waiters_destroys, 3},
    {"sharded: duplicate", duplicates},
    {"sharded: reinitialize, 1 caller", reinitialize<1>},
    {"sharded: reinitialize, 2 callers", reinitialize<0, 1>, 3},
    {"sharded: reinitialize, holder and caller", reinitialized_for_a_holder, 3},
};

}  // namespace

std::span<const NamedProgram> sharded_programs() { return kPrograms; }

}  // namespace model
