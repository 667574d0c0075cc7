// Registering, deregistering and attaching at the same time.
#include <utility>

#include "platform/threads.hpp"
#include "registry/fixture.hpp"

namespace {

/// When a test interferes with an attachment.
enum class Point : std::uint8_t { kBeforeAccept, kInProvider, kAfterAccept };
constexpr std::array kPoints{Point::kBeforeAccept, Point::kInProvider, Point::kAfterAccept};

/// Who registers second, and so asks; that thread is the test's own.
constexpr std::array kSides{ModuleSide::kClient, ModuleSide::kProvider};

/// A provider and a client whose attach callbacks run `interfere` once, at one point.
template <class Calls>
struct InterferedPair {
  World<Calls> world;
  Provider<Calls> provider{world, 1};
  Client<Calls> client{world, 2};
  std::function<void()> interfere;
  Status client_answer = Status::kSuccess;
  Status provider_answer = Status::kSuccess;

  explicit InterferedPair(Point point) {
    client.on_attach = [this, point](auto& offer) {
      if (point == Point::kBeforeAccept) interfere();
      if (client_answer != Status::kSuccess) return client_answer;
      const Status status = client.accept(offer);
      if (point == Point::kAfterAccept) interfere();
      return status;
    };
    provider.on_attach = [this, point](auto& offer) {
      if (point == Point::kInProvider) interfere();
      return provider_answer != Status::kSuccess ? provider_answer : provider.accept(offer);
    };
  }

  void enroll(ModuleSide second) {
    second == ModuleSide::kClient ? ::enroll(provider, client) : ::enroll(client, provider);
  }
  void expect_detached_here_once() {
    for (const auto* module : {static_cast<const void*>(&provider), static_cast<const void*>(&client)}) {
      const auto detaches = world.log.find(What::kDetach, module);
      REQUIRE(detaches.size() == 1);
      CHECK(detaches[0].thread == std::this_thread::get_id());
    }
    CHECK(client.registration.attached() == 0);
    CHECK(provider.registration.attached() == 0);
  }
};

template <class Registration>
void deregister_elsewhere(Registration& registration) {
  Status status = Status::kSuccess;
  std::thread([&] { status = registration.deregister(); }).join();
  CHECK(status == Status::kPending);
}

template <class Registration>
void expect_over(Registration& registration) {
  CHECK(registration.wait_for_deregister_complete() == Status::kSuccess);
}

}  // namespace

// Shows T8.
TEST_CASE_TEMPLATE("R75: a binding whose side deregisters during attach is detached by the attaching thread",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const Point point : kPoints) {
    for (const ModuleSide second : kSides) {
      for (const ModuleSide leaver : kSides) {
        CAPTURE(static_cast<int>(point));
        CAPTURE(static_cast<int>(second));
        CAPTURE(static_cast<int>(leaver));
        InterferedPair<Calls> pair(point);
        pair.interfere = [&] {
          leaver == ModuleSide::kClient ? deregister_elsewhere(pair.client.registration)
                                        : deregister_elsewhere(pair.provider.registration);
          CHECK(pair.world.log.count(What::kDetach) == 0);
        };
        pair.enroll(second);
        pair.expect_detached_here_once();
        leaver == ModuleSide::kClient ? expect_over(pair.client.registration)
                                      : expect_over(pair.provider.registration);
      }
    }
  }
}

// Shows I10.
TEST_CASE_TEMPLATE("R76: a deregistration during an attach that fails detaches nothing and completes", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const ModuleSide second : kSides) {
    for (const ModuleSide leaver : kSides) {
      for (const ModuleSide refuses : kSides) {
        const bool client_refuses = refuses == ModuleSide::kClient;
        InterferedPair<Calls> pair(client_refuses ? Point::kBeforeAccept : Point::kInProvider);
        (client_refuses ? pair.client_answer : pair.provider_answer) = Status::kNoInterface;
        pair.interfere = [&] {
          leaver == ModuleSide::kClient ? deregister_elsewhere(pair.client.registration)
                                        : deregister_elsewhere(pair.provider.registration);
        };
        pair.enroll(second);
        leaver == ModuleSide::kClient ? expect_over(pair.client.registration)
                                      : expect_over(pair.provider.registration);
        CHECK(pair.world.log.count(What::kDetach) == 0);
        CHECK(pair.world.log.count(What::kCleanup) == 0);
        CHECK(pair.world.registry.snapshot().bindings.empty());
      }
    }
  }
}

// Shows T8, I10.
TEST_CASE_TEMPLATE("R77: both sides may deregister during an attach, on this thread or on others", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const Point point : kPoints) {
    for (const ModuleSide second : kSides) {
      for (const bool here : {true, false}) {
        InterferedPair<Calls> pair(point);
        pair.interfere = [&] {
          if (here) {
            CHECK(pair.client.registration.deregister() == Status::kPending);
            CHECK(pair.provider.registration.deregister() == Status::kPending);
          } else {
            Threads both(2, [&](int i) {
              i == 0 ? deregister_elsewhere(pair.client.registration)
                     : deregister_elsewhere(pair.provider.registration);
            });
          }
          CHECK(pair.world.log.count(What::kDetach) == 0);
        };
        pair.enroll(second);
        pair.expect_detached_here_once();
        expect_over(pair.client.registration);
        expect_over(pair.provider.registration);
      }
    }
  }
}

namespace {

/// Detach completions that another thread completes.
class Pool {
 public:
  void put(nmr::DetachCompletion done) {
    std::lock_guard lock(mutex_);
    kept_.push_back(std::move(done));
  }
  /// Completes what is there, until `over` is set and nothing is left.
  void complete(const std::atomic<bool>& over) {
    for (;;) {
      const bool last = over;
      std::vector<nmr::DetachCompletion> taken;
      {
        std::lock_guard lock(mutex_);
        taken.swap(kept_);
      }
      if (taken.empty() && last) return;
      taken.clear();
      std::this_thread::yield();
    }
  }

 private:
  std::mutex mutex_;
  std::vector<nmr::DetachCompletion> kept_;
};

/// Gives a module one of several ways to behave.
template <class Module>
void vary(Module& module, int turn, Pool& pool) {
  if (turn % 3 == 0)
    module.on_detach = [&pool](auto&, nmr::DetachCompletion done) { pool.put(std::move(done)); };
  if (turn % 5 == 4) module.answer = Status::kNoInterface;
  if (turn % 7 == 6) module.module.cleanup_binding_context = nullptr;
  if (turn % 4 == 3) module.module.serialize_attach = true;
}

}  // namespace

// Shows I2, I10.
TEST_CASE_TEMPLATE(
    "R78: in storms of clients and providers every attach has one detach and one cleanup per side", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  constexpr int kThreads = 4;
  constexpr int kTurns = 60;
  World<Calls> world;
  Pool pool;
  std::atomic<bool> over{false};
  std::atomic<int> calls_made{0};
  Threads completer(1, [&](int) { pool.complete(over); });
  {
    Provider<Calls> provider(world, 1);
    Client<Calls> client(world, 2);
    enroll(provider, client);
    StartLine start(kThreads);
    Threads storm(kThreads, [&](int thread) {
      start.arrive_and_wait();
      for (int turn = 0; turn < kTurns; ++turn) {
        const auto name = static_cast<std::uint64_t>(100 + thread);
        const auto live = [&](auto& module) {
          vary(module, turn + thread, pool);
          (void)module.enroll();
          for (auto* const attachment : module.all_attachments()) {
            if (call(*attachment, 1)) ++calls_made;
          }
          (void)module.registration.deregister();
          (void)module.registration.wait_for_deregister_complete();
        };
        if (thread % 2 == 0) {
          Client<Calls> module(world, name);
          live(module);
        } else {
          Provider<Calls> module(world, name);
          live(module);
        }
      }
    });
    storm.join();
    client.leave();
    provider.leave();
  }
  over = true;
  completer.join();
  CHECK(calls_made > 0);
  CHECK(world.registry.snapshot().registrations.empty());
  CHECK(world.registry.snapshot().bindings.empty());
}

TEST_CASE_TEMPLATE("R78: accepting into an occupied handle races with the end of what was in it", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  constexpr int kThreads = 3;
  constexpr int kTurns = 300;
  World<Calls> world;
  Client<Calls> client(world, 1);
  typename Client<Calls>::Handle handle(world.registry.call_domain());
  std::mutex mutex;
  std::list<typename Client<Calls>::Attachment> attachments;
  client.on_attach = [&](auto& offer) {
    typename Client<Calls>::Attachment* attachment = nullptr;
    {
      std::lock_guard lock(mutex);
      attachment = &attachments.emplace_back(client, world.registry.call_domain(), offer);
    }
    return offer.accept(handle, attachment, &client.kDispatch);
  };
  CHECK(client.enroll() == Status::kSuccess);
  std::atomic<bool> over{false};
  Threads caller(1, [&](int) {
    while (!over) {
      if (auto guard = handle.try_call()) (void)guard->call(guard.context(), 1);
    }
  });
  Threads storm(kThreads, [&](int thread) {
    for (int turn = 0; turn < kTurns; ++turn) {
      Provider<Calls> provider(world, static_cast<std::uint64_t>(2 + thread));
      (void)provider.enroll();
      (void)provider.registration.deregister();
      (void)provider.registration.wait_for_deregister_complete();
    }
  });
  storm.join();
  over = true;
  caller.join();
  CHECK(client.registration.attached() == 0);
  CHECK_FALSE(handle.attached());
  CHECK(world.log.count(What::kAttach, &client) == kThreads * kTurns);
}

TEST_CASE_TEMPLATE("R78: what is in a handle ends while another binding is being put into its place", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> first(world, 1);
  Provider<Calls> second(world, 2);
  Client<Calls> client(world, 3);
  typename Client<Calls>::Handle handle(world.registry.call_domain());
  std::list<typename Client<Calls>::Attachment> attachments;
  client.on_attach = [&](auto& offer) {
    return offer.accept(handle, &attachments.emplace_back(client, world.registry.call_domain(), offer),
                        &client.kDispatch);
  };
  enroll(client, first);
  {
    auto guard = handle.try_call();
    REQUIRE(guard);
    void* const of_first = guard.context();
    Threads registrant(1, [&](int) { (void)second.enroll(); });
    // One-word counting: the registrant waits for this call from here on. Per thread it does not.
    spin_until([&] {
      auto another = handle.try_call();
      return !another || another.context() != of_first;
    });
    (void)first.registration.deregister();
    CHECK_FALSE(first.attachment().cleaned);
    guard.leave();
  }
  CHECK(first.attachment().cleaned);
  CHECK(client.registration.attached() == 1);
  auto guard = handle.try_call();
  REQUIRE(guard);
  CHECK(guard->call(guard.context(), 1) == 2);
  guard.leave();
  client.leave();
}

TEST_CASE_TEMPLATE(
    "R79: a registration whose binding is gone before register returns says that nothing is attached", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const ModuleSide leaver : kSides) {
    InterferedPair<Calls> pair(Point::kAfterAccept);
    bool called = false;
    pair.interfere = [&] {
      called = call(pair.client.attachment(), 1) == 2;
      leaver == ModuleSide::kClient ? deregister_elsewhere(pair.client.registration)
                                    : deregister_elsewhere(pair.provider.registration);
    };
    CHECK(pair.provider.enroll() == Status::kSuccess);
    CHECK(pair.client.enroll() == Status::kSuccess);
    CHECK(called);
    CHECK(pair.client.registration);
    CHECK(pair.client.registration.attached() == 0);
    CHECK_FALSE(pair.client.attachment().handle.attached());
    CHECK(call(pair.client.attachment(), 1) == std::nullopt);
    CHECK(pair.client.attachment().cleaned);
    std::array<nmr::Refusal, 1> refusals;
    CHECK(pair.client.registration.refusals(refusals) == 0);
  }
}

TEST_CASE_TEMPLATE(
    "R80: providers that register at the same time offer themselves to one client at the same time", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> first(world, 1);
  Provider<Calls> second(world, 2);
  Client<Calls> client(world, 3);
  StartLine both_inside(2);
  client.on_attach = [&](auto& offer) { return both_inside.arrive_and_wait(), client.accept(offer); };
  CHECK(client.enroll() == Status::kSuccess);
  Threads registrants(2, [&](int i) { (void)(i == 0 ? first : second).enroll(); });
  registrants.join();
  CHECK(client.registration.attached() == 2);
}

TEST_CASE_TEMPLATE("R80: a registration that serialises its attach callbacks gets one at a time", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  constexpr int kProviders = 3;
  World<Calls> world;
  std::list<Provider<Calls>> providers;
  for (std::uint64_t i = 0; i < kProviders; ++i) providers.emplace_back(world, 10 + i);
  Client<Calls> client(world, 1);
  client.module.serialize_attach = true;
  std::atomic<int> inside{0};
  std::atomic<bool> overlapped{false};
  client.on_attach = [&](auto& offer) {
    if (++inside != 1) overlapped = true;
    // All others are offered and have only this callback to wait for; now is when they could come in.
    spin_until([&] { return world.registry.snapshot().bindings.size() == kProviders; });
    for (int i = 0; i < 100; ++i) std::this_thread::yield();
    const Status status = client.accept(offer);
    --inside;
    return status;
  };
  CHECK(client.enroll() == Status::kSuccess);
  Threads registrants(kProviders, [&](int i) { (void)std::next(providers.begin(), i)->enroll(); });
  registrants.join();
  CHECK_FALSE(overlapped);
  CHECK(client.registration.attached() == kProviders);
}

TEST_CASE_TEMPLATE("R80: serialising does not keep a thread from registering in its own attach callback",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> outer(world, 1);
  Provider<Calls> inner(world, 2);
  Client<Calls> client(world, 3);
  client.module.serialize_attach = true;
  outer.module.serialize_attach = true;
  outer.on_attach = [&](auto& offer) {
    CHECK(inner.enroll() == Status::kSuccess);
    CHECK(client.registration.attached() == 1);
    return outer.accept(offer);
  };
  enroll(client, outer);
  CHECK(client.registration.attached() == 2);
  CHECK(call(outer.attachment(), 1) == 2);
  CHECK(call(inner.attachment(), 1) == 2);
}

// Shows T1.
TEST_CASE_TEMPLATE(
    "R81: who is deregistering, or has deregistered, is not offered to those who register later", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const bool over : {false, true}) {
    CAPTURE(over);
    World<Calls> world;
    Provider<Calls> provider(world, 1);
    Client<Calls> client(world, 2);
    client.keep_detach = true;
    enroll(provider, client);
    CHECK(provider.registration.deregister() == Status::kPending);
    CHECK(client.registration.deregister() == Status::kPending);
    if (over) {
      client.complete_all();
      expect_over(client.registration);
      expect_over(provider.registration);
    }
    Provider<Calls> late_provider(world, 3);
    Client<Calls> late_client(world, 4);
    enroll(late_provider, late_client);
    CHECK(late_client.count(What::kAttach) == 1);
    CHECK(late_client.attachment().peer->module_id == nmr::ModuleId(3));
    CHECK(client.count(What::kAttach) == 1);
    CHECK(provider.count(What::kAttach) == 1);
  }
}
