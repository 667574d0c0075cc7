// Attach callbacks that change their minds, lie, or throw.
#include "registry/fixture.hpp"
#include "support/misuse.hpp"

// Shows T9.
TEST_CASE_TEMPLATE(
    "R29: the client fails after the provider agreed: the provider alone is detached and cleaned up, once",
    Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  provider.keep_detach = true;
  client.on_attach = [&](auto& offer) {
    CHECK(client.accept(offer) == Status::kSuccess);
    return Status::kNoInterface;
  };
  CHECK(provider.enroll() == Status::kSuccess);
  {
    MisuseTrap trap;
    CHECK(client.enroll() == Status::kSuccess);
    CHECK(trap.count() == 1);
    CHECK(trap.operation() == "attach_provider");
  }
  CHECK(client.registration.attached() == 0);
  CHECK_FALSE(call(client.attachment(), 1).has_value());
  CHECK_FALSE(call(provider.attachment(), 1).has_value());
  CHECK(provider.count(What::kDetach) == 1);
  CHECK(provider.count(What::kCleanup) == 0);
  CHECK(client.registration.deregister() == Status::kPending);
  CHECK(client.registration.wait_for_deregister_complete_for(std::chrono::seconds(0)) == Status::kTimeout);
  provider.complete(provider.attachment());
  CHECK(client.registration.wait_for_deregister_complete() == Status::kSuccess);
  provider.leave();
  CHECK(provider.count(What::kDetach) == 1);
  CHECK(provider.count(What::kCleanup) == 1);
  CHECK(client.count(What::kDetach) == 0);
  CHECK(client.count(What::kCleanup) == 0);
}

// Shows T10.
TEST_CASE_TEMPLATE("R30: success without accept is a refusal and reported, and blocks no deregistration",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  SUBCASE("never accepted") {
    client.on_attach = [](auto&) { return Status::kSuccess; };
  }
  SUBCASE("the provider refused") {
    provider.answer = Status::kNoInterface;
    client.on_attach = [&](auto& offer) {
      CHECK(client.accept(offer) == Status::kNoInterface);
      return Status::kSuccess;
    };
  }
  CHECK(provider.enroll() == Status::kSuccess);
  {
    MisuseTrap trap;
    CHECK(client.enroll() == Status::kSuccess);
    CHECK(trap.count() == 1);
    CHECK(trap.operation() == "attach_provider");
  }
  CHECK(client.registration.attached() == 0);
  CHECK(provider.registration.attached() == 0);
  CHECK(world.registry.snapshot().bindings.empty());
  client.leave();
  provider.leave();
  CHECK(world.log.count(What::kDetach) == 0);
}

TEST_CASE_TEMPLATE("R30: a provider's success without accept is a refusal and reported; nothing is attached",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  auto& registry = world.registry;
  using Registry = std::remove_reference_t<decltype(registry)>;
  typename Registry::ProviderModule module;
  module.module_id = nmr::ModuleId(1);
  module.attach_client = [](void*, typename Registry::ClientOffer&) { return Status::kSuccess; };
  module.detach_client = [](void*, nmr::DetachCompletion) noexcept { FAIL("not attached"); };
  typename Registry::ProviderRegistration provider;
  CHECK(registry.register_provider(module, nullptr, provider) == Status::kSuccess);
  Client<Calls> client(world, 2);
  client.on_attach = [&](auto& offer) {
    CHECK(client.accept(offer) == Status::kInvalidDeviceState);
    return Status::kInvalidDeviceState;
  };
  {
    MisuseTrap trap;
    CHECK(client.enroll() == Status::kSuccess);
    CHECK(trap.count() == 1);
    CHECK(trap.operation() == "attach_client");
  }
  CHECK(client.registration.attached() == 0);
  std::array<nmr::Refusal, 2> refusals;
  CHECK(client.registration.refusals(refusals) == 1);
  CHECK(refusals[0].status == Status::kInvalidDeviceState);
  CHECK(refusals[0].refused_by == ModuleSide::kProvider);
  CHECK(provider.refusals(refusals) == 1);
}

TEST_CASE_TEMPLATE("R31: a refusal that the client hands through is noted once", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  provider.answer = Status::kNoInterface;
  enroll(provider, client);
  std::array<nmr::Refusal, 2> refusals;
  CHECK(client.registration.refusals(refusals) == 1);
  CHECK(refusals[0].status == Status::kNoInterface);
  CHECK(refusals[0].refused_by == ModuleSide::kProvider);
  CHECK(provider.registration.refusals(refusals) == 1);
}

TEST_CASE_TEMPLATE("R31: a refused pair is not offered again until one of them registers again", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  provider.answer = Status::kNoInterface;
  enroll(provider, client);
  CHECK(client.count(What::kAttach) == 1);
  provider.answer = Status::kSuccess;
  Provider<Calls> other(world, 3);
  CHECK(other.enroll() == Status::kSuccess);
  Client<Calls> third(world, 4);
  CHECK(third.enroll() == Status::kSuccess);
  other.leave();
  CHECK(client.count(What::kAttach) == 2);  // the other provider
  CHECK(client.registration.attached() == 0);

  SUBCASE("the client") {
    client.leave();
    client.registration = {};
    CHECK(client.enroll() == Status::kSuccess);
    CHECK(client.registration.attached() == 1);
  }
  SUBCASE("the provider") {
    provider.leave();
    provider.registration = {};
    CHECK(provider.enroll() == Status::kSuccess);
    CHECK(client.registration.attached() == 1);
  }
}

#ifdef __cpp_exceptions
TEST_CASE_TEMPLATE(
    "R32: an exception from an attach callback refuses, and leaves no binding and no stuck deregistration",
    Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  int provider_detaches = 0;
  SUBCASE("the client's") {
    client.on_attach = [](auto&) -> Status { throw 1; };
  }
  SUBCASE("the provider's") {
    provider.on_attach = [](auto&) -> Status { throw 1; };
    client.on_attach = [&](auto& offer) {
      const Status status = client.accept(offer);
      CHECK(status == Status::kUnhandledException);
      return status;
    };
  }
  SUBCASE("the provider's after it had agreed") {
    provider.on_attach = [&](auto& offer) -> Status {
      CHECK(offer.accept(nullptr, nullptr) == Status::kSuccess);
      throw 1;
    };
  }
  SUBCASE("the client's after the provider had agreed") {
    provider_detaches = 1;
    client.on_attach = [&](auto& offer) -> Status {
      CHECK(client.accept(offer) == Status::kSuccess);
      throw 1;
    };
  }
  enroll(provider, client);
  CHECK(client.registration.attached() == 0);
  CHECK(provider.registration.attached() == 0);
  CHECK(world.registry.snapshot().bindings.empty());
  std::array<nmr::Refusal, 1> newest;
  CHECK(client.registration.refusals(newest) >= 1);
  CHECK(newest[0].status == Status::kUnhandledException);
  client.leave();
  provider.leave();
  CHECK(client.count(What::kDetach) == 0);
  CHECK(provider.count(What::kDetach) == provider_detaches);
  CHECK(provider.count(What::kCleanup) == provider_detaches);
}
#endif

TEST_CASE_TEMPLATE("R33: refusing a second binding does not disturb the first", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> first(world, 1);
  Provider<Calls> second(world, 2);
  Client<Calls> client(world, 3);
  enroll(first, client);
  auto& attachment = client.attachment();
  int context = 0;
  SUBCASE("by the client") { client.answer = Status::kNoInterface; }
  SUBCASE("by the provider, for the same handle") {
    second.on_attach = [](auto& offer) {
      CHECK(offer.accept(nullptr, nullptr) == Status::kSuccess);
      return Status::kNotSupported;
    };
    client.on_attach = [&](auto& offer) {
      const Status status = offer.accept(attachment.handle, &context, nullptr);
      CHECK(status == Status::kNotSupported);
      CHECK(call(attachment, 1) == 2);
      return status;
    };
  }
  CHECK(second.enroll() == Status::kSuccess);
  CHECK(client.registration.attached() == 1);
  CHECK(call(attachment, 1) == 2);
  CHECK(call(first.attachment(), 1) == 2);
  second.leave();
  CHECK(call(attachment, 1) == 2);
  CHECK(world.log.count(What::kDetach) == 0);
  client.leave();
  CHECK(world.log.count(What::kDetach) == 2);
}
