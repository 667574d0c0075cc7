// Registrations as objects that end in their destructor, and what a registry shows of itself.
#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "platform/threads.hpp"
#include "registry/fixture.hpp"
#include "support/misuse.hpp"

using nmr::BindingState;
using nmr::RegistrationFault;
using nmr::RegistrationState;

TEST_CASE_TEMPLATE("R114: the destructor of a registration deregisters and waits", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  client.keep_detach = true;
  enroll(provider, client);
  std::atomic<bool> completing{false};
  Threads completer(1, [&](int) {
    spin_until([&] { return client.count(What::kDetachEnd) == 1; });
    dawdle(10000);
    completing = true;
    client.complete(client.attachment());
  });
  provider.registration = {};
  CHECK(completing);
  CHECK(client.attachment().cleaned);
  CHECK(provider.attachment().cleaned);
  CHECK(world.registry.snapshot().registrations.size() == 1);
  completer.join();
}

TEST_CASE_TEMPLATE("R114: a registration that is moved from is empty, and one that is overwritten has ended",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  typename Client<Calls>::Registration first;
  typename Client<Calls>::Registration second;
  CHECK(provider.enroll() == Status::kSuccess);
  CHECK(client.enroll(first) == Status::kSuccess);
  CHECK(client.enroll(second) == Status::kSuccess);
  CHECK(provider.registration.attached() == 2);
  first = std::move(second);
  CHECK(provider.registration.attached() == 1);
  CHECK(first);
  CHECK_FALSE(second);
  CHECK(client.attachment(0).cleaned);
  typename Client<Calls>::Registration third = std::move(first);
  CHECK_FALSE(first);
  CHECK(third.attached() == 1);
}

namespace {

enum class Where : std::uint8_t {
  kClientAttach,
  kProviderAttach,
  kClientDetach,
  kProviderDetach,
  kClientCleanup,
  kProviderCleanup,
  kEnumeration,
  kCall,  // last: one-word counting cannot tell
};

/// Destroys a registration in a callback of its own: reported once, and everything comes to its end
/// nevertheless.
template <class Calls>
void destroy_in(Where where, ModuleSide whose) {
  CAPTURE(static_cast<int>(where));
  CAPTURE(static_cast<int>(whose));
  const MisuseTrap trap;
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  const auto at = [&](Where here) {
    if (here != where) return;
    whose == ModuleSide::kClient ? void(client.registration = {}) : void(provider.registration = {});
  };
  client.on_attach = [&](auto& offer) {
    const Status status = client.accept(offer);
    at(Where::kClientAttach);
    return status;
  };
  provider.on_attach = [&](auto& offer) { return at(Where::kProviderAttach), provider.accept(offer); };
  client.on_detach = [&](auto&, nmr::DetachCompletion) { at(Where::kClientDetach); };
  provider.on_detach = [&](auto&, nmr::DetachCompletion) { at(Where::kProviderDetach); };
  client.on_cleanup = [&](auto&) { at(Where::kClientCleanup); };
  provider.on_cleanup = [&](auto&) { at(Where::kProviderCleanup); };
  provider.on_call = [&](auto&, int value) { return at(Where::kCall), value; };
  enroll(provider, client);
  (void)call(client.attachment(), 1);
  provider.registration.for_each_client([&](auto&) { at(Where::kEnumeration); });
  // Where that has not ended it yet, this does; it is empty otherwise.
  (void)(whose == ModuleSide::kClient ? client.registration.deregister()
                                      : provider.registration.deregister());
  CHECK(trap.count() == 1);
  CHECK(trap.operation() == "~Registration");
  const auto snapshot = world.registry.snapshot();
  CHECK(snapshot.bindings.empty());
  REQUIRE(snapshot.registrations.size() == 1);
  CHECK(snapshot.registrations[0].side != whose);
}

}  // namespace

// Shows I7.
TEST_CASE_TEMPLATE(
    "R114: destroying a registration in a callback of its own is reported, and neither hangs nor leaks",
    Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  const auto last = std::is_same_v<Calls, nmr::PerThreadCalls> ? Where::kCall : Where::kEnumeration;
  for (int where = 0; where <= static_cast<int>(last); ++where) {
    destroy_in<Calls>(static_cast<Where>(where), ModuleSide::kClient);
    destroy_in<Calls>(static_cast<Where>(where), ModuleSide::kProvider);
  }
}

TEST_CASE_TEMPLATE(
    "R114: the completion of a deregistration may destroy the registration, whoever asked for it", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  struct Destroyer : nmr::Completion {
    explicit Destroyer(typename Client<Calls>::Registration& whose)
        : Completion(
              [](Completion&, void* target) noexcept {
                *static_cast<typename Client<Calls>::Registration*>(target) = {};
              },
              &whose) {}
  };
  for (const bool asked_in_detach : {false, true}) {
    CAPTURE(asked_in_detach);
    World<Calls> world;
    Provider<Calls> provider(world, 1);
    Client<Calls> client(world, 2);
    Destroyer destroyer(client.registration);
    client.on_detach = [&](auto&, nmr::DetachCompletion) {
      if (asked_in_detach) (void)client.registration.notify_deregister_complete(destroyer);
    };
    enroll(provider, client);
    const Status started =
        asked_in_detach ? client.registration.deregister() : client.registration.deregister(destroyer);
    CHECK(started == Status::kPending);
    CHECK_FALSE(client.registration);
    CHECK(world.registry.snapshot().registrations.size() == 1);
  }
}

// Shows T2, T4, T6, T7, T11, T14.
TEST_CASE_TEMPLATE("R115: a snapshot shows each state that a binding goes through, and what it waits for",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Provider<Calls> other(world, 2);
  Client<Calls> client(world, 3);
  std::vector<BindingState> states;
  const auto look = [&](auto&&...) {
    for (const auto& binding : world.registry.snapshot().bindings) {
      if (binding.provider == nmr::ModuleId(1)) states.push_back(binding.state);
    }
  };
  other.on_attach = [&](auto&) { return look(), Status::kNoInterface; };
  provider.on_attach = [&](auto& offer) { return look(), provider.accept(offer); };
  client.on_attach = [&](auto& offer) {
    if (offer.peer().module_id == nmr::ModuleId(1)) look();
    const Status status = client.accept(offer);
    if (nmr::succeeded(status)) look();
    return status;
  };
  client.on_detach = look;
  client.on_cleanup = look;
  enroll(other, provider, client);
  look();
  client.leave();
  look();
  CHECK(states == std::vector{BindingState::kOffered, BindingState::kClientAttaching,
                              BindingState::kProviderAttaching, BindingState::kHalfAttached,
                              BindingState::kAttached, BindingState::kDetaching, BindingState::kCleaningUp});
}

TEST_CASE_TEMPLATE("R115: a snapshot shows registrations with their states, and counts what is outstanding",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  provider.module.number = 17;
  client.keep_detach = true;
  enroll(provider, client);
  const auto expect = [&](RegistrationState of_client, RegistrationState of_provider, std::size_t attached,
                          std::size_t open) {
    const auto snapshot = world.registry.snapshot();
    REQUIRE(snapshot.registrations.size() == 2);
    for (const auto& info : snapshot.registrations) {
      const bool is_client = info.side == ModuleSide::kClient;
      CHECK(info.npi_id == TestNpi::kId);
      CHECK(info.module_id == nmr::ModuleId(is_client ? 2 : 1));
      CHECK(info.number == (is_client ? 0 : 17));
      CHECK(info.state == (is_client ? of_client : of_provider));
      CHECK(info.attached == attached);
      CHECK(info.references_open == open);
    }
  };
  const auto references = [&] {
    const auto snapshot = world.registry.snapshot();
    REQUIRE(snapshot.bindings.size() == 1);
    CHECK(snapshot.bindings[0].id == client.attachment().binding);
    CHECK(snapshot.bindings[0].client == nmr::ModuleId(2));
    CHECK(snapshot.bindings[0].provider == nmr::ModuleId(1));
    return std::array{snapshot.bindings[0].client_references, snapshot.bindings[0].provider_references};
  };
  expect(RegistrationState::kActive, RegistrationState::kActive, 1, 1);
  const auto idle = references();
  auto hold = client.attachment().handle.try_call().hold();
  auto another = hold.duplicate();
  CHECK(references() == std::array{idle[0] + 2, idle[1]});

  CHECK(provider.registration.deregister() == Status::kPending);
  expect(RegistrationState::kActive, RegistrationState::kDeregistering, 0, 1);
  CHECK(references() == std::array<std::size_t, 2>{3, 0});  // two holds and the completion that is kept
  hold.leave();
  another.leave();
  CHECK(references() == std::array<std::size_t, 2>{1, 0});
  client.complete_all();
  CHECK(world.registry.snapshot().bindings.empty());
  expect(RegistrationState::kActive, RegistrationState::kDeregistered, 0, 0);
}

namespace {

template <class Module>
void come_and_go(Module& module) {
  (void)module.enroll();
  module.registration = {};
}

}  // namespace

TEST_CASE_TEMPLATE("R115: what is shown is consistent while others register, attach, detach and leave", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  constexpr int kThreads = 3;
  constexpr int kTurns = 100;
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  enroll(provider, client);
  std::atomic<int> running{kThreads};
  Threads mutators(kThreads, [&](int thread) {
    const auto name = static_cast<std::uint64_t>(100 + thread);
    for (int turn = 0; turn < kTurns; ++turn) {
      if (turn % 2 == 0) {
        Client<Calls> passing(world, name);
        if (turn % 3 == 0) passing.answer = Status::kNoInterface;
        come_and_go(passing);
      } else {
        Provider<Calls> passing(world, name);
        come_and_go(passing);
      }
    }
    --running;
  });
  int wrong = 0;
  int visits = 0;
  do {
    const auto snapshot = world.registry.snapshot();
    for (const auto& info : snapshot.registrations) {
      const auto of = [&](const nmr::BindingInfo& binding) {
        return (info.side == ModuleSide::kClient ? binding.client : binding.provider) == info.module_id;
      };
      const auto attached = [&](const nmr::BindingInfo& binding) {
        return of(binding) && binding.state == BindingState::kAttached;
      };
      const auto& bindings = snapshot.bindings;
      if (std::count_if(bindings.begin(), bindings.end(), attached) !=
          static_cast<std::ptrdiff_t>(info.attached))
        ++wrong;
      if (info.state == RegistrationState::kDeregistered && std::any_of(bindings.begin(), bindings.end(), of))
        ++wrong;
    }
    if (provider.registration.attached() > kThreads + 1) ++wrong;
    std::array<nmr::Refusal, 8> refusals;
    for (std::size_t i = 0; i < std::min<std::size_t>(provider.registration.refusals(refusals), 8); ++i) {
      if (refusals[i].status != Status::kNoInterface) ++wrong;
    }
    provider.registration.for_each_client([&](auto& guard) { visits += guard->call(guard.context(), 0); });
    client.registration.for_each_provider([&](auto& guard) { visits += guard->call(guard.context(), 0); });
  } while (running != 0);  // they may be over before this thread gets here
  mutators.join();
  CHECK(wrong == 0);
  CHECK(visits > 0);
}

namespace {

/// Lets the registry own the provider's contexts, so that a handle lives no longer than its binding.
template <class Calls>
void own_attachments(Provider<Calls>& provider, World<Calls>& world) {
  using Attachment = typename Provider<Calls>::Attachment;
  provider.on_attach = [&](auto& offer) {
    auto* const made = offer.template make_context<Attachment>(provider, world.registry.call_domain(), offer);
    return offer.accept(made->handle, made, &provider.kDispatch);
  };
}

}  // namespace

TEST_CASE_TEMPLATE("R115: an enumeration leaves out a binding that was cleaned up while it stood there",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  own_attachments(provider, world);
  CHECK(provider.enroll() == Status::kSuccess);
  Client<Calls> client(world, 2);
  CHECK(client.enroll() == Status::kSuccess);
  int outer = 0;
  provider.registration.for_each_client([&](auto& guard) {
    ++outer;
    guard.leave();
    CHECK(client.registration.deregister() == Status::kPending);
    provider.registration.for_each_client([&](auto&) { FAIL_CHECK("nothing is attached"); });
  });
  CHECK(outer == 1);
  CHECK(client.registration.wait_for_deregister_complete() == Status::kSuccess);
}

TEST_CASE_TEMPLATE("R115: an enumeration and clients that come and go do not meet in what only one may touch",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  own_attachments(provider, world);
  CHECK(provider.enroll() == Status::kSuccess);
  std::atomic<bool> over{false};
  Threads passing(1, [&](int) {
    for (int turn = 0; turn < 300; ++turn) {
      Client<Calls> client(world, 2);
      come_and_go(client);
    }
    over = true;
  });
  int wrong = 0;
  while (!over) {
    provider.registration.for_each_client([&](auto& guard) {
      if (guard->call(guard.context(), 1) != 2) ++wrong;
    });
  }
  passing.join();
  CHECK(wrong == 0);
  CHECK(provider.registration.attached() == 0);
}

TEST_CASE("what a registry shows of itself says its name") {
  const struct {
    const char* said;
    std::string_view name;
  } all[] = {
      {nmr::to_string(BindingState::kOffered), "kOffered"},
      {nmr::to_string(BindingState::kClientAttaching), "kClientAttaching"},
      {nmr::to_string(BindingState::kProviderAttaching), "kProviderAttaching"},
      {nmr::to_string(BindingState::kHalfAttached), "kHalfAttached"},
      {nmr::to_string(BindingState::kAttached), "kAttached"},
      {nmr::to_string(BindingState::kDetaching), "kDetaching"},
      {nmr::to_string(BindingState::kCleaningUp), "kCleaningUp"},
      {nmr::to_string(BindingState::kRejected), "kRejected"},
      {nmr::to_string(RegistrationState::kActive), "kActive"},
      {nmr::to_string(RegistrationState::kDeregistering), "kDeregistering"},
      {nmr::to_string(RegistrationState::kDeregistered), "kDeregistered"},
      {nmr::to_string(nmr::ModuleSide::kClient), "client"},
      {nmr::to_string(nmr::ModuleSide::kProvider), "provider"},
      {nmr::to_string(RegistrationFault::kNone), "kNone"},
      {nmr::to_string(RegistrationFault::kNoAttachCallback), "kNoAttachCallback"},
      {nmr::to_string(RegistrationFault::kWrongLength), "kWrongLength"},
      {nmr::to_string(RegistrationFault::kNoModuleId), "kNoModuleId"},
      {nmr::to_string(RegistrationFault::kRegistrationInUse), "kRegistrationInUse"},
      {nmr::to_string(RegistrationFault::kWrongVersion), "kWrongVersion"},
      {nmr::to_string(RegistrationFault::kOtherLibrary), "kOtherLibrary"},
  };
  for (const auto& each : all) CHECK(each.said == each.name);
  CHECK(nmr::to_string(static_cast<BindingState>(99)) == nullptr);
  CHECK(nmr::to_string(static_cast<RegistrationState>(99)) == nullptr);
  CHECK(nmr::to_string(static_cast<RegistrationFault>(99)) == nullptr);
}
