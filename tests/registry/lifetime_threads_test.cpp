// The end of registrations with many threads at it: waiters, completers, and those who destroy what they
// waited for.
#include <chrono>
#include <memory>
#include <utility>

#include "platform/counted_completion.hpp"
#include "platform/threads.hpp"
#include "registry/fixture.hpp"

TEST_CASE_TEMPLATE("R69: any number of waiters return, of either kind", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  constexpr int kRounds = 50;
  constexpr int kWaiters = 4;
  for (int round = 0; round < kRounds; ++round) {
    World<Calls> world;
    Provider<Calls> provider(world, 1);
    Client<Calls> client(world, 2);
    client.keep_detach = true;
    enroll(provider, client);
    CHECK(provider.registration.deregister() == Status::kPending);
    CountedCompletion told;
    CHECK(provider.registration.notify_deregister_complete(told) == Status::kSuccess);
    StartLine start(kWaiters + 1);
    std::atomic<int> returned{0};
    Threads waiters(kWaiters, [&](int i) {
      start.arrive_and_wait();
      const Status status =
          i % 2 == 0 ? provider.registration.wait_for_deregister_complete()
                     : provider.registration.wait_for_deregister_complete_for(std::chrono::hours(1));
      if (status == Status::kSuccess) ++returned;
    });
    start.arrive_and_wait();
    dawdle(round * 100);
    client.complete_all();
    waiters.join();
    CHECK(returned == kWaiters);
    CHECK(told.runs() == 1);
  }
}

// Shows T15, I7.
TEST_CASE_TEMPLATE(
    "R82: all may be destroyed after the wait, while the other side's thread is still in complete()", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  constexpr int kRounds = 300;
  StartLine start(2);
  std::atomic<nmr::DetachCompletion*> handed{nullptr};
  Threads completer(1, [&](int) {
    for (int round = 0; round < kRounds; ++round) {
      start.arrive_and_wait();
      nmr::DetachCompletion done = std::move(*handed.load());
      start.arrive_and_wait();
      done.complete();
    }
  });
  int waited = 0;
  for (int round = 0; round < kRounds; ++round) {
    auto world = std::make_unique<World<Calls>>();
    auto provider = std::make_unique<Provider<Calls>>(*world, 1);
    auto client = std::make_unique<Client<Calls>>(*world, 2);
    client->keep_detach = true;
    (void)provider->enroll();
    (void)client->enroll();
    (void)provider->registration.deregister();
    (void)client->registration.deregister();
    handed = &client->attachment().kept;
    start.arrive_and_wait();
    start.arrive_and_wait();
    dawdle(round % 64 * 20);
    if (provider->registration.wait_for_deregister_complete() == Status::kSuccess) ++waited;
    provider.reset();
    client.reset();
    world.reset();
  }
  CHECK(waited == kRounds);
}

// Shows I3.
TEST_CASE_TEMPLATE("R83: what attach wrote is visible in detach, and what was written in a call in cleanup",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  constexpr int kCallers = 2;
  constexpr int kRounds = 30;
  for (int round = 0; round < kRounds; ++round) {
    World<Calls> world;
    Provider<Calls> provider(world, 1);
    Client<Calls> client(world, 2);
    // Plain data on purpose: the thread sanitizer sees whether the library orders it.
    int from_attach = 0;
    std::array<int, kCallers> from_calls{};
    int seen_by_detach = 0;
    int seen_by_cleanup = 0;
    client.on_attach = [&](auto& offer) { return from_attach = 42, client.accept(offer); };
    client.on_detach = [&](auto&, nmr::DetachCompletion) { seen_by_detach = from_attach; };
    provider.on_call = [&](auto&, int caller) { return ++from_calls[static_cast<std::size_t>(caller)]; };
    provider.on_cleanup = [&](auto&) {
      for (const int calls : from_calls) seen_by_cleanup += calls;
    };
    std::array<int, kCallers> made{};
    std::atomic<int> calling{0};
    enroll(provider, client);
    auto& attachment = client.attachment();
    Threads callers(kCallers, [&](int i) {
      while (call(attachment, i)) {
        if (++made[static_cast<std::size_t>(i)] == 1) calling.fetch_add(1, std::memory_order_relaxed);
      }
    });
    // Relaxed on purpose too: it must order nothing.
    spin_until([&] { return calling.load(std::memory_order_relaxed) == kCallers; });
    Threads leaver(1, [&](int) { (void)provider.registration.deregister(); });
    leaver.join();
    callers.join();
    CHECK(provider.registration.wait_for_deregister_complete() == Status::kSuccess);
    CHECK(seen_by_detach == 42);
    CHECK(seen_by_cleanup == made[0] + made[1]);
  }
}

TEST_CASE_TEMPLATE("R84: no wait sleeps past the last completion, wherever it falls", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  constexpr int kRounds = 400;
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  client.keep_detach = true;
  CHECK(provider.enroll() == Status::kSuccess);
  StartLine start(2);
  Threads waiter(1, [&](int) {
    for (int round = 0; round < kRounds; ++round) {
      start.arrive_and_wait();
      dawdle(round % 32 * 40);
      (void)client.registration.wait_for_deregister_complete();
      start.arrive_and_wait();
    }
  });
  int ended = 0;
  for (int round = 0; round < kRounds; ++round) {
    (void)client.enroll();
    (void)client.registration.deregister();
    start.arrive_and_wait();
    dawdle(round % 20 * 64);
    client.complete(client.attachment(static_cast<std::size_t>(round)));
    start.arrive_and_wait();
    if (client.registration.wait_for_deregister_complete_for(std::chrono::nanoseconds(0)) == Status::kSuccess)
      ++ended;
    client.registration = {};
  }
  waiter.join();
  CHECK(ended == kRounds);
}
