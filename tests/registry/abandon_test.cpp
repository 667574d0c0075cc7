// Registrations that are given up with calls in progress, perhaps for ever: nobody waits, and what they were is freed by
// the last call that leaves, once.
#include <memory>
#include <utility>

#include "platform/threads.hpp"
#include "registry/fixture.hpp"
#include "support/alloc.hpp"
#include "support/death.hpp"
#include "support/misuse.hpp"

namespace {

template <class Calls>
using RegistryOf = nmr::BasicNmrRegistry<TestNpi, Calls>;

int answer(void*, int value) { return value + 1; }
constexpr TestNpi::ProviderDispatch kAnswers{&answer};

/// A pair without contexts, so that nothing has to outlive it but the modules, and the handle of one-word counting.
template <class Calls>
struct Pair {
  using Registry = RegistryOf<Calls>;
  using Handle = typename Registry::Handle;

  Pair() {
    client.module_id = nmr::ModuleId(std::uint64_t{1});
    client.attach_provider = [](void* self, typename Registry::ProviderOffer& offer) {
      return offer.accept(*static_cast<Pair*>(self)->handle, self, nullptr);
    };
    client.detach_provider = [](void*, nmr::DetachCompletion) noexcept {};
    client.cleanup_binding_context = [](void* self) noexcept { ++static_cast<Pair*>(self)->cleanups; };
    provider.module_id = nmr::ModuleId(std::uint64_t{2});
    provider.attach_client = [](void* self, typename Registry::ClientOffer& offer) {
      return offer.accept(self, &kAnswers);
    };
    provider.detach_client = [](void*, nmr::DetachCompletion) noexcept {};
    provider.cleanup_binding_context = client.cleanup_binding_context;
    CHECK(registry->register_client(client, this, of_client) == Status::kSuccess);
    CHECK(registry->register_provider(provider, this, of_provider) == Status::kSuccess);
  }
  /// As at the end of a scope, or of the process.
  void destroy(bool and_handle) {
    of_provider = {};
    of_client = {};
    if (and_handle) handle.reset();
    registry.reset();
  }
  /// Of a registry that has stayed, once every call has returned.
  void free_core() { delete core; }

  std::atomic<int> cleanups{0};
  typename Registry::ClientModule client;
  typename Registry::ProviderModule provider;
  std::optional<Registry> registry{std::in_place};
  typename Registry::Core* core = &registry->core();
  std::optional<Handle> handle{registry->calls()};
  typename Registry::ClientRegistration of_client;
  typename Registry::ProviderRegistration of_provider;
};

}  // namespace

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

TEST_CASE_TEMPLATE("bad input: a core of one's own outlives what is abandoned", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  const Death death = run_in_child([] {
    nmr::BasicRegistryCore<Calls> core;
    RegistryOf<Calls> registry(core);
    typename RegistryOf<Calls>::ProviderModule provider;
    provider.module_id = nmr::ModuleId(std::uint64_t{1});
    provider.attach_client = [](void*, typename RegistryOf<Calls>::ClientOffer& offer) {
      return offer.accept(nullptr, &kAnswers);
    };
    static nmr::DetachCompletion kept;
    provider.detach_client = [](void*, nmr::DetachCompletion done) noexcept { kept = std::move(done); };
    auto client = Pair<Calls>().client;
    client.attach_provider = [](void*, typename RegistryOf<Calls>::ProviderOffer& offer) {
      return offer.accept(nullptr, nullptr);
    };
    client.cleanup_binding_context = nullptr;
    typename RegistryOf<Calls>::ProviderRegistration of_provider;
    typename RegistryOf<Calls>::ClientRegistration of_client;
    (void)registry.register_provider(provider, nullptr, of_provider);
    (void)registry.register_client(client, nullptr, of_client);
    of_provider.abandon();
    of_client.abandon();
  });
  CHECK(death.signal == SIGABRT);
  CHECK(death.output.find("destroyed before its registrations") != std::string::npos);
}

TEST_CASE_TEMPLATE("a process ends though a call never returns, with all of it in statics", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const bool waits_first : {false, true}) {
    const Death death = run_in_child([&] {
      static Pair<Calls> pair;
      static auto& handle = *new typename Pair<Calls>::Handle(pair.registry->calls());
      pair.client.attach_provider = [](void*, typename RegistryOf<Calls>::ProviderOffer& offer) {
        return offer.accept(handle, &pair, nullptr);
      };
      static typename RegistryOf<Calls>::ClientRegistration another;
      (void)pair.registry->register_client(pair.client, nullptr, another);
      std::atomic<bool> inside{false};
      std::thread([&] {
        const auto guard = handle.try_call();
        inside = true;
        for (;;) pause();
      }).detach();
      spin_until([&] { return inside.load(); });
      if (waits_first) {
        (void)pair.of_provider.deregister();
        (void)pair.of_provider.wait_for_deregister_complete_for(std::chrono::milliseconds(1));
      }
      pair.registry->abandon();
      std::exit(7);
    });
    CHECK(death.signal == 0);
    CHECK(death.status == 7);
    CHECK(death.output == "");
  }
}
