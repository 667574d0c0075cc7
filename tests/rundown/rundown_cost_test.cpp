#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <type_traits>
#include <utility>

#include <nmr/rundown.hpp>

#include "support/counting_atomics.hpp"

using nmr::RundownRef;
using nmr::ShardedRundownRef;

namespace {

/// A thread pointer that the test chooses, and so the shard: what one thread does, as if many did.
struct ChosenThread : CountingAtomics {
  static std::uintptr_t& chosen() noexcept {
    static thread_local std::uintptr_t pointer = 0;
    return pointer;
  }
  static std::uintptr_t thread_pointer() noexcept { return chosen(); }
};
using Sharded = nmr::BasicShardedRundownRef<ChosenThread>;

constexpr std::uintptr_t kThreads = 256;
void act_as(std::uintptr_t thread) noexcept {
  ChosenThread::chosen() = std::uintptr_t{0x7f000000} + thread * 0x800000;
}

template <class Ref>
constexpr bool whole_interface_is_noexcept() {
  using Guard = nmr::BasicRundownGuard<Ref>;
  return std::is_nothrow_default_constructible_v<Ref> && std::is_nothrow_destructible_v<Ref> &&
         noexcept(std::declval<Ref&>().try_acquire()) && noexcept(std::declval<Ref&>().release()) &&
         noexcept(std::declval<Ref&>().duplicate()) && noexcept(std::declval<Ref&>().begin_rundown()) &&
         noexcept(std::declval<Ref&>().begin_rundown(std::declval<nmr::Completion&>())) &&
         noexcept(std::declval<Ref&>().run_down()) && noexcept(std::declval<Ref&>().wait_for_rundown()) &&
         noexcept(std::declval<Ref&>().reinitialize()) &&
         noexcept(std::declval<Ref&>().rundown_completed()) &&
         noexcept(std::declval<const Ref&>().rundown_begun()) &&
         noexcept(std::declval<const Ref&>().run_down_already()) &&
         std::is_nothrow_constructible_v<Guard, Ref&> && std::is_nothrow_destructible_v<Guard> &&
         noexcept(std::declval<const Guard&>().duplicate()) && noexcept(nmr::try_guard(std::declval<Ref&>()));
}

template <class T>
constexpr bool stays_where_it_is() {
  return !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> &&
         !std::is_move_constructible_v<T> && !std::is_move_assignable_v<T>;
}

}  // namespace

static_assert(whole_interface_is_noexcept<RundownRef>() && whole_interface_is_noexcept<ShardedRundownRef>());
static_assert(stays_where_it_is<RundownRef>() && stays_where_it_is<ShardedRundownRef>());
static_assert(stays_where_it_is<nmr::Completion>() && stays_where_it_is<nmr::Event>());
static_assert(sizeof(RundownRef) == 2 * sizeof(void*));
static_assert(sizeof(nmr::RundownGuard) == sizeof(void*));
static_assert(std::is_nothrow_constructible_v<RundownRef, RundownRef::BornRunDown>);

TEST_CASE("a RundownRef acquires with one load and one read-modify-write, and releases with one") {
  nmr::BasicRundownRef<CountingAtomics> ref;
  counts().reset();
  const bool acquired = ref.try_acquire();
  CHECK(acquired);
  CHECK(counts().loads == 1);
  CHECK(counts().read_modify_writes == 1);
  CHECK(counts().stores == 0);
  counts().reset();
  ref.release();
  CHECK(counts().loads == 0);
  CHECK(counts().read_modify_writes == 1);
  CHECK(counts().stores == 0);
  CHECK(counts().locks == 0);
}

TEST_CASE("R102: once rundown is visible a refused acquire writes nothing, so it cannot hold up a drain") {
  nmr::BasicRundownRef<CountingAtomics> ref;
  CHECK(ref.try_acquire());
  ref.begin_rundown();
  counts().reset();
  const bool acquired = ref.try_acquire();
  CHECK_FALSE(acquired);
  CHECK(counts().loads == 1);
  CHECK(counts().writes == 0);
  ref.release();
  counts().reset();
  CHECK_FALSE(ref.try_acquire());
  CHECK(counts().writes == 0);
}

TEST_CASE(
    "R108: acquire and release of a sharded reference touch one shard, which shares its line with nothing") {
  Sharded ref(8);
  std::set<std::uintptr_t> shards;
  for (std::uintptr_t thread = 0; thread < kThreads; ++thread) {
    act_as(thread);
    counts().reset();
    const bool acquired = ref.try_acquire();
    ref.release();
    const OperationCounts done = counts();
    CHECK(acquired);
    CHECK(done.loads == 1);
    CHECK(done.read_modify_writes == 2);
    CHECK(done.stores == 0);
    CHECK(done.written[0] == done.written[1]);
    CHECK_FALSE(done.wrote_only_to(&ref, sizeof ref));
    shards.insert(reinterpret_cast<std::uintptr_t>(done.written[0]));
  }
  CHECK(shards.size() == 8);  // thread pointers a stack apart are spread over all of them
  std::uintptr_t last_line = 0;
  for (const std::uintptr_t shard : shards) {
    CHECK(shard / nmr::kCacheLine != last_line);
    last_line = shard / nmr::kCacheLine;
  }
}

TEST_CASE(
    "R107: taken on one shard and given back on another: only the sum counts, in whichever order they "
    "close") {
  Sharded ref(8);
  for (std::uintptr_t taken = 0; taken < 64; ++taken) {
    const std::uintptr_t returned = (taken * 37 + 11) % kThreads;
    act_as(taken);
    CHECK(ref.try_acquire(3));
    act_as(returned);
    ref.release(2);  // this shard is negative now, or holds 1
    CHECK(ref.begin_rundown() == nmr::RundownState::kPending);
    CHECK_FALSE(ref.run_down_already());
    act_as(taken + 1);
    ref.release();
    CHECK(ref.run_down_already());
    ref.reinitialize();
  }
}

TEST_CASE("R107: no shard gives a reference once rundown has begun") {
  Sharded ref(8);
  act_as(0);
  CHECK(ref.try_acquire());
  CHECK(ref.begin_rundown() == nmr::RundownState::kPending);
  int refused = 0;
  for (std::uintptr_t thread = 0; thread < kThreads; ++thread) {
    act_as(thread);
    counts().reset();
    if (!ref.try_acquire() && counts().writes == 0) ++refused;
  }
  CHECK(refused == kThreads);
  ref.release();
  CHECK(ref.run_down_already());
}

TEST_CASE("R107: a reference that is held may be duplicated on any shard, also while draining") {
  Sharded ref(8);
  act_as(1);
  CHECK(ref.try_acquire());
  act_as(2);
  ref.duplicate();
  CHECK(ref.begin_rundown() == nmr::RundownState::kPending);
  act_as(3);
  ref.duplicate(2);
  for (std::uintptr_t thread = 4; thread < 7; ++thread) {
    act_as(thread);
    ref.release();
    CHECK_FALSE(ref.run_down_already());
  }
  ref.release();
  CHECK(ref.run_down_already());
}
