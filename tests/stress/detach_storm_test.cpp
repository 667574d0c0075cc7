#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "binding/echo.hpp"
#include "platform/threads.hpp"
#include "stress/budget.hpp"
#include "stress/module.hpp"
#include "stress/totals.hpp"

namespace {

/// Freed by its completion, on whichever thread leaves last.
template <class Calls>
struct StormModule : nmr::Completion {
  explicit StormModule(Totals& its_totals) noexcept : Completion(&free, this), totals(its_totals) {}
  static void free(Completion&, void* self) noexcept {
    Totals& totals = static_cast<StormModule*>(self)->totals;
    delete static_cast<StormModule*>(self);
    totals.seen.fetch_add(1);
  }
  Totals& totals;
  EchoModule<Calls> module;
};

}  // namespace

TEST_CASE_TEMPLATE(
    "detach storm: modules come and go under calls, each ends exactly once and is freed at once", Calls,
    PerThread, Delayed, DelayedWithRealFences, OneWord, DelayedOneWord) {
  constexpr int kHandles = 4;
  Budget budget;
  Totals totals;
  typename Calls::Domain domain;
  std::unique_ptr<EchoHandle<Calls>> handles[kHandles];
  for (auto& handle : handles) handle = std::make_unique<EchoHandle<Calls>>(domain);
  std::atomic<bool> stop{false};
  {
    Threads callers(4, [&](int i) {
      auto random = budget.random(i);
      const Delays delays(budget.random(100 + i));
      Tally tally(totals);
      while (!stop.load(std::memory_order_relaxed)) {
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
        tally.expect(outer->echo(outer.context(), i) == EchoProvider::answer(i));
        if (random.one_in(2)) outer.leave();
        if (inner) tally.expect(inner->echo(inner.context(), i) == EchoProvider::answer(i));
      }
    });
    Threads detachers(2, [&](int i) {
      auto random = budget.random(4 + i);
      const Delays delays(budget.random(110 + i));
      Tally tally(totals);
      while (budget.more()) {
        auto& handle = *handles[2 * static_cast<std::uint32_t>(i) + random.below(2)];
        auto* const module = new StormModule<Calls>(totals);
        tally.expect(handle.attach(module->module.binding) == nmr::Status::kSuccess);
        ++tally.expected;
        ++tally.detaches;
        if (random.one_in(2)) std::this_thread::yield();
        tally.expect(handle.detach(*module));
      }
    });
    detachers.join();
    stop.store(true);
  }
  totals.finish();
}
