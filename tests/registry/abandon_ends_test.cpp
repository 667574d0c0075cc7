// Processes that end with registrations given up: what a core of one's own says, and statics that nobody may wait in.
#include <utility>

#include "platform/threads.hpp"
#include "registry/abandon.hpp"
#include "support/death.hpp"

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
      static auto& handle = *new typename Pair<Calls>::Handle(pair.registry->call_domain());
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
