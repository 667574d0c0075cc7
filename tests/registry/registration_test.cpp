#include <memory>
#include <utility>

#include "registry/fixture.hpp"

namespace {

/// The names of the peers that a module was offered and attached to, in that order.
template <class Module>
std::vector<nmr::ModuleId> peers_of(Module& module) {
  std::vector<nmr::ModuleId> names;
  for (std::size_t i = 0; i < module.attachments(); ++i)
    names.push_back(module.attachment(i).peer->module_id);
  return names;
}

std::vector<nmr::ModuleId> names(std::initializer_list<std::uint64_t> values) {
  std::vector<nmr::ModuleId> all;
  for (const std::uint64_t value : values) all.emplace_back(value);
  return all;
}

/// A client whose registration context is not the module.
template <class Calls>
struct ContextClient {
  using Registry = nmr::BasicNmrRegistry<TestNpi, Calls>;

  static Status attach(void* context, typename Registry::ProviderOffer&) {
    ++*static_cast<int*>(context);
    return Status::kNoInterface;
  }
  static void detach(void*, nmr::DetachCompletion) noexcept {}
};

}  // namespace

TEST_CASE_TEMPLATE("R1: a client registers with no provider present: success, no callback", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Client<Calls> client(world, 1);
  CHECK(client.enroll() == Status::kSuccess);
  CHECK(client.registration);
  CHECK(client.registration.attached() == 0);
  client.leave();
  CHECK(world.log.empty());
}

TEST_CASE_TEMPLATE("R2: a provider registers with no client present: success, no callback", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  CHECK(provider.enroll() == Status::kSuccess);
  CHECK(provider.registration);
  CHECK(provider.registration.attached() == 0);
  provider.leave();
  CHECK(world.log.empty());
}

TEST_CASE_TEMPLATE("R3: provider first, then client: exactly one offer, before register returns", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  CHECK(provider.enroll() == Status::kSuccess);
  CHECK(world.log.empty());
  CHECK(client.enroll() == Status::kSuccess);
  CHECK(client.count(What::kAttach) == 1);
  CHECK(client.count(What::kAttachEnd) == 1);
  CHECK(provider.count(What::kAttach) == 1);
  CHECK(client.registration.attached() == 1);
  CHECK(provider.registration.attached() == 1);
  CHECK(peers_of(client) == names({1}));
}

TEST_CASE_TEMPLATE(
    "R4: client first, then provider: exactly one offer to that client, before register returns", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Client<Calls> client(world, 2);
  Provider<Calls> provider(world, 1);
  CHECK(client.enroll() == Status::kSuccess);
  CHECK(world.log.empty());
  CHECK(provider.enroll() == Status::kSuccess);
  CHECK(client.count(What::kAttach) == 1);
  CHECK(client.count(What::kAttachEnd) == 1);
  CHECK(client.registration.attached() == 1);
  CHECK(provider.registration.attached() == 1);
  CHECK(world.log.find(What::kAttach, &client)[0].thread == std::this_thread::get_id());
}

// Shows T1.
TEST_CASE_TEMPLATE(
    "R5: a client that registers is offered each provider once, with that provider's instance data", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  std::list<Provider<Calls>> providers;
  for (const std::uint64_t name : {11U, 12U, 13U}) {
    auto& provider = providers.emplace_back(world, name);
    provider.module.number = static_cast<std::uint32_t>(name * 10);
    provider.module.npi_version = static_cast<std::uint16_t>(name + 1);
    CHECK(provider.enroll() == Status::kSuccess);
  }
  Client<Calls> client(world, 1);
  std::vector<nmr::RegistrationInstance> seen;
  std::vector<const TestNpi::ProviderCharacteristics*> characteristics;
  client.on_attach = [&](auto& offer) {
    seen.push_back(offer.peer());
    characteristics.push_back(offer.characteristics());
    return client.accept(offer);
  };
  CHECK(client.enroll() == Status::kSuccess);
  REQUIRE(seen.size() == 3);
  std::size_t i = 0;
  for (const auto& provider : providers) {
    CHECK(seen[i].npi_id == TestNpi::kId);
    CHECK(seen[i].module_id == provider.module.module_id);
    CHECK(seen[i].number == provider.module.number);
    CHECK(seen[i].npi_version == provider.module.npi_version);
    CHECK(seen[i].characteristics == &provider.characteristics);
    CHECK(characteristics[i] == &provider.characteristics);
    CHECK(provider.count(What::kAttach) == 1);
    ++i;
  }
  CHECK(client.registration.attached() == 3);
}

// Shows T1.
TEST_CASE_TEMPLATE(
    "R6: a provider that registers is offered to each client once, with that client's instance data", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  std::list<Client<Calls>> clients;
  for (const std::uint64_t name : {11U, 12U, 13U}) {
    auto& client = clients.emplace_back(world, name);
    client.module.number = static_cast<std::uint32_t>(name);
    CHECK(client.enroll() == Status::kSuccess);
  }
  Provider<Calls> provider(world, 1);
  CHECK(provider.enroll() == Status::kSuccess);
  CHECK(peers_of(provider) == names({11, 12, 13}));
  std::size_t i = 0;
  for (const auto& client : clients) {
    CHECK(client.count(What::kAttach) == 1);
    CHECK(provider.attachment(i).peer->number == client.module.number);
    CHECK(provider.attachment(i).peer->characteristics == &client.characteristics);
    ++i;
  }
}

TEST_CASE_TEMPLATE("R7: different NPI identifiers never produce an offer; equal ones do, wherever they stand",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  using SameId = NumberedNpi<1, 'b'>;
  static_assert(SameId::kId == TestNpi::kId);
  nmr::BasicNmrRegistry<SecondNpi, Calls> second(world.registry.core());
  nmr::BasicNmrRegistry<SameId, Calls> same(world.registry.core());
  Client<Calls> client(world, 1);
  Provider<Calls, SecondNpi> other(second, world.log, 2);
  Provider<Calls, SameId> equal(same, world.log, 3);
  enroll(client, other);
  CHECK(world.log.empty());
  CHECK(equal.enroll() == Status::kSuccess);
  CHECK(peers_of(client) == names({3}));
  Client<Calls, SecondNpi> of_other(second, world.log, 4);
  CHECK(of_other.enroll() == Status::kSuccess);
  CHECK(peers_of(of_other) == names({2}));
  CHECK(client.count(What::kAttach) == 1);
}

TEST_CASE_TEMPLATE("R8: another number or another module id of the same NPI is offered too", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Provider<Calls> numbered(world, 1);
  Provider<Calls> renamed(world, 1);
  numbered.module.number = 77;
  renamed.module.module_id = nmr::ModuleId(nmr::Guid{1, 2, 3, {}});
  for (auto* each : {&provider, &numbered, &renamed}) CHECK(each->enroll() == Status::kSuccess);
  Client<Calls> client(world, 1);
  client.module.number = 5;
  CHECK(client.enroll() == Status::kSuccess);
  REQUIRE(client.attachments() == 3);
  CHECK(client.attachment(1).peer->number == 77);
  CHECK(client.attachment(2).peer->module_id == renamed.module.module_id);
}

TEST_CASE_TEMPLATE("R9: every peer refuses: registering succeeds all the same", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> refuses(world, 1);
  refuses.answer = Status::kNoInterface;
  Provider<Calls> fails(world, 2);
  fails.answer = Status::kNotSupported;
  enroll(refuses, fails);
  Client<Calls> client(world, 3);
  CHECK(client.enroll() == Status::kSuccess);
  CHECK(client.registration);
  CHECK(client.registration.attached() == 0);
  CHECK(refuses.count(What::kAttach) == 1);
  CHECK(fails.count(What::kAttach) == 1);
  std::array<nmr::Refusal, 4> why;
  REQUIRE(client.registration.refusals(why) >= 2);
  CHECK(world.registry.snapshot().bindings.empty());

  Client<Calls> declines(world, 4);
  declines.answer = Status::kNoInterface;
  CHECK(declines.enroll() == Status::kSuccess);
  CHECK(declines.count(What::kAttach) == 2);
  Provider<Calls> late(world, 5);
  late.answer = Status::kNoInterface;
  CHECK(late.enroll() == Status::kSuccess);
}

TEST_CASE_TEMPLATE("R10: the attach callback gets the registration context that was given, also a null one",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  CHECK(provider.enroll() == Status::kSuccess);
  typename World<Calls>::Registry::ClientModule module;
  module.attach_provider = &ContextClient<Calls>::attach;
  module.detach_provider = &ContextClient<Calls>::detach;
  module.module_id = nmr::ModuleId(9);
  int first = 0;
  int second = 0;
  typename World<Calls>::Registry::ClientRegistration a;
  typename World<Calls>::Registry::ClientRegistration b;
  CHECK(world.registry.register_client(module, &first, a) == Status::kSuccess);
  CHECK(first == 1);
  CHECK(world.registry.register_client(module, &second, b) == Status::kSuccess);
  CHECK(first == 1);
  CHECK(second == 1);

  static void* seen = nullptr;
  seen = &first;
  module.attach_provider = [](void* context, auto&) {
    seen = context;
    return Status::kNoInterface;
  };
  typename World<Calls>::Registry::ClientRegistration c;
  CHECK(world.registry.register_client(module, nullptr, c) == Status::kSuccess);
  CHECK(seen == nullptr);
  CHECK(provider.count(What::kAttach) == 0);
}

TEST_CASE_TEMPLATE("R12: a missing attach callback is refused without side effects, a missing cleanup is not",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> peer(world, 1);
  Client<Calls> other_peer(world, 2);
  enroll(peer, other_peer);
  const auto callbacks = world.log.events().size();
  const auto refused = [&](auto& module, auto& entry, auto value, Status expected) {
    const auto before = std::exchange(entry, value);
    CHECK(module.enroll() == expected);
    entry = before;
    CHECK_FALSE(module.registration);
    CHECK(module.registration.deregister() == Status::kInvalidParameter);
    CHECK(world.registry.snapshot().registrations.size() == 2);
    CHECK(world.log.events().size() == callbacks);
  };
  const auto refuse_all = [&](auto& module) {
    refused(module, module.module.module_id, nmr::ModuleId(), Status::kInvalidParameter);
    refused(module, module.module.length, std::uint16_t{1}, Status::kInvalidParameter);
    refused(module, module.module.version, std::uint16_t{1}, Status::kRevisionMismatch);
  };
  Client<Calls> client(world, 3);
  refused(client, client.module.attach_provider, nullptr, Status::kInvalidParameter);
  refuse_all(client);
  Provider<Calls> provider(world, 4);
  refused(provider, provider.module.attach_client, nullptr, Status::kInvalidParameter);
  refuse_all(provider);

  client.module.cleanup_binding_context = nullptr;
  CHECK(client.enroll() == Status::kSuccess);
  CHECK(client.enroll() == Status::kInvalidParameter);  // the registration is in use
  CHECK(client.registration.attached() == 1);
  client.leave();
  CHECK(client.count(What::kDetach) == 1);
  CHECK(client.count(What::kCleanup) == 0);
}

TEST_CASE_TEMPLATE(
    "R12: without detach callbacks a detach waits for the calls alone, and each side is cleaned up", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const bool client_leaves : {true, false}) {
    for (const bool client_is_asked : {true, false}) {
      nmr::BasicNmrRegistry<TestNpi, Calls> registry;
      Log log;
      Provider<Calls> provider(registry, log, 1);
      Client<Calls> client(registry, log, 2);
      provider.module.detach_client = nullptr;
      if (!client_is_asked) client.module.detach_provider = nullptr;
      CHECK(provider.enroll() == Status::kSuccess);
      CHECK(client.enroll() == Status::kSuccess);
      auto hold = client.attachment().handle.try_call().hold();
      const auto leave = [](auto& registration, auto& other) {
        CHECK(registration.deregister() == Status::kPending);
        CHECK(other.attached() == 0);
      };
      if (client_leaves) {
        leave(client.registration, provider.registration);
      } else {
        leave(provider.registration, client.registration);
      }
      CHECK(call(client.attachment(), 1) == std::nullopt);
      CHECK(client.count(What::kDetach) == (client_is_asked ? 1 : 0));
      CHECK(log.count(What::kCleanup) == 0);
      CHECK(hold->call(hold.context(), 1) == 2);
      hold.leave();
      CHECK(client.count(What::kCleanup) == 1);
      CHECK(provider.count(What::kCleanup) == 1);
      CHECK(registry.snapshot().bindings.size() == 0);
    }
  }
}

TEST_CASE_TEMPLATE("R13: the attach callback can use the registration that is just being made", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  int asked = 0;
  client.on_attach = [&](auto& offer) {
    ++asked;
    CHECK(client.registration);
    CHECK(client.registration.attached() == 0);
    CHECK(client.registration.wait_for_deregister_complete() == Status::kInvalidParameter);
    return client.accept(offer);
  };
  provider.on_attach = [&](auto& offer) {
    ++asked;
    CHECK(provider.registration);
    CHECK(client.registration);
    return provider.accept(offer);
  };
  enroll(client, provider);
  CHECK(asked == 2);
}

TEST_CASE_TEMPLATE("R14: a module registered inside an attach callback is offered as any other", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Provider<Calls> provider_from_inside(world, 2);
  Client<Calls> client_from_inside(world, 3);
  Client<Calls> client(world, 4);
  CHECK(provider.enroll() == Status::kSuccess);
  client.on_attach = [&](auto& offer) {
    if (offer.peer().module_id == provider.module.module_id) {
      CHECK(provider_from_inside.enroll() == Status::kSuccess);
      CHECK(client.attachments() == 1);  // to the new provider, in a callback inside this one
    }
    return client.accept(offer);
  };
  provider_from_inside.on_attach = [&](auto& offer) {
    if (!client_from_inside.registration) CHECK(client_from_inside.enroll() == Status::kSuccess);
    return provider_from_inside.accept(offer);
  };
  CHECK(client.enroll() == Status::kSuccess);
  CHECK(peers_of(client) == names({2, 1}));
  CHECK(client_from_inside.registration.attached() == 2);
  CHECK(provider.registration.attached() == 2);
  CHECK(provider_from_inside.registration.attached() == 2);
  CHECK(world.log.count(What::kAttach) == 8);
}

TEST_CASE_TEMPLATE("R15: a module in two NPIs, or on both sides, has bindings that are independent", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  nmr::BasicNmrRegistry<SecondNpi, Calls> second(world.registry.core());
  constexpr std::uint64_t kModule = 1;
  Client<Calls> as_client(world, kModule);
  Client<Calls, SecondNpi> as_client_of_second(second, world.log, kModule);
  Provider<Calls, SecondNpi> as_provider_of_second(second, world.log, kModule);
  Provider<Calls> provider(world, 2);
  Client<Calls, SecondNpi> client_of_second(second, world.log, 3);
  enroll(as_client, as_provider_of_second, provider, client_of_second);
  CHECK(as_client_of_second.enroll() == Status::kSuccess);  // of itself, too
  CHECK(peers_of(as_client) == names({2}));
  CHECK(peers_of(client_of_second) == names({kModule}));
  CHECK(peers_of(as_client_of_second) == names({kModule}));

  as_client.leave();
  CHECK(provider.registration.attached() == 0);
  CHECK(as_provider_of_second.registration.attached() == 2);
  CHECK(call(client_of_second.attachment(), 1) == 2);
  CHECK(call(as_provider_of_second.attachment(1), 1) == 2);
  as_provider_of_second.leave();
  CHECK_FALSE(call(client_of_second.attachment(), 1).has_value());
  CHECK(as_client_of_second.registration.attached() == 0);
}

// Shows I1.
TEST_CASE_TEMPLATE(
    "R16: a client that registers twice has two registrations, and two bindings with each provider", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Provider<Calls> late(world, 2);
  Client<Calls> client(world, 3);
  typename Client<Calls>::Registration again;
  enroll(provider, client);
  CHECK(client.enroll(again) == Status::kSuccess);
  CHECK(late.enroll() == Status::kSuccess);
  CHECK(client.registration.attached() == 2);
  CHECK(again.attached() == 2);
  CHECK(provider.registration.attached() == 2);
  CHECK(late.registration.attached() == 2);
  client.leave();
  CHECK(client.count(What::kDetach) == 2);
  CHECK(again.attached() == 2);
  CHECK(provider.registration.attached() == 1);
}
