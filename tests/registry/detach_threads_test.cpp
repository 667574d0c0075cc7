// Completions and deregistrations from several threads at the same moment.
#include <utility>

#include "platform/threads.hpp"
#include "registry/fixture.hpp"

namespace {

/// Where a detach callback leaves its completion for another thread.
class Parking {
 public:
  void put(nmr::DetachCompletion done) {
    std::lock_guard lock(mutex_);
    parked_.push_back(std::move(done));
  }
  /// Takes one, if there is one, and completes it after a little while.
  bool complete_one(int steps) {
    nmr::DetachCompletion done;
    {
      std::lock_guard lock(mutex_);
      if (parked_.empty()) return false;
      done = std::move(parked_.back());
      parked_.pop_back();
    }
    dawdle(steps);
    done.complete();
    return true;
  }

 private:
  std::mutex mutex_;
  std::vector<nmr::DetachCompletion> parked_;
};

/// What one side's callbacks write and read without a lock: the registry is to order them.
struct Trace {
  bool in_callback = false;
  int written = 0;
};

constexpr int kRounds = 300;

/// A time that is another one in each round, and for each of those who ask.
int step(int round, int who) { return (round * (37 + 2 * who) + who) % 400; }

}  // namespace

// Shows T12.
TEST_CASE_TEMPLATE("R37: both sides deregister concurrently: each callback once, and both waits return",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (int round = 0; round < kRounds; ++round) {
    World<Calls> world;
    Provider<Calls> provider(world, 1);
    Client<Calls> client(world, 2);
    Parking parking;
    const auto park = [&](auto&, nmr::DetachCompletion done) { parking.put(std::move(done)); };
    const int pending = round % 3;  // sides
    if (pending > 0) client.on_detach = park;
    if (pending > 1) provider.on_detach = park;
    enroll(provider, client);
    StartLine start(3);
    Threads threads(3, [&](int i) {
      start.arrive_and_wait();
      dawdle(step(round, i));
      if (i == 0) {
        client.leave();
      } else if (i == 1) {
        provider.leave();
      } else {
        while (call(client.attachment(), 1)) std::this_thread::yield();
        for (int left = pending; left > 0;) {
          if (parking.complete_one(0)) --left;
        }
      }
    });
    threads.join();
    CHECK(client.count(What::kDetach) == 1);
    CHECK(provider.count(What::kDetach) == 1);
    CHECK(client.count(What::kCleanup) == 1);
    CHECK(provider.count(What::kCleanup) == 1);
  }
}

// Shows I11.
TEST_CASE_TEMPLATE(
    "R45 R116: completed by another thread before the detach callback returns: cleanup waits for it", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const bool on_client : {true, false}) {
    World<Calls> world;
    Provider<Calls> provider(world, 1);
    Client<Calls> client(world, 2);
    const auto complete_elsewhere = [&](auto&, nmr::DetachCompletion done) {
      std::thread([&] {
        done.complete();
        CHECK(world.log.count(What::kCleanup) == 0);
      }).join();
      CHECK(world.log.count(What::kCleanup) == 0);
    };
    if (on_client) client.on_detach = complete_elsewhere;
    if (!on_client) provider.on_detach = complete_elsewhere;
    enroll(provider, client);
    CHECK(provider.registration.deregister() == Status::kPending);
    CHECK(client.count(What::kCleanup) == 1);
    CHECK(provider.count(What::kCleanup) == 1);
    CHECK(world.log.find(What::kCleanup)[0].thread == std::this_thread::get_id());
  }
}

// Shows T14, I9, I11.
TEST_CASE_TEMPLATE(
    "R45 R116: completions race with the return of the callbacks: one cleanup each, overlapping neither",
    Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  Parking parking;
  std::atomic<bool> over{false};
  std::atomic<int> round{0};
  std::thread completer([&] {
    while (!over) {
      if (!parking.complete_one(step(round, 2))) std::this_thread::yield();
    }
  });
  std::atomic<int> overlaps{0};
  for (; round < kRounds; ++round) {
    World<Calls> world;
    Provider<Calls> provider(world, 1);
    Client<Calls> client(world, 2);
    std::array<Trace, 2> traces;
    const auto hook = [&](auto& module, int who, bool parks) {
      Trace& trace = traces[static_cast<std::size_t>(who)];
      module.on_detach = [&, who, parks](auto&, nmr::DetachCompletion done) {
        trace.in_callback = true;
        parks ? parking.put(std::move(done)) : done.complete();
        dawdle(step(round, who));
        ++trace.written;
        trace.in_callback = false;
      };
      module.on_cleanup = [&](auto&) {
        for (const Trace& each : traces) {
          if (each.in_callback || each.written != 1) ++overlaps;
        }
      };
    };
    hook(client, 0, round % 3 != 1);
    hook(provider, 1, round % 3 != 2);
    enroll(provider, client);
    round % 2 == 0 ? client.leave() : provider.leave();
    CHECK(client.count(What::kCleanup) == 1);
    CHECK(provider.count(What::kCleanup) == 1);
  }
  over = true;
  completer.join();
  CHECK(overlaps == 0);
}

TEST_CASE_TEMPLATE("R45 R116: a last call that leaves on another thread does not overlap the detach callback",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (int round = 0; round < kRounds; ++round) {
    World<Calls> world;
    Provider<Calls> provider(world, 1);
    Client<Calls> client(world, 2);
    Trace trace;
    bool overlap = false;
    client.on_detach = [&](auto&, nmr::DetachCompletion done) {
      trace.in_callback = true;
      done.complete();
      dawdle(step(round, 0));
      trace.in_callback = false;
    };
    client.on_cleanup = [&](auto&) { overlap = trace.in_callback; };
    enroll(provider, client);
    std::atomic<bool> inside{false};
    std::thread caller([&, hold = round % 2 == 0] {
      auto guard = client.attachment().handle.try_call();
      auto held = hold ? guard.hold() : nmr::BasicCallHold<TestNpi, Calls>();
      inside = true;
      dawdle(step(round, 1));
      held.leave();
      guard.leave();
    });
    spin_until([&] { return inside.load(); });
    client.leave();
    caller.join();
    CHECK_FALSE(overlap);
    CHECK(client.count(What::kCleanup) == 1);
  }
}
