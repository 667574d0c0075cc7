#include <set>
#include <type_traits>

#include "platform/threads.hpp"
#include "registry/fixture.hpp"
#include "support/misuse.hpp"

namespace {

constexpr auto kArbitraryError = static_cast<Status>(static_cast<std::int32_t>(0xC0001234));

template <class Table>
constexpr Table kOtherDispatch{[](void*, int value) { return value + 100; }};

/// A module without contexts or tables, counted here because its callbacks know nothing.
template <class Calls>
struct NullModules {
  using Registry = nmr::BasicNmrRegistry<TestNpi, Calls>;
  static inline int detached = 0;
  static inline int cleaned = 0;
  static inline bool all_null = true;

  static void detach(void* context, nmr::DetachCompletion) noexcept {
    ++detached;
    all_null = all_null && context == nullptr;
  }
  static void cleanup(void* context) noexcept {
    ++cleaned;
    all_null = all_null && context == nullptr;
  }
  static typename Registry::ClientModule client() {
    typename Registry::ClientModule module;
    module.attach_provider = [](void*, auto& offer) { return offer.accept(nullptr, nullptr); };
    module.detach_provider = &detach;
    module.cleanup_binding_context = &cleanup;
    module.module_id = nmr::ModuleId(101);
    return module;
  }
  static typename Registry::ProviderModule provider() {
    typename Registry::ProviderModule module;
    module.attach_client = [](void*, auto& offer) { return offer.accept(nullptr, nullptr); };
    module.detach_client = &detach;
    module.cleanup_binding_context = &cleanup;
    module.module_id = nmr::ModuleId(102);
    return module;
  }
};

/// What a module is told when the other refused, or threw.
template <class Registration>
nmr::Refusal newest_refusal(const Registration& registration) {
  std::array<nmr::Refusal, 1> newest;
  REQUIRE(registration.refusals(newest) >= 1);
  return newest[0];
}

}  // namespace

TEST_CASE_TEMPLATE("R17: the attach callback gets a binding's identifier that no other binding has", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  std::list<Provider<Calls>> providers;
  std::list<Client<Calls>> clients;
  for (const std::uint64_t name : {1U, 2U, 3U}) {
    CHECK(providers.emplace_back(world, name).enroll() == Status::kSuccess);
    CHECK(clients.emplace_back(world, name + 10).enroll() == Status::kSuccess);
  }
  std::set<nmr::BindingId> all;
  for (auto& client : clients) {
    for (std::size_t i = 0; i < client.attachments(); ++i) all.insert(client.attachment(i).binding);
  }
  CHECK(all.size() == 9);
  CHECK_FALSE(all.contains(nmr::BindingId::kNone));
  for (auto& provider : providers) {
    for (std::size_t i = 0; i < provider.attachments(); ++i)
      CHECK(all.contains(provider.attachment(i).binding));
  }
  // It names the binding to detach(), and that one only.
  auto& client = clients.front();
  CHECK(client.registration.detach(client.attachment(1).binding) == Status::kPending);
  CHECK(client.attachment(1).cleaned);
  CHECK_FALSE(client.attachment(0).cleaned);
  CHECK_FALSE(client.attachment(2).cleaned);
}

// Shows T4.
TEST_CASE_TEMPLATE(
    "R18: accept asks the provider once, on the same thread, with the client's context and table", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  CHECK(provider.enroll() == Status::kSuccess);
  std::thread([&] {
    client.on_attach = [&](auto& offer) {
      CHECK(provider.count(What::kAttach) == 0);
      const Status status = client.accept(offer);
      CHECK(provider.count(What::kAttachEnd) == 1);
      CHECK(client.count(What::kAttachEnd) == 0);
      return status;
    };
    CHECK(client.enroll() == Status::kSuccess);
    CHECK(world.log.find(What::kAttach, &provider)[0].thread == std::this_thread::get_id());
  }).join();
  CHECK(provider.count(What::kAttach) == 1);
  auto guard = provider.attachment().handle.try_call();
  REQUIRE(guard);
  CHECK(guard.context() == &client.attachment());
  CHECK(guard.operator->() == &Client<Calls>::kDispatch);
}

TEST_CASE_TEMPLATE("R19: accept returns what the provider returned", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  for (const Status answer : {Status::kSuccess, Status::kNoInterface, kArbitraryError}) {
    World<Calls> world;
    Provider<Calls> provider(world, 1);
    Client<Calls> client(world, 2);
    provider.answer = answer;
    CHECK(provider.enroll() == Status::kSuccess);
    auto got = static_cast<Status>(-1);
    client.on_attach = [&](auto& offer) { return got = client.accept(offer); };
    CHECK(client.enroll() == Status::kSuccess);
    CHECK(got == answer);
    CHECK(client.registration.attached() == (answer == Status::kSuccess ? 1 : 0));
    if (answer == Status::kSuccess) continue;
    CHECK(newest_refusal(client.registration).status == answer);
    CHECK(newest_refusal(provider.registration).status == answer);
  }
}

// Shows T7.
TEST_CASE_TEMPLATE("R20: on success the client's calls get the provider's context and table", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  enroll(provider, client);
  auto guard = client.attachment().handle.try_call();
  REQUIRE(guard);
  CHECK(guard.context() == &provider.attachment());
  CHECK(guard.operator->() == &Provider<Calls>::kDispatch);
  CHECK(guard->call(guard.context(), 1) == 2);
  CHECK(provider.attachment().served == 1);
}

TEST_CASE_TEMPLATE(
    "R21: on failure the handles stay empty, and no detach or cleanup is called, for either side", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  typename Client<Calls>::Handle client_handle(world.registry.call_domain());
  typename Provider<Calls>::Handle provider_handle(world.registry.call_domain());
  int context = 0;
  provider.on_attach = [&](auto& offer) {
    CHECK(offer.accept(provider_handle, &context, nullptr) == Status::kSuccess);
    return Status::kNotSupported;  // after it had agreed
  };
  client.on_attach = [&](auto& offer) {
    const Status status = offer.accept(client_handle, &context, nullptr);
    CHECK(status == Status::kNotSupported);
    CHECK_FALSE(client_handle.attached());
    CHECK_FALSE(provider_handle.attached());
    CHECK(!client_handle.try_call());
    return status;
  };
  enroll(provider, client);
  CHECK(world.registry.snapshot().bindings.empty());
  client.leave();
  provider.leave();
  CHECK(world.log.count(What::kAttach) == 2);
  CHECK(world.log.events().size() == 4);  // two attach callbacks, nothing else
}

// Shows T3.
TEST_CASE_TEMPLATE(
    "R22: a client that declines without accepting: the provider is never asked, nothing is detached", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  client.answer = Status::kNoInterface;
  enroll(provider, client);
  CHECK(newest_refusal(provider.registration).refused_by == ModuleSide::kClient);
  CHECK(newest_refusal(provider.registration).peer == client.module.module_id);
  client.leave();
  provider.leave();
  CHECK(client.count(What::kAttach) == 1);
  CHECK(world.log.events().size() == 2);
}

// Shows T5.
TEST_CASE_TEMPLATE(
    "R23: after a refusal the client may ask again with another table: that is the only attachment", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  const auto* const table = &kOtherDispatch<TestNpi::ClientDispatch>;
  provider.on_attach = [&, asked = 0](auto& offer) mutable {
    return ++asked == 1 ? Status::kRevisionMismatch : provider.accept(offer);
  };
  client.on_attach = [&](auto& offer) {
    CHECK(client.accept(offer) == Status::kRevisionMismatch);
    return client.accept(offer, table);
  };
  enroll(client, provider);
  CHECK(provider.count(What::kAttach) == 2);
  CHECK(client.registration.attached() == 1);
  CHECK(world.registry.snapshot().bindings.size() == 1);
  CHECK(call(provider.attachment(), 1) == 101);
  CHECK(call(client.attachment(), 1) == 2);
  client.leave();
  CHECK(world.log.count(What::kDetach) == 2);
}

TEST_CASE_TEMPLATE("R24: a second accept after success is rejected, and the provider not asked again", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  typename Client<Calls>::Handle second(world.registry.call_domain());
  client.on_attach = [&](auto& offer) {
    const Status status = client.accept(offer);
    CHECK(offer.accept(second, nullptr, nullptr) == Status::kInvalidDeviceState);
    CHECK(offer.accept(nullptr, nullptr) == Status::kInvalidDeviceState);
    CHECK_FALSE(second.attached());
    return status;
  };
  enroll(provider, client);
  CHECK(provider.count(What::kAttach) == 1);
  CHECK(client.registration.attached() == 1);
  CHECK(call(client.attachment(), 1) == 2);
  auto guard = provider.attachment().handle.try_call();
  REQUIRE(guard);
  CHECK(guard.context() == &client.attachment());
}

TEST_CASE_TEMPLATE(
    "R25: an offer cannot be kept or made; accept within the provider's turn, or with a foreign handle, is "
    "rejected",
    Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  using Offer = typename Client<Calls>::Offer;
  static_assert(!std::is_copy_constructible_v<Offer> && !std::is_move_constructible_v<Offer>);
  static_assert(!std::is_copy_assignable_v<Offer> && !std::is_move_assignable_v<Offer>);
  static_assert(!std::is_default_constructible_v<Offer> && !std::is_constructible_v<Offer, nmr::BindingId>);
  static_assert(!std::is_constructible_v<Offer, typename Client<Calls>::Registration&>);

  World<Calls> world;
  World<Calls> elsewhere;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  typename Client<Calls>::Handle foreign(elsewhere.registry.call_domain());
  Offer* offered = nullptr;
  provider.on_attach = [&](auto& offer) {
    CHECK(offered->accept(nullptr, nullptr) == Status::kInvalidDeviceState);
    return provider.accept(offer);
  };
  client.on_attach = [&](auto& offer) {
    offered = &offer;
    CHECK(offer.accept(foreign, nullptr, nullptr) == Status::kInvalidParameter);
    CHECK(provider.count(What::kAttach) == 0);
    return client.accept(offer);
  };
  enroll(provider, client);
  CHECK(provider.count(What::kAttach) == 1);
  CHECK(client.registration.attached() == 1);
}

TEST_CASE_TEMPLATE("R26: null contexts and tables on both sides: attach, detach and cleanup run, with null",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  using Modules = NullModules<Calls>;
  Modules::detached = Modules::cleaned = 0;
  Modules::all_null = true;
  World<Calls> world;
  const auto client_module = Modules::client();
  const auto provider_module = Modules::provider();
  typename World<Calls>::Registry::ClientRegistration client;
  typename World<Calls>::Registry::ProviderRegistration provider;
  CHECK(world.registry.register_client(client_module, nullptr, client) == Status::kSuccess);
  CHECK(world.registry.register_provider(provider_module, nullptr, provider) == Status::kSuccess);
  CHECK(client.attached() == 1);
  int calls = 0;
  client.for_each_provider([&](auto& guard) {
    ++calls;
    CHECK(guard.context() == nullptr);
    CHECK(guard.operator->() == nullptr);
  });
  provider.for_each_client([&](auto& guard) {
    ++calls;
    CHECK(guard.context() == nullptr);
    CHECK(guard.operator->() == nullptr);
  });
  CHECK(calls == 2);
  CHECK(client.deregister() == Status::kPending);
  CHECK(Modules::detached == 2);
  CHECK(Modules::cleaned == 2);
  CHECK(Modules::all_null);
}

// Shows T6.
TEST_CASE_TEMPLATE(
    "R27: from the moment the provider's attach callback has returned its calls reach the client", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  provider.on_attach = [&](auto& offer) {
    const Status status = provider.accept(offer);
    CHECK_FALSE(call(provider.attachment(), 1).has_value());  // not before
    return status;
  };
  client.on_attach = [&](auto& offer) {
    const Status status = client.accept(offer);
    CHECK(call(provider.attachment(), 1) == 2);
    std::thread([&] { CHECK(call(provider.attachment(), 2) == 3); }).join();
    int reached = 0;
    provider.registration.for_each_client([&](auto& guard) { reached += guard->call(guard.context(), 3); });
    CHECK(reached == 4);
    CHECK(client.attachment().served == 3);
    return status;
  };
  enroll(provider, client);
  CHECK(client.attachment().served == 3);
}

TEST_CASE_TEMPLATE("R28: the client may call in its attach callback once accept has succeeded", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  provider.on_attach = [&](auto& offer) {
    CHECK_FALSE(call(client.attachment(), 1).has_value());  // not before
    return provider.accept(offer);
  };
  client.on_attach = [&](auto& offer) {
    const Status status = client.accept(offer);
    CHECK(call(client.attachment(), 1) == 2);
    std::thread([&] { CHECK(call(client.attachment(), 1) == 2); }).join();
    return status;
  };
  enroll(provider, client);
  CHECK(provider.attachment().served == 2);
}
