#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "calls/place.hpp"
#include "calls/policies.hpp"
#include "platform/counted_completion.hpp"

namespace {

using Acting = ChosenThread<CountingAtomics>;
using Calls = nmr::BasicPerThreadCalls<Acting>;
/// Counts on a system that has no process-wide barrier.
struct ActingWithoutBarrier : Acting {
  static bool try_enable_heavy_fence() noexcept { return false; }
};
using FencedCalls = nmr::BasicPerThreadCalls<ActingWithoutBarrier>;
using WordCalls = nmr::BasicOneWordCalls<CountingAtomics>;

/// Precondition: this thread has called, and is inside less than it has slots for.
const Calls::Domain::Record* record_of_this_thread(Calls::Domain& domain) {
  Calls::Domain::Slot* const slot = first_look(domain);
  REQUIRE(slot != nullptr);
  return &Calls::Domain::Record::of(*slot);
}

int barriers() noexcept { return counts().heavy_fences; }

}  // namespace

// A record lies at a multiple of its size, two lines of most processors, whatever the size of a word.
static_assert(sizeof(PerThread::Domain::Record) == alignof(PerThread::Domain::Record));
static_assert(sizeof(PerThread::Domain::Record) == 128);
static_assert(alignof(nmr::detail::CallTable<nmr::StdAtomics>) == alignof(PerThread::Domain::Record));
static_assert(std::is_nothrow_default_constructible_v<PerThread::Domain>);
static_assert(std::is_nothrow_constructible_v<PerThread::Call, PerThread::Cell&>);
static_assert(std::is_nothrow_constructible_v<OneWord::Call, OneWord::Cell&>);
static_assert(!std::is_move_constructible_v<PerThread::Call> &&
              !std::is_copy_constructible_v<PerThread::Call>);
static_assert(!std::is_move_constructible_v<OneWord::Call> && !std::is_copy_constructible_v<OneWord::Call>);
static_assert(!std::is_move_constructible_v<PerThread::Cell> &&
              !std::is_move_constructible_v<PerThread::Domain>);

TEST_CASE(
    "a call has no lock, no read-modify-write, no fence, and stores twice, to its own thread's record") {
  Acting::act_as(1);
  Calls::Domain domain;
  Place<Calls> place(domain);
  CHECK(place.attach());
  {
    const Calls::Call registers(place.cell);
  }
  const Calls::Domain::Record* const record = record_of_this_thread(domain);
  counts().reset();
  {
    const Calls::Call call(place.cell);
    CHECK(call.target() == &place.target);
  }
  CHECK(counts().stores == 2);
  CHECK(counts().read_modify_writes == 0);
  CHECK(counts().full_fences == 0);
  CHECK(counts().heavy_fences == 0);
  CHECK(counts().locks == 0);
  CHECK(counts().wrote_only_to(record, sizeof *record));

  Acting::act_as(2);
  {
    const Calls::Call registers(place.cell);
  }
  CHECK(record_of_this_thread(domain) != record);
  CountedCompletion done;
  CHECK(place.detach(done));
}

TEST_CASE(
    "calls inside of calls cost the same at every level, whichever handles of those made in a row they go "
    "through") {
  Acting::act_as(1);
  Calls::Domain domain;
  constexpr std::size_t kLevels = CountingAtomics::kCallSlots;
  std::vector<std::unique_ptr<Place<Calls>>> places;
  for (std::size_t i = 0; i != 3 * kLevels; ++i) {
    places.push_back(std::make_unique<Place<Calls>>(domain));
    CHECK(places.back()->attach());
  }
  {
    const Calls::Call registers(places.front()->cell);
  }
  for (const std::size_t every : {std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
    std::vector<std::unique_ptr<Calls::Call>> calls;
    for (std::size_t level = 0; level != kLevels; ++level) {
      counts().reset();
      calls.push_back(std::make_unique<Calls::Call>(places[level * every]->cell));
      CHECK(calls.back()->target() == &places[level * every]->target);
      CHECK(counts().loads == 6);  // the index, how it is arranged, its entry, the slot, the cell twice
      CHECK(counts().stores == 1);
      CHECK(counts().locks == 0);
    }
  }
  for (auto& place : places) {
    CountedCompletion done;
    CHECK(place->detach(done));
  }
}

TEST_CASE("a refused call has no lock either, and writes to its own thread's record only") {
  Acting::act_as(1);
  Calls::Domain domain;
  Place<Calls> place(domain);
  CHECK(place.attach());
  {
    const Calls::Call registers(place.cell);
  }
  CountedCompletion done;
  CHECK(place.detach(done));
  const Calls::Domain::Record* const record = record_of_this_thread(domain);
  counts().reset();
  {
    const Calls::Call refused(place.cell);
    CHECK(refused.target() == nullptr);
  }
  CHECK(counts().read_modify_writes == 0);
  CHECK(counts().locks == 0);
  CHECK(counts().full_fences == 0);
  CHECK(counts().wrote_only_to(record, sizeof *record));
}

TEST_CASE("without a process-wide barrier a call has one real fence on its way in and one on its way out") {
  Acting::act_as(1);
  FencedCalls::Domain domain;
  Place<FencedCalls> place(domain);
  CHECK(place.attach());
  {
    const FencedCalls::Call registers(place.cell);
  }
  counts().reset();
  {
    const FencedCalls::Call call(place.cell);
    CHECK(call.target() == &place.target);
    CHECK(counts().full_fences == 1);
  }
  CHECK(counts().full_fences == 2);
  CHECK(counts().read_modify_writes == 0);
  CHECK(counts().locks == 0);
  // Nor has a guard that is left on another thread, as long as nothing is owed.
  auto elsewhere = std::make_unique<FencedCalls::Call>(place.cell);
  Acting::act_as(2);
  elsewhere.reset();
  CHECK(counts().locks == 0);
  Acting::act_as(1);
  counts().reset();
  CountedCompletion done;
  CHECK(place.detach(done));
  CHECK(counts().full_fences == 1);
  CHECK(counts().heavy_fences == 0);
  CHECK(done.runs() == 1);
}

TEST_CASE("a call in one word adds once and subtracts once, in its handle") {
  WordCalls::Domain domain;
  Place<WordCalls> place(domain);
  CHECK(place.attach());
  counts().reset();
  {
    const WordCalls::Call call(place.cell);
    CHECK(call.target() == &place.target);
    CHECK(counts().read_modify_writes == 1);
  }
  CHECK(counts().read_modify_writes == 2);
  CHECK(counts().stores == 0);
  CHECK(counts().full_fences == 0);
  CHECK(counts().locks == 0);
  CHECK(counts().wrote_only_to(&place.cell, sizeof place.cell));
  CountedCompletion done;
  CHECK(place.detach(done));
}

TEST_CASE(
    "detaching costs one barrier where nobody is inside, two where somebody is, however many go together") {
  Acting::act_as(1);
  Calls::Domain domain;
  Place<Calls> one(domain);
  Place<Calls> two(domain);
  for (const bool inside : {false, true}) {
    CHECK(one.attach());
    CHECK(two.attach());
    std::optional<Calls::Call> call;
    if (inside) call.emplace(one.cell);
    auto* const first = one.cell.remove_any();
    auto* const second = two.cell.remove_any();
    CountedCompletion done[2];
    first->refs().begin_rundown(done[0]);
    second->refs().begin_rundown(done[1]);
    first->link_to_close(second);
    counts().reset();
    Calls::close(domain, first);
    CHECK(barriers() == (inside ? 2 : 1));
    CHECK(done[0].runs() == (inside ? 0 : 1));
    CHECK(done[1].runs() == 1);
    counts().reset();
    call.reset();
    CHECK(barriers() == 0);
    CHECK(done[0].runs() == 1);
  }
}

TEST_CASE("who is inside something else pays nothing while a binding drains") {
  Acting::act_as(1);
  Calls::Domain domain;
  Place<Calls> draining(domain);
  Place<Calls> busy(domain);
  CHECK(draining.attach());
  CHECK(busy.attach());
  auto last = std::make_unique<Calls::Call>(draining.cell);
  Acting::act_as(2);
  auto bystander = std::make_unique<Calls::Call>(busy.cell);
  CountedCompletion done;
  CHECK(draining.detach(done));
  counts().reset();
  bystander.reset();
  CHECK(counts().locks == 0);
  CHECK(counts().stores == 1);
  CHECK(counts().writes == 1);
  Acting::act_as(1);
  counts().reset();
  last.reset();
  CHECK(counts().locks == 0);
  CHECK(done.runs() == 1);

  // What was owed is settled: the next call costs what it always does.
  counts().reset();
  {
    const Calls::Call call(busy.cell);
  }
  CHECK(counts().stores == 2);
  CHECK(counts().locks == 0);
  CountedCompletion busy_done;
  CHECK(busy.detach(busy_done));
  CHECK(busy_done.runs() == 1);
}
