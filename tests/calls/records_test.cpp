// Which record a thread has: how fast it is found, and what becomes of those of threads that have ended.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "calls/place.hpp"
#include "calls/policies.hpp"
#include "platform/counted_completion.hpp"

namespace {

/// Threads that the test begins and ends.
struct Ending : ChosenThread<CountingAtomics> {
  static std::set<std::uintptr_t>& ended() {
    static std::set<std::uintptr_t> pointers;
    return pointers;
  }
  static bool thread_has_ended(std::uintptr_t thread) noexcept { return ended().contains(thread); }
};
using Calls = nmr::BasicPerThreadCalls<Ending>;

// A policy with thread pointers of its own and nothing to say of their end never takes a record away.
static_assert(nmr::KnowsEndedThreads<nmr::StdAtomics> && nmr::KnowsEndedThreads<Ending>);
static_assert(!nmr::KnowsEndedThreads<ChosenThread<nmr::StdAtomics>>);

constexpr std::size_t kFirst = nmr::StdAtomics::kFirstCallRecords;

using Threads = std::vector<std::uintptr_t>;

/// Returns how many of these threads are not found at the first look, and checks that the others are at the next.
std::size_t displaced(const Threads& threads) {
  Calls::Domain domain;
  std::size_t prepared = 0;
  for (const std::uintptr_t thread : threads) {
    Ending::chosen() = thread;
    prepared += domain.prepare_thread() ? 1 : 0;
  }
  CHECK(prepared == threads.size());
  const auto& lane = domain.next_lane();
  std::size_t displaced = 0;
  std::size_t lost = 0;
  for (const std::uintptr_t thread : threads) {
    if (domain.find_slot(lane, thread) != nullptr) continue;
    ++displaced;
    lost += lane.further_looks(thread) == nullptr ? 1 : 0;
  }
  CHECK(lost == 0);
  return displaced;
}

Threads row(std::size_t count, std::uintptr_t distance, bool with_main) {
  Threads threads;
  // Where words have 32 bits, the lower halves of these.
  if (with_main) threads.push_back(static_cast<std::uintptr_t>(0x7f12345ab740));
  for (std::size_t i = 0; threads.size() != count; ++i) {
    threads.push_back(static_cast<std::uintptr_t>(0x7fff00000000) - 0x940 - i * distance);
  }
  return threads;
}

const void* record_of_this_thread(Calls::Domain& domain) {
  auto* slot = first_look(domain);
  if (slot == nullptr) slot = domain.next_lane().further_looks(Ending::chosen());
  return slot != nullptr ? &Calls::Domain::Record::of(*slot) : nullptr;
}

}  // namespace

TEST_CASE("at most 2 of 100 threads look a second time for their records, however far apart they are") {
  constexpr std::uintptr_t kPage = 4096;
  constexpr auto kPages =
      static_cast<std::uintptr_t>(sizeof(void*) == 8 ? std::uint64_t{1} << 35 : std::uint64_t{0xFFFFF});
  constexpr std::uintptr_t kSpace = kPages * kPage;
  std::mt19937_64 random(7);
  for (const std::size_t count : {std::size_t{32}, std::size_t{64}, std::size_t{256}, std::size_t{1024}}) {
    const std::size_t most = count / 50;
    CAPTURE(count);
    for (std::uintptr_t distance = 64 * 1024;
         distance <= 64 * 1024 * 1024 && distance < kSpace / count - 2 * kPage; distance *= 2) {
      for (const std::uintptr_t guard : {std::uintptr_t{0}, kPage, 2 * kPage, std::uintptr_t{0} - kPage}) {
        CAPTURE(distance + guard);
        CHECK(displaced(row(count, distance + guard, false)) <= most);
        CHECK(displaced(row(count, distance + guard, true)) <= most);
      }
    }
    for (int turn = 0; turn < 20; ++turn) {
      Threads threads;
      while (threads.size() != count)
        threads.push_back(static_cast<std::uintptr_t>(random() % kPages) * kPage);
      CHECK(displaced(threads) <= most);
      const std::uintptr_t pages = std::min(std::uintptr_t{16368}, kPages / count - 16);
      CHECK(displaced(row(count, (16 + static_cast<std::uintptr_t>(random() % pages)) * kPage, false)) <=
            most);
    }
  }
}

TEST_CASE("there are at most twice as many records as threads have lived at once, however many have been") {
  for (const std::size_t alive : {std::size_t{1}, std::size_t{20}, std::size_t{100}}) {
    CAPTURE(alive);
    Ending::ended().clear();
    Calls::Domain domain;
    Place<Calls> place(domain);
    CHECK(place.attach());
    std::set<const void*> records;
    for (std::uintptr_t thread = 1; thread <= 20'000; ++thread) {
      Ending::act_as(thread);
      const Calls::Call call(place.cell);
      if (const void* const record = record_of_this_thread(domain)) records.insert(record);
      if (thread < alive) continue;
      Ending::act_as(thread - alive + 1);
      Ending::ended().insert(Ending::chosen());
    }
    const std::size_t most = 2 * alive > kFirst ? 2 * alive : kFirst;
    CHECK(records.size() <= most);
    counts().reset();
    CountedCompletion done;
    CHECK(place.detach(done));
    CHECK(done.runs() == 1);
    // Whose record it is, and what is in its slots and whose mark that is.
    CHECK(static_cast<std::size_t>(counts().loads) <= most * (2 + 2 * Ending::kCallSlots) + 20);
  }
  Ending::ended().clear();
}

TEST_CASE("a guard that an ended thread has left behind keeps its record, until it is left") {
  Ending::ended().clear();
  Calls::Domain domain;
  Place<Calls> place(domain);
  CHECK(place.attach());
  Ending::act_as(0);
  auto left_behind = std::make_unique<Calls::Call>(place.cell);
  const void* const kept =
      &Calls::Domain::Record::of(*domain.find_slot(domain.next_lane(), Ending::chosen()));
  Ending::ended().insert(Ending::chosen());
  std::set<const void*> before;
  std::set<const void*> after;
  const auto come_and_go = [&](std::uintptr_t first, std::set<const void*>& records) {
    for (std::uintptr_t thread = first; thread != first + 100; ++thread) {
      Ending::act_as(thread);
      CHECK(domain.prepare_thread());
      records.insert(record_of_this_thread(domain));
      Ending::ended().insert(Ending::chosen());
    }
  };
  come_and_go(1, before);
  CHECK_FALSE(before.contains(kept));
  CountedCompletion done;
  CHECK(place.detach(done));
  CHECK(done.runs() == 0);
  left_behind.reset();
  CHECK(done.runs() == 1);
  come_and_go(200, after);
  CHECK(after.contains(kept));
  Ending::ended().clear();
}

TEST_CASE(
    "a thread pointer that comes again after its record was given away has another, and calls are counted in "
    "both") {
  Ending::ended().clear();
  Calls::Domain domain;
  Place<Calls> place(domain);
  CHECK(place.attach());
  for (std::uintptr_t thread = 0; thread != kFirst; ++thread) {
    Ending::act_as(thread);
    CHECK(domain.prepare_thread());
    Ending::ended().insert(Ending::chosen());
  }
  Ending::act_as(kFirst);
  auto newcomer = std::make_unique<Calls::Call>(place.cell);  // in the record of one of those
  std::vector<std::unique_ptr<Calls::Call>> come_again;
  for (std::uintptr_t thread = 0; thread != kFirst; ++thread) {
    Ending::act_as(thread);
    Ending::ended().erase(Ending::chosen());
    come_again.push_back(std::make_unique<Calls::Call>(place.cell));
    CHECK(come_again.back()->target() == &place.target);
  }
  CountedCompletion done;
  CHECK(place.detach(done));
  come_again.clear();
  CHECK(done.runs() == 0);
  newcomer.reset();
  CHECK(done.runs() == 1);
}

TEST_CASE("a thread is prepared by name, and a call that needs it to be is refused without a lock") {
  Ending::ended().clear();
  Calls::Domain domain;
  Place<Calls> place(domain);
  CHECK(place.attach());
  Ending::act_as(1);
  const auto called = [&] {
    counts().reset();
    const Calls::Call call(place.cell, nmr::IfPrepared{});
    return call.target() == &place.target;
  };
  CHECK_FALSE(called());
  CHECK(counts().locks == 0);
  CHECK(domain.prepare_thread());
  CHECK(called());
  CHECK(counts().locks == 0);
  CHECK(domain.prepare_thread());
  std::vector<std::unique_ptr<Calls::Call>> nested;
  for (unsigned i = 0; i != Ending::kCallSlots; ++i) {
    nested.push_back(std::make_unique<Calls::Call>(place.cell, nmr::IfPrepared{}));
    CHECK(nested.back()->target() == &place.target);
  }
  CHECK_FALSE(called());
  CHECK(counts().locks == 0);
  CHECK_FALSE(domain.forget_this_thread());
  nested.clear();
  CHECK(domain.forget_this_thread());
  CHECK_FALSE(called());
  CHECK(counts().locks == 0);
  CHECK(domain.forget_this_thread());
  CHECK(domain.prepare_thread());
  CHECK(called());
  CountedCompletion done;
  CHECK(place.detach(done));
  CHECK_FALSE(called());

  OneWord::Domain word;
  Place<OneWord> word_place(word);
  CHECK(word_place.attach());
  CHECK(word.prepare_thread());
  CHECK(OneWord::Call(word_place.cell, nmr::IfPrepared{}).target() == &word_place.target);
  CHECK(word.forget_this_thread());
  CHECK(word_place.detach(done));
}
