#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "binding/echo.hpp"
#include "platform/threads.hpp"
#include "stress/budget.hpp"

namespace {

/// Calls within calls, to a random depth. Returns how many were refused or answered wrongly.
template <class Calls>
std::int64_t call_to_depth(EchoHandle<Calls>& handle, std::uint32_t depth) {
  auto guard = handle.try_call();
  if (!guard) return 1;
  const int value = static_cast<int>(depth);
  std::int64_t bad = depth > 0 ? call_to_depth(handle, depth - 1) : 0;
  if (guard->echo(guard.context(), value) != EchoProvider::answer(value)) ++bad;
  return bad;
}

}  // namespace

TEST_CASE_TEMPLATE(
    "swap storm: modules replace each other all the time, are freed when they have drained, and no call "
    "is refused",
    Calls, PerThread, PerThreadRealFences) {
  Budget budget;
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  auto first = std::make_unique<EchoModule<Calls>>();
  CHECK(handle.attach(first->binding) == nmr::Status::kSuccess);
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> calls{0};
  std::atomic<std::int64_t> bad{0};
  std::atomic<std::int64_t> swaps{0};
  {
    Threads callers(3, [&](int i) {
      auto random = budget.random(i);
      while (!stop.load(std::memory_order_relaxed)) {
        bad.fetch_add(call_to_depth(handle, random.one_in(16) ? random.below(12) : random.below(3)));
        calls.fetch_add(1, std::memory_order_relaxed);
      }
    });
    // Each frees its last module once another has replaced it; the last of all is taken out below.
    std::unique_ptr<EchoModule<Calls>> last[2];
    Threads swappers(2, [&](int i) {
      auto random = budget.random(3 + i);
      while (budget.more()) {
        auto next = std::make_unique<EchoModule<Calls>>();
        if (handle.attach(next->binding) != nmr::Status::kSuccess) bad.fetch_add(1);
        swaps.fetch_add(1, std::memory_order_relaxed);
        if (last[i] != nullptr && last[i]->binding.wait_until_detached() != nmr::Status::kSuccess)
          bad.fetch_add(1);
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
  CHECK(bad.load() == 0);
  MESSAGE(calls.load() << " calls, " << swaps.load() << " swaps");
}
