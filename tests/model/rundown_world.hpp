#pragma once
/// What the programs for either rundown reference are made of, and those that are the same for both.
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <nmr/rundown/std_rundown.hpp>

#include "model_atomics.hpp"

namespace model {

// No classes of our own: one of these would have the same name with planted faults and without.
using Plain = nmr::BasicRundownRef<ModelAtomics>;
using Sharded = nmr::BasicShardedRundownRef<ModelAtomics>;  // two shards, as there are two processors

/// Returns a thread pointer that the hash of ShardedRundownRef maps to the shard. The setup of a program is
/// on shard 0. A RundownRef does not ask for it.
inline std::uintptr_t on_shard(unsigned shard, unsigned nth = 0) {
  for (std::uintptr_t pointer = 0x1000;; pointer += 0x1000) {
    const std::uintptr_t mixed = pointer * static_cast<std::uintptr_t>(0x9E3779B97F4A7C15u);
    if ((mixed >> (sizeof mixed * 8 - 16) & 1) == shard && nth-- == 0) return pointer;
  }
}

/// What the references protect. The completion ends it, so any read that it does not come after is a fault.
template <class Ref>
struct BasicObject {
  Ref ref;
  Var<int> data{1};
  int completions = 0;
  int also = 0;
  nmr::Completion done{
      [](nmr::Completion&, void* self) noexcept { static_cast<BasicObject*>(self)->end_data(); }, this};
  // For those who begin too: only counts.
  nmr::Completion also_done{
      [](nmr::Completion&, void* self) noexcept { ++static_cast<BasicObject*>(self)->also; }, this};

  void end_data() noexcept {
    ++completions;
    data.free();
  }
  void use() noexcept { check(data.read() == 1, "what is protected is whole"); }
  void call(std::size_t n = 1) noexcept {
    if (!ref.try_acquire(n)) return;
    use();
    ref.release(n);
  }
  /// A reference that is taken before the threads begin, on shard 0.
  void hold() noexcept { check(ref.try_acquire(), "nothing has begun"); }
  void let_go() noexcept {
    use();
    ref.release();
  }
  /// From the return of begin on. One word sees to that by itself, not so shards that are closed one by one.
  void check_refused() noexcept {
    if constexpr (std::is_same_v<Ref, Sharded>)
      check(!ref.try_acquire(), "refused from the return of begin on");
  }
};

template <class Ref>
void end(BasicObject<Ref>& object, int completions, int also = 0) {
  check(object.completions == completions && object.also == also, "each completion has run once");
  check(object.ref.run_down_already(), "it has run down");
  object.check_refused();
  destroy(object.ref);
}

/// A caller on each of the shards, so often each.
template <class Ref, unsigned... shards>
void callers(Run& run, BasicObject<Ref>& object, int calls = 1) {
  unsigned nth = 0;
  (run.thread(
       [&object, calls] {
         for (int i = 0; i < calls; ++i) object.call();
       },
       on_shard(shards, nth++)),
   ...);
}

template <class Ref, unsigned... shards>
void callers_and_beginner(Run& run) {
  auto& object = *new BasicObject<Ref>;
  callers<Ref, shards...>(run, object);
  run.thread(
      [&] {
        if (object.ref.begin_rundown(object.done) == nmr::RundownState::kDrained) {
          check(object.completions == 1, "drained: the completion has run");
        }
        object.check_refused();
      },
      on_shard(1, 7));
  run.at_end([&] { end(object, 1); });
}

// Holders, whose references the explorer takes before the threads begin, and an owner who frees everything at
// once.
template <class Ref, int holders>
void run_down_and_destroy(Run& run) {
  auto& object = *new BasicObject<Ref>;
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

template <class Ref>
void last_of_two_waiters_destroys(Run& run) {
  auto& object = *new BasicObject<Ref>;
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

/// Adds an owner who opens it again when it has run down, and begins once more.
template <class Ref>
void owner_of_two_lives(Run& run, BasicObject<Ref>& object) {
  run.thread([&object] {
    object.ref.run_down();
    object.data.write(0);  // nobody is inside: nobody may see this
    object.data.write(1);
    object.ref.reinitialize();
    (void)object.ref.begin_rundown(object.done);
  });
  run.at_end([&object] { end(object, 1); });
}

// Callers before, between and after two lives of the object; the refused ones carry their counts across.
template <class Ref, int calls, unsigned... shards>
void reinitialize(Run& run) {
  auto& object = *new BasicObject<Ref>;
  callers<Ref, shards...>(run, object, calls);
  owner_of_two_lives(run, object);
}

}  // namespace model
