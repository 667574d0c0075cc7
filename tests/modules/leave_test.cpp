// Leaving: in whatever order, waiting for the last call, given up, and where it must not be done.
#include <memory>
#include <optional>

#include "modules/adder.hpp"
#include "platform/threads.hpp"
#include "support/in_place.hpp"
#include "support/misuse.hpp"

TEST_CASE_TEMPLATE(
    "leave: a provider's destructor waits for the last call, and meanwhile new ones are refused", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  AdderRegistry<Calls> registry;
  AdderClient<Calls> client(registry, nmr::ModuleId(1));
  std::optional<AdderModule<Calls>> module(std::in_place, registry, 2, 10);
  auto hold = client.try_call().hold();
  std::atomic<bool> gone = false;
  Threads leaver(1, [&](int) {
    module.reset();
    gone = true;
  });
  spin_until([&] { return !client.template call<kAdd>(1).has_value(); });
  CHECK_FALSE(gone);
  CHECK(hold->add(hold.context(), 1) == 11);
  hold.leave();
  leaver.join();
  CHECK(gone);
}

TEST_CASE_TEMPLATE("leave: a client's destructor waits for its own last call", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  AdderRegistry<Calls> registry;
  const AdderModule<Calls> module(registry, 1, 10);
  InPlace<AdderClient<Calls>> client(registry, nmr::ModuleId(2));
  auto hold = client->try_call().hold();
  std::atomic<bool> gone = false;
  Threads leaver(1, [&](int) {
    client.end();
    gone = true;
  });
  spin_until([&] { return registry.snapshot().bindings[0].state != nmr::BindingState::kAttached; });
  CHECK_FALSE(gone);
  CHECK(hold->add(hold.context(), 1) == 11);
  hold.leave();
  leaver.join();
  CHECK(gone);
}

TEST_CASE_TEMPLATE("leave: any order of destruction will do, and each binding ends once", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  struct Ends {
    void detached() noexcept { ++count; }
    int count = 0;
  };
  for (unsigned first = 0; first != 4; ++first) {
    AdderRegistry<Calls> registry;
    Ends ends;
    const typename AdderClient<Calls>::template Hooks<Ends> hooks{.detached = nmr::member<&Ends::detached>()};
    std::optional<AdderClient<Calls>> clients[2];
    std::optional<AdderModule<Calls>> modules[2];
    modules[0].emplace(registry, 3, 10);
    for (auto& client : clients) client.emplace(registry, nmr::ModuleId(1), ends, hooks);
    modules[1].emplace(registry, 4, 20);
    CHECK(ends.count == 2);  // of the provider that has been replaced
    for (unsigned i = 0; i != 4; ++i) {
      const unsigned which = (first + i) % 4;
      which < 2 ? clients[which].reset() : modules[which - 2].reset();
    }
    CHECK(ends.count == 4);
    CHECK(registry.snapshot().registrations.empty());
  }
}

TEST_CASE_TEMPLATE("leave: inside a call of its own it is reported, and does not wait", Calls,
                   nmr::PerThreadCalls) {
  AdderRegistry<Calls> registry;
  AdderClient<Calls> client(registry, nmr::ModuleId(1));
  InPlace<AdderModule<Calls>> module(registry, std::uint64_t{2}, 10);
  {
    const auto guard = client.try_call();
    const MisuseTrap trap;
    module.end();
    CHECK(trap.count() == 1);
    CHECK(trap.operation() == "~Registration");
    CHECK(guard);
  }
  CHECK_FALSE(client.template call<kAdd>(1));
}

TEST_CASE_TEMPLATE("leave: what is abandoned is not waited for, and is told when its last call has left",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  struct Watched : Adder {
    using Adder::Adder;
    void detached() noexcept { ended = true; }
    bool ended = false;
  };
  InPlace<AdderRegistry<Calls>> registry;
  auto* const core = &registry->core();
  Watched adder(10);
  InPlace<AdderClient<Calls>> client(*registry, nmr::ModuleId(1));
  InPlace<AdderProvider<Calls>> provider(
      *registry, nmr::ModuleId(2),
      typename AdderProvider<Calls>::template Table<Watched>(nmr::member<&Watched::add>(),
                                                             nmr::member<&Watched::grow>()),
      adder,
      typename AdderProvider<Calls>::template Hooks<Watched>{.detached = nmr::member<&Watched::detached>()});
  auto hold = client->try_call().hold();
  provider->abandon();
  client->abandon();
  CHECK_FALSE(provider->registration());
  CHECK_FALSE(client->template call<kAdd>(1));
  provider.end();  // none of these waits
  if (std::is_same_v<Calls, nmr::PerThreadCalls>) {
    client.end();
    registry.end();
  }
  CHECK_FALSE(adder.ended);
  CHECK(hold->add(hold.context(), 1) == 11);
  hold.leave();
  CHECK(adder.ended);
  if (!std::is_same_v<Calls, nmr::PerThreadCalls>) {
    client.end();
    registry.end();
  }
  delete core;  // it has stayed, as is said of NmrRegistry
}
