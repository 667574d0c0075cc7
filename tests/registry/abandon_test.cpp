// Registrations that are given up with calls in progress, perhaps for ever: nobody waits, and what they were is freed by
// the last call that leaves, once.
#include <memory>
#include <utility>

#include "platform/threads.hpp"
#include "registry/abandon.hpp"
#include "support/alloc.hpp"
#include "support/misuse.hpp"

TEST_CASE_TEMPLATE("what is abandoned is freed by the last that leaves, but for the registry", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  enum { kEachSide, kDeregistered, kRegistry, kWays };
  for (int way = kEachSide; way != kWays; ++way) {
    CAPTURE(way);
    const alloc::Scope scope;
    int cleanups_at_first = 0;
    int cleanups = 0;
    {
      Pair<Calls> pair;
      auto hold = pair.handle->try_call().hold();
      std::optional<nmr::BasicCallHold<TestNpi, Calls>> second(hold.duplicate());
      if (way == kDeregistered) {
        CHECK(pair.of_provider.deregister() == Status::kPending);
        CHECK(pair.of_client.deregister() == Status::kPending);
        CHECK(pair.of_client.wait_for_deregister_complete_for(std::chrono::milliseconds(1)) ==
              Status::kTimeout);
      }
      if (way == kRegistry) {
        pair.registry->abandon();
      } else {
        pair.of_provider.abandon();
        CHECK_FALSE(pair.of_provider);
        pair.of_client.abandon();
      }
      pair.destroy(true);
      CHECK(hold->call(hold.context(), 1) == 2);
      hold.leave();
      cleanups_at_first = pair.cleanups;
      second.reset();
      cleanups = pair.cleanups;
      pair.of_client.abandon();  // empty: nothing
      pair.free_core();
    }
    const auto live = scope.live();
    CHECK(live == 0);
    CHECK(cleanups_at_first == 0);
    CHECK(cleanups == 2);
  }
}

TEST_CASE_TEMPLATE(
    "what is abandoned with a call on another thread is freed by that, and at once without any", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  const alloc::Scope scope;
  for (const bool called : {true, false}) {
    Pair<Calls> pair;
    std::atomic<int> step{0};
    std::thread caller([&] {
      const auto guard = pair.handle->try_call();
      step = 1;
      spin_until([&] { return step == 2; });
    });
    spin_until([&] { return step == 1; });
    if (!called) {
      step = 2;
      caller.join();
    }
    pair.of_provider.abandon();
    pair.of_client.abandon();
    CHECK(pair.cleanups == (called ? 0 : 2));
    // One-word counting has the word in the handle, which stays for the call, and so does its registry.
    constexpr bool per_thread = std::is_same_v<Calls, nmr::PerThreadCalls>;
    if (per_thread || !called) pair.destroy(true);
    if (called) {
      step = 2;
      caller.join();
    }
    CHECK(pair.cleanups == 2);
    pair.destroy(true);
    pair.free_core();
  }
  const auto live = scope.live();
  CHECK(live == 0);
}

TEST_CASE_TEMPLATE("abandoning one side leaves the other to wait for its own, and a completion is told",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  Pair<Calls> pair;
  auto hold = pair.handle->try_call().hold();
  static int told;
  told = 0;
  nmr::Completion done([](nmr::Completion&, void*) noexcept { ++told; }, nullptr);
  CHECK(pair.of_provider.deregister(done) == Status::kPending);
  pair.of_provider.abandon();
  CHECK(pair.of_client.deregister() == Status::kPending);
  CHECK(pair.of_client.wait_for_deregister_complete_for(std::chrono::seconds(0)) == Status::kTimeout);
  CHECK(told == 0);
  CHECK(pair.registry->snapshot().registrations.size() == 2);
  hold.leave();
  CHECK(told == 1);
  CHECK(pair.of_client.wait_for_deregister_complete() == Status::kSuccess);
  CHECK(pair.registry->snapshot().registrations.size() == 1);
  pair.destroy(true);
  pair.free_core();
}

TEST_CASE_TEMPLATE("bad input: a registry is destroyed before a registration that was not abandoned", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  const alloc::Scope scope;
  {
    Pair<Calls> pair;
    pair.of_provider.abandon();
    pair.handle.reset();
    const MisuseTrap trap;
    pair.registry.reset();
    CHECK(trap.count() == 1);
    CHECK(trap.operation() == "~NmrRegistry");
    pair.of_client.abandon();  // what is there is freed all the same
    CHECK(trap.count() == 1);
    pair.free_core();
  }
  const auto live = scope.live();
  CHECK(live == 0);
}
