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

namespace {

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

/// Counts the end of what was replaced, and frees itself.
struct CountedEnd : nmr::Completion {
  explicit CountedEnd(Totals& its_totals) noexcept : Completion(&end, this), totals(its_totals) {}
  static void end(Completion&, void* self) noexcept {
    static_cast<CountedEnd*>(self)->totals.seen.fetch_add(1);
    delete static_cast<CountedEnd*>(self);
  }
  Totals& totals;
};

}  // namespace

TEST_CASE_TEMPLATE(
    "swap storm: modules replace each other all the time, are freed when they have drained, and no call "
    "is refused",
    Calls, PerThread, Delayed, DelayedWithRealFences) {
  Budget budget;
  Totals totals;
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  auto first = std::make_unique<EchoModule<Calls>>();
  CHECK(handle.attach(first->binding) == nmr::Status::kSuccess);
  std::atomic<bool> stop{false};
  {
    Threads callers(3, [&](int i) {
      auto random = budget.random(i);
      const Delays delays(budget.random(100 + i));
      Tally tally(totals);
      while (!stop.load(std::memory_order_relaxed)) {
        call_to_depth(handle, random.one_in(16) ? random.below(12) : random.below(3), tally);
      }
    });
    // Each frees its last module once another has replaced it; the last of all is taken out below.
    std::unique_ptr<EchoModule<Calls>> last[2];
    Threads swappers(2, [&](int i) {
      auto random = budget.random(3 + i);
      const Delays delays(budget.random(110 + i));
      Tally tally(totals);
      while (budget.more()) {
        auto next = std::make_unique<EchoModule<Calls>>();
        auto* const replaced = new CountedEnd(totals);
        ++tally.expected;
        tally.expect(handle.attach(next->binding, *replaced) == nmr::Status::kSuccess);
        ++tally.swaps;
        if (last[i] != nullptr) tally.expect(last[i]->binding.wait_until_detached() == nmr::Status::kSuccess);
        last[i] = std::move(next);
        if (random.one_in(4)) std::this_thread::yield();
      }
    });
    swappers.join();
    stop.store(true);
    callers.join();
    CHECK(handle.detach_and_wait() == nmr::Status::kSuccess);
    for (auto& module : last) CHECK(module->binding.detached());
    CHECK(first->binding.detached());
  }
  CHECK(totals.refused.load() == 0);
  totals.finish();
}
