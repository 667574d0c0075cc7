#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "calls/place.hpp"
#include "calls/policies.hpp"
#include "platform/counted_completion.hpp"
#include "support/alloc.hpp"

namespace {

/// One thread acts as many; the barrier is only counted, since nobody runs at the same time.
using Acting = ChosenThread<CountingAtomics>;
using Calls = nmr::BasicPerThreadCalls<Acting>;

}  // namespace

TEST_CASE("a thread that cannot be registered for want of memory calls all the same, and is counted") {
  Acting::act_as(1);
  Calls::Domain domain;
  Place<Calls> place(domain);
  CHECK(place.attach());
  CountedCompletion done;
  bool entered = false;
  bool detached = false;
  int early = 0;
  bool failed = false;
  {
    const alloc::FailNth fail(1);
    std::optional<Calls::Call> call(std::in_place, place.cell);
    entered = call->target() == &place.target;
    detached = place.detach(done);
    early = done.runs();
    call.reset();
    failed = fail.happened();
  }
  CHECK(failed);
  CHECK(entered);
  CHECK(detached);
  CHECK(early == 0);
  CHECK(done.runs() == 1);

  CHECK(place.attach());
  CHECK(first_look(domain) == nullptr);
  {
    const Calls::Call registers(place.cell);
  }
  CHECK(first_look(domain) != nullptr);
  CHECK(place.detach(done));
}

TEST_CASE(
    "a table that cannot grow for want of memory leaves its threads as they are, and the others slotless") {
  std::size_t failures = 0;
  for (bool failed = true; failed;) {
    Calls::Domain domain;
    Place<Calls> place(domain);
    CHECK(place.attach());
    constexpr std::uintptr_t kThreads = 100;
    std::vector<std::unique_ptr<std::optional<Calls::Call>>> calls;
    for (std::uintptr_t i = 0; i < kThreads; ++i)
      calls.push_back(std::make_unique<std::optional<Calls::Call>>());
    std::size_t entered = 0;
    {
      const alloc::FailNth fail(failures + 1);
      for (std::uintptr_t i = 0; i < kThreads; ++i) {
        Acting::act_as(i);
        calls[i]->emplace(place.cell);
        entered += (*calls[i])->target() == &place.target ? 1 : 0;
      }
      failed = fail.happened();
    }
    failures += failed ? 1 : 0;
    CHECK(entered == kThreads);
    CountedCompletion done;
    CHECK(place.detach(done));
    for (auto& call : calls) {
      CHECK(done.runs() == 0);
      call->reset();
    }
    CHECK(done.runs() == 1);
  }
  CHECK(failures >= 3);
}

TEST_CASE(
    "a domain allocates one table for its first threads, nothing for calls and detaches, and frees it all") {
  const alloc::Scope scope;
  std::size_t for_threads = 0;
  std::size_t for_calls = 0;
  {
    Calls::Domain domain;
    Place<Calls> place(domain);
    for (std::uintptr_t turn = 0; turn < 100; ++turn) {
      if (turn == 8) for_threads = scope.made();
      const bool attached = place.attach();
      Acting::act_as(turn % 8);
      Calls::Call outer(place.cell);
      Calls::Call inner(place.cell);
      CountedCompletion done;
      if (!attached || !place.detach(done)) break;
      outer.hold().refs().release();
      inner.leave();
    }
    for_calls = scope.made() - for_threads;
  }
  const auto live = scope.live();
  CHECK(for_threads == 1);
  CHECK(for_calls == 0);
  CHECK(live == 0);
}

TEST_CASE(
    "a thread that has called before never allocates or locks for a call again, whoever comes after it") {
  Calls::Domain domain;
  Place<Calls> place(domain);
  CHECK(place.attach());
  Acting::act_as(0);
  {
    const Calls::Call registers(place.cell);
  }
  for (std::uintptr_t thread = 1; thread <= 1000; ++thread) {
    Acting::act_as(thread);
    const alloc::Scope others;
    {
      const Calls::Call registers(place.cell);
    }
    const bool grown = others.made() != 0;
    if (!grown) continue;
    for (const std::uintptr_t earlier : {std::uintptr_t{0}, thread - 1}) {
      Acting::act_as(earlier);
      counts().reset();
      const alloc::Scope scope;
      bool inside = false;
      {
        const Calls::Call call(place.cell);
        inside = call.target() == &place.target;
      }
      const auto made = scope.made();
      CHECK(inside);
      CHECK(made == 0);
      CHECK(counts().locks == 0);
    }
  }
  CountedCompletion done;
  CHECK(place.detach(done));
}

TEST_CASE("counting in one word allocates nothing at all") {
  const alloc::Scope scope;
  {
    OneWord::Domain domain;
    Place<OneWord> place(domain);
    CountedCompletion done;
    if (place.attach()) {
      const OneWord::Call call(place.cell);
      (void)place.detach(done);
    }
  }
  const auto made = scope.made();
  CHECK(made == 0);
}
