#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "binding/echo.hpp"
#include "platform/threads.hpp"
#include "stress/budget.hpp"

namespace {

struct Totals {
  std::atomic<std::int64_t> calls{0};
  std::atomic<std::int64_t> refused{0};
  std::atomic<std::int64_t> bad{0};
  std::atomic<std::int64_t> attached{0};
  std::atomic<std::int64_t> freed{0};
};

/// Freed by its completion, on whichever thread leaves last.
template <class Calls>
struct StormModule : nmr::Completion {
  explicit StormModule(Totals& its_totals) noexcept : Completion(&free, this), totals(its_totals) {}
  static void free(Completion&, void* self) noexcept {
    Totals& totals = static_cast<StormModule*>(self)->totals;
    delete static_cast<StormModule*>(self);
    totals.freed.fetch_add(1);
  }
  Totals& totals;
  EchoModule<Calls> module;
};

}  // namespace

TEST_CASE_TEMPLATE(
    "detach storm: modules come and go under calls, each ends exactly once and is freed at once", Calls,
    PerThread, PerThreadRealFences, OneWord) {
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
      while (!stop.load(std::memory_order_relaxed)) {
        auto& handle = *handles[random.below(kHandles)];
        auto outer = handle.try_call();
        auto inner = handles[random.below(kHandles)]->try_call();
        if (!outer) {
          totals.refused.fetch_add(1, std::memory_order_relaxed);
          if (random.one_in(64)) std::this_thread::yield();
          continue;
        }
        totals.calls.fetch_add(1, std::memory_order_relaxed);
        if (random.one_in(8)) std::this_thread::yield();
        if (outer->echo(outer.context(), i) != EchoProvider::answer(i)) totals.bad.fetch_add(1);
        if (random.one_in(2)) outer.leave();
        if (inner && inner->echo(inner.context(), i) != EchoProvider::answer(i)) totals.bad.fetch_add(1);
      }
    });
    Threads detachers(2, [&](int i) {
      auto random = budget.random(4 + i);
      while (budget.more()) {
        auto& handle = *handles[2 * static_cast<std::uint32_t>(i) + random.below(2)];
        auto* const module = new StormModule<Calls>(totals);
        if (handle.attach(module->module.binding) != nmr::Status::kSuccess) totals.bad.fetch_add(1);
        totals.attached.fetch_add(1);
        if (random.one_in(2)) std::this_thread::yield();
        if (!handle.detach(*module)) totals.bad.fetch_add(1);
      }
    });
    detachers.join();
    stop.store(true);
  }
  CHECK(totals.bad.load() == 0);
  CHECK(totals.freed.load() == totals.attached.load());
  MESSAGE(totals.calls.load() << " calls, " << totals.refused.load() << " refused, " << totals.attached.load()
                              << " detaches");
}
