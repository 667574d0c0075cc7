#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "calls/place.hpp"
#include "calls/policies.hpp"
#include "platform/counted_completion.hpp"
#include "platform/threads.hpp"

namespace {

constexpr std::size_t kDeep = 256;

template <class Calls>
std::vector<std::unique_ptr<Place<Calls>>> many_places(typename Calls::Domain& domain, std::size_t count) {
  std::vector<std::unique_ptr<Place<Calls>>> places;
  for (std::size_t i = 0; i < count; ++i) places.push_back(std::make_unique<Place<Calls>>(domain));
  return places;
}

std::vector<std::size_t> shuffled(std::size_t count, unsigned seed) {
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), std::mt19937(seed));
  return order;
}

}  // namespace

TEST_CASE_TEMPLATE(
    "calls nest 256 deep through different places, are left in any order, and each ends its own", Calls,
    PerThread, PerThreadRealFences, OneWord) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    typename Calls::Domain domain;
    auto places = many_places<Calls>(domain, kDeep);
    std::vector<std::optional<typename Calls::Call>> calls(kDeep);
    int inside = 0;
    for (std::size_t i = 0; i < kDeep; ++i) {
      if (!places[i]->attach()) continue;
      calls[i].emplace(places[i]->cell);
      inside += calls[i]->target() == &places[i]->target ? 1 : 0;
    }
    CHECK(inside == static_cast<int>(kDeep));
    std::vector<CountedCompletion> done(kDeep);
    int pending = 0;
    for (std::size_t i = 0; i < kDeep; ++i)
      pending += places[i]->detach(done[i]) && done[i].runs() == 0 ? 1 : 0;
    CHECK(pending == static_cast<int>(kDeep));
    int wrong = 0;
    std::vector<bool> left(kDeep, false);
    for (const std::size_t i : shuffled(kDeep, seed)) {
      calls[i].reset();
      left[i] = true;
      for (std::size_t j = 0; j < kDeep; ++j) wrong += done[j].runs() == (left[j] ? 1 : 0) ? 0 : 1;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE_TEMPLATE("calls nest 256 deep through one place, and the last of them ends it", Calls, PerThread,
                   PerThreadRealFences, OneWord) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    typename Calls::Domain domain;
    Place<Calls> place(domain);
    CHECK(place.attach());
    std::vector<std::optional<typename Calls::Call>> calls(kDeep);
    int wrong = 0;
    for (auto& call : calls) wrong += call.emplace(place.cell).target() == &place.target ? 0 : 1;
    CountedCompletion done;
    CHECK(place.detach(done));
    std::size_t left = 0;
    for (const std::size_t i : shuffled(kDeep, seed)) {
      // Every other one leaves by way of a hold.
      if (i % 2 == 0) calls[i]->hold().refs().release();
      calls[i].reset();
      wrong += done.runs() == (++left == kDeep ? 1 : 0) ? 0 : 1;
    }
    CHECK(wrong == 0);
    CHECK(done.runs() == 1);
  }
}

TEST_CASE_TEMPLATE("calls may be left on another thread, while their own goes on calling", Calls, PerThread,
                   PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  Place<Calls> place(domain);
  constexpr std::size_t kCalls = 12;  // more than a thread has slots
  constexpr int kTurns = 100;
  std::vector<std::optional<typename Calls::Call>> calls(kCalls);
  StartLine line(2);
  int plain = 0;
  Threads other(1, [&](int) {
    for (int turn = 0; turn < kTurns; ++turn) {
      line.arrive_and_wait();
      for (const std::size_t i : shuffled(kCalls, static_cast<unsigned>(turn))) calls[i].reset();
      line.arrive_and_wait();
    }
  });
  int wrong = 0;
  for (int turn = 0; turn < kTurns; ++turn) {
    plain = turn;
    wrong += place.attach() ? 0 : 1;
    for (auto& call : calls) wrong += call.emplace(place.cell).target() == &place.target ? 0 : 1;
    line.arrive_and_wait();
    for (int i = 0; i < 10; ++i) {
      typename Calls::Call call(place.cell);
      wrong += call.target() == &place.target && plain == turn ? 0 : 1;
    }
    CountedCompletion done;
    wrong += place.detach(done) ? 0 : 1;
    line.arrive_and_wait();
    wrong += done.runs() == 1 ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE(
    "targets that are closed together end one by one: the idle at once, the others with their last call",
    Calls, PerThread, PerThreadRealFences) {
  typename Calls::Domain domain;
  constexpr std::size_t kBatch = 8;
  auto places = many_places<Calls>(domain, kBatch);
  std::vector<std::optional<typename Calls::Call>> calls(kBatch);
  std::vector<CountedCompletion> done(kBatch);
  nmr::BasicCallTarget<typename Calls::Atomics>* batch = nullptr;
  for (std::size_t i = 0; i < kBatch; ++i) {
    CHECK(places[i]->attach());
    if (i % 2 == 0) calls[i].emplace(places[i]->cell);
  }
  for (auto& place : places) {
    auto* const target = place->cell.remove_any();
    target->refs().begin_rundown(done[static_cast<std::size_t>(&place - places.data())]);
    target->link_to_close(batch);
    batch = target;
  }
  Calls::close(domain, batch);
  for (std::size_t i = 0; i < kBatch; ++i) CHECK(done[i].runs() == (i % 2 == 0 ? 0 : 1));
  for (const std::size_t i : {4u, 0u, 6u, 2u}) {
    CHECK(done[i].runs() == 0);
    calls[i].reset();
    CHECK(done[i].runs() == 1);
  }
  Calls::close(domain, nullptr);
}

TEST_CASE_TEMPLATE(
    "a domain tells what this thread is inside of, as far as its slots go, and nothing of others", Calls,
    PerThread, PerThreadRealFences) {
  typename Calls::Domain domain;
  constexpr std::size_t kSlots = nmr::StdAtomics::kCallSlots;
  auto places = many_places<Calls>(domain, kSlots + 1);
  for (auto& place : places) CHECK(place->attach());
  std::atomic<bool> stop{false};
  std::atomic<bool> inside{false};
  Threads other(1, [&](int) {
    const typename Calls::Call call(places[kSlots]->cell);
    inside.store(true);
    spin_until([&] { return stop.load(); });
  });
  spin_until([&] { return inside.load(); });
  std::vector<std::optional<typename Calls::Call>> calls(kSlots);
  for (std::size_t i = 0; i < kSlots; ++i) calls[i].emplace(places[i]->cell);
  CHECK_FALSE(Calls::inside(domain, places[kSlots]->target));
  for (std::size_t i = 0; i < kSlots; ++i) CHECK(Calls::inside(domain, places[i]->target));
  std::size_t seen = 0;
  domain.for_each_inside([&](auto&) noexcept { ++seen; });
  CHECK(seen == kSlots);
  calls[1].reset();
  CHECK_FALSE(Calls::inside(domain, places[1]->target));
  CHECK(Calls::inside(domain, places[2]->target));
  calls.clear();
  domain.for_each_inside([&](auto&) noexcept { ++seen; });
  CHECK(seen == kSlots);
  stop.store(true);
  other.join();
  for (auto& place : places) {
    CountedCompletion done;
    CHECK(place->detach(done));
    CHECK(done.runs() == 1);
  }
}

TEST_CASE("a word that counts cannot know who is inside") {
  OneWord::Domain domain;
  Place<OneWord> place(domain);
  CHECK(place.attach());
  OneWord::Call call(place.cell);
  CHECK_FALSE(OneWord::inside(domain, place.target));
  CountedCompletion done;
  CHECK(place.detach(done));
  call.leave();
  CHECK(done.runs() == 1);
}
