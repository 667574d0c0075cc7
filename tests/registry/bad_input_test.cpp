// Bad input: a status, no effect, and the same call works once it is right.
#include "registry/fixture.hpp"

namespace {

using nmr::RegistrationFault;

/// Registers a module that is wrong in one way, and again once it has been put right.
template <class Module, class Calls, class Spoil>
void expect_refused(World<Calls>& world, Module& module, Status status, RegistrationFault fault,
                    Spoil spoil) {
  const auto right = module.module;
  const auto before = world.registry.snapshot();
  const std::size_t events = world.log.events().size();
  const auto why = [&] { return world.registry.registration_fault(module.module, module.registration); };
  CHECK(why() == RegistrationFault::kNone);
  spoil(module.module);
  CHECK(why() == fault);
  CHECK(module.enroll() == status);
  CHECK(why() == fault);
  CHECK_FALSE(module.registration);
  CHECK(module.registration.deregister() == Status::kInvalidParameter);
  CHECK(world.registry.snapshot().registrations.size() == before.registrations.size());
  CHECK(world.log.events().size() == events);
  module.module = right;
  CHECK(module.enroll() == Status::kSuccess);
  CHECK(module.registration.attached() == 1);
  module.registration = {};
}

/// All that both kinds of module can be wrong in.
template <class Module, class Calls>
void expect_all_refused(World<Calls>& world, Module& module) {
  using enum RegistrationFault;
  const auto invalid = [&](RegistrationFault fault, auto spoil) {
    expect_refused(world, module, Status::kInvalidParameter, fault, spoil);
  };
  invalid(kNoModuleId, [](auto& m) { m.module_id = {}; });
  invalid(kNoModuleId, [](auto& m) { m.module_id = nmr::ModuleId(nmr::Guid{}); });
  invalid(kWrongLength, [](auto& m) { m.length = 0; });
  invalid(kWrongLength, [](auto& m) { m.length = sizeof(m) - 1; });
  invalid(kWrongLength, [](auto& m) { m.length = sizeof(m) + 8; });
  expect_refused(world, module, Status::kRevisionMismatch, kWrongVersion, [](auto& m) { m.version = 1; });
}

}  // namespace

TEST_CASE_TEMPLATE("bad input: a client module that is wrong in any way is refused, and changes nothing",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  CHECK(provider.enroll() == Status::kSuccess);
  expect_refused(world, client, Status::kInvalidParameter, RegistrationFault::kNoAttachCallback,
                 [](auto& m) { m.attach_provider = nullptr; });
  expect_all_refused(world, client);
}

TEST_CASE_TEMPLATE("bad input: a provider module that is wrong in any way is refused, and changes nothing",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Client<Calls> client(world, 1);
  Provider<Calls> provider(world, 2);
  CHECK(client.enroll() == Status::kSuccess);
  expect_refused(world, provider, Status::kInvalidParameter, RegistrationFault::kNoAttachCallback,
                 [](auto& m) { m.attach_client = nullptr; });
  expect_all_refused(world, provider);
}

TEST_CASE_TEMPLATE("bad input: a registration that is not empty is not overwritten", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  enroll(provider, client);
  CHECK(client.enroll() == Status::kInvalidParameter);
  CHECK(provider.enroll() == Status::kInvalidParameter);
  CHECK(world.registry.registration_fault(client.module, client.registration) ==
        RegistrationFault::kRegistrationInUse);
  CHECK(world.registry.registration_fault(provider.module, provider.registration) ==
        RegistrationFault::kRegistrationInUse);
  CHECK(provider.registration.attached() == 1);
  client.leave();
  CHECK(client.enroll() == Status::kInvalidParameter);  // it has ended, and still is not empty
  CHECK(client.count(What::kAttach) == 1);
}

TEST_CASE_TEMPLATE(
    "bad input: a handle of another registry is refused by both offers, which may be tried again", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  nmr::BasicNmrRegistry<TestNpi, Calls> other;
  typename Client<Calls>::Handle client_handle(other.call_domain());
  typename Provider<Calls>::Handle provider_handle(other.call_domain());
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  int provider_asked = 0;
  provider.on_attach = [&](auto& offer) {
    ++provider_asked;
    CHECK(offer.accept(provider_handle, &provider, &provider.kDispatch) == Status::kInvalidParameter);
    return provider.accept(offer);
  };
  client.on_attach = [&](auto& offer) {
    CHECK(offer.accept(client_handle, &client, &client.kDispatch) == Status::kInvalidParameter);
    CHECK(provider_asked == 0);
    return client.accept(offer);
  };
  enroll(provider, client);
  CHECK(provider_asked == 1);
  CHECK(call(client.attachment(), 1) == 2);
  CHECK(call(provider.attachment(), 1) == 2);
  CHECK_FALSE(client_handle.attached());
  CHECK_FALSE(provider_handle.attached());
}

TEST_CASE_TEMPLATE("bad input: detach of a binding that is not one of the registration's, or not any more",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> first(world, 2);
  Client<Calls> second(world, 3);
  enroll(provider, first, second);
  const nmr::BindingId of_first = first.attachment().binding;
  const nmr::BindingId of_second = second.attachment().binding;
  for (const auto id : {nmr::BindingId::kNone, of_second, nmr::BindingId{~std::uint64_t{0}}}) {
    CHECK(first.registration.detach(id) == Status::kNotFound);
  }
  CHECK(world.log.count(What::kDetach) == 0);
  typename Client<Calls>::Registration empty;
  CHECK(empty.detach(of_first) == Status::kInvalidParameter);

  first.keep_detach = true;
  CHECK(provider.registration.detach(of_first) == Status::kPending);
  CHECK(provider.registration.detach(of_first) == Status::kNotFound);  // it drains
  CHECK(first.registration.detach(of_first) == Status::kNotFound);
  first.complete_all();
  CHECK(first.registration.detach(of_first) == Status::kNotFound);  // it is gone
  CHECK(first.count(What::kDetach) == 1);
  CHECK(first.count(What::kCleanup) == 1);
  CHECK(second.count(What::kDetach) == 0);
  CHECK(call(second.attachment(), 1) == 2);
  CHECK(first.registration.attached() == 0);
  CHECK(provider.registration.attached() == 1);
}

TEST_CASE_TEMPLATE("faults: detaching a binding while it is being attached detaches it as soon as it is",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const bool client_asks : {true, false}) {
    World<Calls> world;
    Provider<Calls> provider(world, 1);
    Client<Calls> client(world, 2);
    client.on_attach = [&](auto& offer) {
      const auto id = offer.binding();
      CHECK((client_asks ? client.registration.detach(id) : provider.registration.detach(id)) ==
            Status::kPending);
      const Status status = client.accept(offer);
      CHECK(call(client.attachment(), 1) == 2);
      CHECK(world.log.count(What::kDetach) == 0);
      return status;
    };
    enroll(provider, client);
    CHECK(client.registration.attached() == 0);
    CHECK(client.count(What::kCleanup) == 1);
    CHECK(provider.count(What::kCleanup) == 1);
    CHECK(call(client.attachment(), 1) == std::nullopt);
  }
}
