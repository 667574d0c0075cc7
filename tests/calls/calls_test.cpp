#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>

#include "calls/place.hpp"
#include "calls/policies.hpp"
#include "platform/counted_completion.hpp"
#include "platform/threads.hpp"

namespace {

/// Ends what has been taken out of a cell, and which nobody is inside.
template <class Calls>
void check_ends(typename Calls::Domain& domain, typename Calls::Target& taken_out) {
  CountedCompletion done;
  taken_out.refs().begin_rundown(done);
  Calls::close(domain, &taken_out);
  CHECK(done.runs() == 1);
}

}  // namespace

TEST_CASE_TEMPLATE("a call goes to what is there, and to nothing where nothing is", Calls, PerThread,
                   PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  Place<Calls> place(domain);
  CHECK(place.cell.empty());
  CHECK(typename Calls::Call(place.cell).target() == nullptr);
  CHECK(place.attach());
  CHECK_FALSE(place.cell.empty());
  for (int i = 0; i < 3; ++i) {
    typename Calls::Call call(place.cell);
    CHECK(call.target() == &place.target);
    call.leave();
    CHECK(call.target() == nullptr);
    call.leave();
  }
  CountedCompletion done;
  CHECK(place.detach(done));
  CHECK(done.runs() == 1);
  CHECK(place.cell.empty());
  CHECK(typename Calls::Call(place.cell).target() == nullptr);
  CHECK_FALSE(place.detach(done));
}

TEST_CASE_TEMPLATE("a call in progress keeps its target, and the last to leave ends the detach", Calls,
                   PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  Place<Calls> place(domain);
  for (int turn = 0; turn < 3; ++turn) {
    CHECK(place.attach());
    auto first = std::make_unique<typename Calls::Call>(place.cell);
    auto second = std::make_unique<typename Calls::Call>(place.cell);
    CountedCompletion done;
    CHECK(place.detach(done));
    CHECK(typename Calls::Call(place.cell).target() == nullptr);
    CHECK_FALSE(place.attach());  // it still drains
    first.reset();
    CHECK(done.runs() == 0);
    CHECK(second->target() == &place.target);
    second.reset();
    CHECK(done.runs() == 1);
    CHECK(done.thread() == std::this_thread::get_id());
  }
}

TEST_CASE_TEMPLATE("a hold takes over from its call, and ends the detach on whichever thread drops it", Calls,
                   PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  Place<Calls> place(domain);
  CHECK(place.attach());
  typename Calls::Call call(place.cell);
  CountedCompletion done;
  CHECK(place.detach(done));
  auto& held = call.hold();
  CHECK(&held == &place.target);
  CHECK(call.target() == nullptr);
  CHECK(done.runs() == 0);
  held.refs().duplicate();
  held.refs().release();
  CHECK(done.runs() == 0);
  std::thread::id dropped_on;
  std::thread([&] {
    dropped_on = std::this_thread::get_id();
    held.refs().release();
  }).join();
  CHECK(done.runs() == 1);
  CHECK(done.thread() == dropped_on);
}

TEST_CASE_TEMPLATE("only what was there is taken out, and what replaces it is called from then on", Calls,
                   PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  Place<Calls> place(domain);
  CHECK(place.attach());
  typename Calls::Target next;
  CHECK(next.open());
  CHECK_FALSE(place.cell.remove(next));
  auto* const replaced = place.cell.install(next);
  CHECK(replaced == &place.target);
  CHECK(replaced->next_to_close() == nullptr);
  CHECK_FALSE(place.cell.remove(place.target));
  CHECK(typename Calls::Call(place.cell).target() == &next);
  check_ends<Calls>(domain, *replaced);
  CHECK(place.cell.remove(next));
  next.link_to_close(nullptr);
  check_ends<Calls>(domain, next);
}

TEST_CASE_TEMPLATE("a domain at an address where another one was does not know its threads", Calls, PerThread,
                   PerThreadRealFences, OneWord) {
  constexpr int kTurns = 100;
  std::optional<typename Calls::Domain> domain;
  std::optional<Place<Calls>> place;
  std::atomic<int> right{0};
  StartLine line(3);
  Threads callers(2, [&](int) {
    for (int turn = 0; turn < kTurns; ++turn) {
      line.arrive_and_wait();
      for (int i = 0; i < 3; ++i) {
        const typename Calls::Call call(place->cell);
        right.fetch_add(call.target() == &place->target ? 1 : 0);
      }
      line.arrive_and_wait();
    }
  });
  int ended = 0;
  for (int turn = 0; turn < kTurns; ++turn) {
    domain.emplace();
    place.emplace(*domain);
    if (!place->attach()) --ended;
    line.arrive_and_wait();
    line.arrive_and_wait();
    CountedCompletion done;
    if (place->detach(done) && done.runs() == 1) ++ended;
    place.reset();
    domain.reset();
  }
  callers.join();
  CHECK(right.load() == 2 * 3 * kTurns);
  CHECK(ended == kTurns);
}

TEST_CASE_TEMPLATE("calls race with detaching and attaching: no call after the end, every end told once",
                   Calls, PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  Place<Calls> place(domain);
  int plain = 0;  // written only while nobody can be inside
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::atomic<int> entered{0};
  int ended = 0;
  constexpr int kTurns = 60;
  {
    Threads callers(3, [&](int i) {
      while (!stop.load(std::memory_order_relaxed)) {
        typename Calls::Call call(place.cell);
        if (call.target() == nullptr) continue;
        entered.fetch_add(1, std::memory_order_relaxed);
        if (plain != 1) wrong.fetch_add(1);
        if (i == 0) {  // a call within a call, a hold, and both left in the order that they came
          typename Calls::Call nested(place.cell);
          if (nested.target() != nullptr) nested.hold().refs().release();
          call.leave();
        }
      }
    });
    for (int turn = 0; turn < kTurns; ++turn) {
      plain = 1;
      if (!place.attach()) wrong.fetch_add(1);
      const int before = entered.load(std::memory_order_relaxed);
      if (turn % 3 == 0) spin_until([&] { return entered.load(std::memory_order_relaxed) != before; });
      CountedCompletion done;
      if (!place.detach(done)) wrong.fetch_add(1);
      spin_until([&] { return done.runs() != 0; });
      plain = -1;
      ended += done.runs();
    }
    stop.store(true);
  }
  CHECK(wrong.load() == 0);
  CHECK(ended == kTurns);
  CHECK(entered.load() >= kTurns / 3);
}

TEST_CASE("counted in one word, putting another target in waits until the calls to the last have left") {
  using Calls = OneWord;
  Calls::Domain domain;
  Place<Calls> place(domain);
  for (int turn = 0; turn < 20; ++turn) {
    Calls::Target next;
    CHECK(next.open());
    CHECK(place.attach());
    std::atomic<bool> inside{false};
    std::atomic<bool> about_to_install{false};
    bool left = false;
    Threads caller(1, [&](int) {
      Calls::Call call(place.cell);
      inside.store(true);
      spin_until([&] { return about_to_install.load(); });
      std::this_thread::yield();
      left = true;  // plain: the install happens-after it
    });
    spin_until([&] { return inside.load(); });
    about_to_install.store(true);
    Calls::Target* const replaced = place.cell.install(next);
    CHECK(left);
    CHECK(replaced == &place.target);
    check_ends<Calls>(domain, *replaced);
    CHECK(place.cell.remove(next));
    next.link_to_close(nullptr);
    check_ends<Calls>(domain, next);
    caller.join();
  }
}
