// Storms on handles: modules are detached, replaced, and kept by holds, while they are called.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>

#include "binding/echo.hpp"
#include "platform/threads.hpp"
#include "stress/module.hpp"
#include "stress/storm.hpp"

namespace {

/// Counts an end, and frees itself, with what has ended if that is given, on whichever thread leaves last.
template <class... Ended>
struct CountedEnd : nmr::Completion, Ended... {
  explicit CountedEnd(Totals& its_totals) noexcept : Completion(&end, this), totals(its_totals) {}
  static void end(Completion&, void* self) noexcept {
    Totals& totals = static_cast<CountedEnd*>(self)->totals;
    delete static_cast<CountedEnd*>(self);
    totals.seen.fetch_add(1);
  }
  Totals& totals;
};

/// Calls within calls, to some depth.
template <class Calls>
void call_to_depth(EchoHandle<Calls>& handle, std::uint32_t depth, Tally& tally) {
  auto guard = handle.try_call();
  ++(guard ? tally.calls : tally.refused);
  if (!guard) return;
  const int value = static_cast<int>(depth);
  if (depth > 0) call_to_depth(handle, depth - 1, tally);
  tally.expect(guard->echo(guard.context(), value) == EchoProvider::answer(value));
}

}  // namespace

TEST_CASE_TEMPLATE(
    "detach storm: modules come and go under calls, each ends exactly once and is freed at once", Calls,
    PerThread, Delayed, DelayedWithRealFences, OneWord, DelayedOneWord) {
  constexpr int kHandles = 4;
  Storm storm;
  typename Calls::Domain domain;
  std::unique_ptr<EchoHandle<Calls>> handles[kHandles];
  for (auto& handle : handles) handle = std::make_unique<EchoHandle<Calls>>(domain);
  storm.callers(4, [&](Storm::Part& part) {
    auto& [number, random, delays, tally] = part;
    while (!storm.over()) {
      auto& handle = *handles[random.below(kHandles)];
      auto outer = handle.try_call();
      auto inner = handles[random.below(kHandles)]->try_call();
      if (!outer) {
        ++tally.refused;
        if (random.one_in(64)) std::this_thread::yield();
        continue;
      }
      ++tally.calls;
      if (random.one_in(8)) std::this_thread::yield();
      tally.expect(outer->echo(outer.context(), number) == EchoProvider::answer(number));
      if (random.one_in(2)) outer.leave();
      if (inner) tally.expect(inner->echo(inner.context(), number) == EchoProvider::answer(number));
    }
  });
  storm.mutators(2, [&](Storm::Part& part) {
    auto& [number, random, delays, tally] = part;
    while (storm.budget.more()) {
      auto& handle = *handles[2 * static_cast<std::uint32_t>(number) + random.below(2)];
      auto* const module = new CountedEnd<EchoModule<Calls>>(storm.totals);
      tally.expect(handle.attach(module->binding) == nmr::Status::kSuccess);
      ++tally.expected;
      ++tally.detaches;
      if (random.one_in(2)) std::this_thread::yield();
      tally.expect(handle.detach(*module));
    }
  });
  storm.finish();
}

TEST_CASE_TEMPLATE(
    "hold storm: holds pass from thread to thread while their bindings detach, and keep them until the "
    "last is dropped",
    Calls, PerThread, Delayed, DelayedWithRealFences, OneWord, DelayedOneWord) {
  using Hold = EchoHold<Calls>;
  constexpr int kBoxes = 8;
  Storm storm;
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  std::atomic<Hold*> boxes[kBoxes] = {};
  std::atomic<std::int64_t> handed_over{0};
  const auto put = [&](std::uint32_t box, Hold hold) {
    // What was in the box is dropped here: perhaps the last of its binding.
    delete boxes[box].exchange(new Hold(std::move(hold)));
  };
  storm.callers(2, [&](Storm::Part& part) {
    auto& [number, random, delays, tally] = part;
    while (!storm.over()) {
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
  storm.callers(2, [&](Storm::Part& part) {
    auto& [number, random, delays, tally] = part;
    bool empty = false;
    // To the end, and until nothing is left: a detach waits for what lies in the boxes.
    while (!storm.over() || !empty) {
      if (empty) std::this_thread::yield();
      empty = true;
      for (std::atomic<Hold*>& box : boxes) {
        const std::unique_ptr<Hold> hold(box.exchange(nullptr));
        if (hold == nullptr) continue;
        empty = false;
        tally.expect((*hold)->echo(hold->context(), number) == EchoProvider::answer(number));
        if (storm.over() || !random.one_in(3)) continue;
        put(random.below(kBoxes), hold->duplicate());
      }
    }
  });
  storm.mutators(1, [&](Storm::Part& part) {
    Tally& tally = part.tally;
    while (storm.budget.more()) {
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
      storm.totals.seen.fetch_add(done.runs());
    }
  });
  storm.stop();
  for (std::atomic<Hold*>& box : boxes) CHECK(box.load() == nullptr);
  storm.finish();
}

TEST_CASE_TEMPLATE(
    "swap storm: modules replace each other all the time, are freed when they have drained, and no call "
    "is refused",
    Calls, PerThread, Delayed, DelayedWithRealFences) {
  Storm storm;
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> first;
  CHECK(handle.attach(first.binding) == nmr::Status::kSuccess);
  storm.callers(3, [&](Storm::Part& part) {
    auto& [number, random, delays, tally] = part;
    while (!storm.over())
      call_to_depth(handle, random.one_in(16) ? random.below(12) : random.below(3), tally);
  });
  // Each frees its last module once another has replaced it; the last of all is taken out below.
  std::unique_ptr<EchoModule<Calls>> last[2];
  storm.mutators(2, [&](Storm::Part& part) {
    auto& [number, random, delays, tally] = part;
    auto& mine = last[number];
    while (storm.budget.more()) {
      auto next = std::make_unique<EchoModule<Calls>>();
      auto* const replaced = new CountedEnd<>(storm.totals);
      ++tally.expected;
      tally.expect(handle.attach(next->binding, *replaced) == nmr::Status::kSuccess);
      ++tally.swaps;
      if (mine != nullptr) tally.expect(mine->binding.wait_until_detached() == nmr::Status::kSuccess);
      mine = std::move(next);
      if (random.one_in(4)) std::this_thread::yield();
    }
  });
  storm.stop();
  CHECK(handle.detach_and_wait() == nmr::Status::kSuccess);
  for (auto& module : last) CHECK(module->binding.detached());
  CHECK(first.binding.detached());
  CHECK(storm.totals.refused.load() == 0);
  storm.finish();
}
