#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>

#include "binding/echo.hpp"
#include "platform/threads.hpp"
#include "stress/budget.hpp"
#include "stress/module.hpp"
#include "stress/totals.hpp"

TEST_CASE_TEMPLATE(
    "hold storm: holds pass from thread to thread while their bindings detach, and keep them until the "
    "last is dropped",
    Calls, PerThread, Delayed, DelayedWithRealFences, OneWord, DelayedOneWord) {
  using Hold = EchoHold<Calls>;
  constexpr int kBoxes = 8;
  Budget budget;
  Totals totals;
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  std::atomic<Hold*> boxes[kBoxes] = {};
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> handed_over{0};
  const auto put = [&](std::uint32_t box, Hold hold) {
    // What was in the box is dropped here: perhaps the last of its binding.
    delete boxes[box].exchange(new Hold(std::move(hold)));
  };
  {
    Threads callers(2, [&](int i) {
      auto random = budget.random(i);
      const Delays delays(budget.random(100 + i));
      Tally tally(totals);
      while (!stop.load(std::memory_order_relaxed)) {
        auto guard = handle.try_call();
        ++(guard ? tally.calls : tally.refused);
        if (!guard) {
          std::this_thread::yield();
          continue;
        }
        put(random.below(kBoxes), guard.hold());
        handed_over.fetch_add(1, std::memory_order_relaxed);
        if (random.one_in(4)) std::this_thread::yield();
      }
    });
    Threads workers(2, [&](int i) {
      auto random = budget.random(2 + i);
      const Delays delays(budget.random(110 + i));
      Tally tally(totals);
      bool empty = false;
      // To the end, and until nothing is left: a detach waits for what lies in the boxes.
      while (!stop.load() || !empty) {
        if (empty) std::this_thread::yield();
        empty = true;
        for (std::atomic<Hold*>& box : boxes) {
          const std::unique_ptr<Hold> hold(box.exchange(nullptr));
          if (hold == nullptr) continue;
          empty = false;
          tally.expect((*hold)->echo(hold->context(), i) == EchoProvider::answer(i));
          if (stop.load() || !random.one_in(3)) continue;
          put(random.below(kBoxes), hold->duplicate());
        }
      }
    });
    const Delays delays(budget.random(120));
    Tally tally(totals);
    while (budget.more()) {
      EchoModule<Calls> module;
      CountedCompletion done;
      tally.expect(handle.attach(module.binding) == nmr::Status::kSuccess);
      const std::int64_t before = handed_over.load();
      spin_until([&] { return handed_over.load() != before; });
      ++tally.expected;
      ++tally.detaches;
      tally.expect(handle.detach(done));
      tally.expect(module.binding.wait_until_detached() == nmr::Status::kSuccess);
      spin_until([&] { return done.runs() != 0; });
      totals.seen.fetch_add(done.runs());
    }
    stop.store(true);
    callers.join();
  }
  for (std::atomic<Hold*>& box : boxes) CHECK(box.load() == nullptr);
  totals.finish();
}
