// The end of registrations: waiting for it, what may be freed after it, and what is visible by then.
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

#include "platform/counted_completion.hpp"
#include "registry/fixture.hpp"

namespace {

constexpr std::chrono::nanoseconds kNow{0};

/// Asks on another thread, which is in no callback: whether the wait would have to wait.
template <class Registration>
Status wait_elsewhere(Registration& registration) {
  Status status = Status::kSuccess;
  std::thread([&] { status = registration.wait_for_deregister_complete_for(kNow); }).join();
  return status;
}

}  // namespace

TEST_CASE_TEMPLATE("R62: a null cleanup function does not keep the other side's from running", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const bool client_has_none : {true, false}) {
    CAPTURE(client_has_none);
    World<Calls> world;
    Provider<Calls> provider(world, 1);
    Client<Calls> client(world, 2);
    (client_has_none ? client.module.cleanup_binding_context : provider.module.cleanup_binding_context) =
        nullptr;
    enroll(provider, client);
    client.leave();
    CHECK(client.count(What::kCleanup) == (client_has_none ? 0 : 1));
    CHECK(provider.count(What::kCleanup) == (client_has_none ? 1 : 0));
  }
}

// Shows T15, I6.
TEST_CASE_TEMPLATE("R63: a wait returns only after both cleanups of every binding have returned", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> first(world, 1);
  Provider<Calls> second(world, 2);
  Client<Calls> client(world, 3);
  std::vector<Status> waits;
  const auto ask = [&](auto&) { waits.push_back(wait_elsewhere(client.registration)); };
  first.on_cleanup = ask;
  second.on_cleanup = ask;
  client.on_cleanup = ask;
  client.keep_detach = true;
  enroll(first, second, client);

  CHECK(client.registration.deregister() == Status::kPending);
  CHECK(wait_elsewhere(client.registration) == Status::kTimeout);
  client.complete(client.attachment(0));
  CHECK(wait_elsewhere(client.registration) == Status::kTimeout);
  client.complete(client.attachment(1));
  CHECK(wait_elsewhere(client.registration) == Status::kSuccess);
  CHECK(waits == std::vector<Status>(4, Status::kTimeout));
}

TEST_CASE_TEMPLATE("R64: a wait after everything has finished returns at once, as often as it is asked",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  enroll(provider, client);
  CHECK(provider.registration.deregister() == Status::kPending);
  for (int i = 0; i < 3; ++i) {
    CHECK(provider.registration.wait_for_deregister_complete_for(kNow) == Status::kSuccess);
    CHECK(provider.registration.wait_for_deregister_complete() == Status::kSuccess);
  }
  CountedCompletion told;
  CHECK(provider.registration.notify_deregister_complete(told) == Status::kSuccess);
  CHECK(told.runs() == 1);
}

TEST_CASE_TEMPLATE("R65: deregistering reports started, and can be waited for, also with no bindings", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  CHECK(provider.enroll() == Status::kSuccess);
  {
    Client<Calls> bound(world, 2);
    CHECK(bound.enroll() == Status::kSuccess);
    bound.leave();
  }
  provider.leave();
  Client<Calls> lonely(world, 3);
  CHECK(lonely.enroll() == Status::kSuccess);
  CountedCompletion done;
  CHECK(lonely.registration.deregister(done) == Status::kPending);
  CHECK(done.runs() == 1);
  CHECK(lonely.registration.wait_for_deregister_complete() == Status::kSuccess);
}

// Shows I6.
TEST_CASE_TEMPLATE("R66: a wait before deregistration is an invalid parameter, and changes nothing", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  CHECK(provider.enroll() == Status::kSuccess);
  CountedCompletion told;
  CHECK(provider.registration.wait_for_deregister_complete() == Status::kInvalidParameter);
  CHECK(provider.registration.wait_for_deregister_complete_for(kNow) == Status::kInvalidParameter);
  CHECK(provider.registration.notify_deregister_complete(told) == Status::kInvalidParameter);
  CHECK(client.enroll() == Status::kSuccess);
  CHECK(client.registration.attached() == 1);
  CHECK(call(client.attachment(), 1) == 2);
  CHECK(told.runs() == 0);

  typename Provider<Calls>::Registration empty;
  CHECK(empty.deregister() == Status::kInvalidParameter);
  CHECK(empty.wait_for_deregister_complete() == Status::kInvalidParameter);
  CHECK(empty.notify_deregister_complete(told) == Status::kInvalidParameter);
  CHECK(told.runs() == 0);
}

TEST_CASE_TEMPLATE("R67: a registration of the other kind cannot be waited for by mistake", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  using OfClient = typename Client<Calls>::Registration;
  using OfProvider = typename Provider<Calls>::Registration;
  // The wait is a member, so the mistake would have to begin with one kind standing in for the other.
  CHECK_FALSE(std::is_constructible_v<OfClient, OfProvider>);
  CHECK_FALSE(std::is_assignable_v<OfClient&, OfProvider>);
  CHECK_FALSE(std::is_constructible_v<OfProvider, OfClient>);
  CHECK_FALSE(std::is_assignable_v<OfProvider&, OfClient>);
  CHECK_FALSE(std::is_convertible_v<OfClient&, OfProvider&>);
}

TEST_CASE_TEMPLATE("R68: deregistering twice is an error, without a second round of callbacks", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  client.keep_detach = true;
  enroll(provider, client);
  CountedCompletion done;
  CHECK(provider.registration.deregister() == Status::kPending);
  CHECK(provider.registration.deregister() == Status::kInvalidDeviceState);
  CHECK(provider.registration.deregister(done) == Status::kInvalidDeviceState);
  client.complete_all();
  CHECK(provider.registration.deregister() == Status::kInvalidDeviceState);
  CHECK(provider.registration.wait_for_deregister_complete() == Status::kSuccess);
  CHECK(provider.registration.deregister(done) == Status::kInvalidDeviceState);
  CHECK(done.runs() == 0);
  CHECK(provider.count(What::kDetach) == 1);
  CHECK(client.count(What::kDetach) == 1);
  CHECK(client.count(What::kCleanup) == 1);
}

TEST_CASE_TEMPLATE("R70: waiting in a callback for a binding of one's own is an error and not a deadlock",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  std::vector<Status> waits;
  // Each binding keeps both registrations open, so neither can be waited for in a callback of either side.
  const auto wait_for_both = [&] {
    waits.push_back(provider.registration.wait_for_deregister_complete());
    waits.push_back(client.registration.wait_for_deregister_complete());
    waits.push_back(client.registration.wait_for_deregister_complete_for(std::chrono::seconds(0)));
  };
  client.on_attach = [&](auto& offer) {
    (void)client.registration.deregister();
    (void)provider.registration.deregister();
    wait_for_both();
    return client.accept(offer);
  };
  provider.on_attach = [&](auto& offer) { return wait_for_both(), provider.accept(offer); };
  client.on_detach = [&](auto&, nmr::DetachCompletion) { wait_for_both(); };
  provider.on_detach = [&](auto&, nmr::DetachCompletion) { wait_for_both(); };
  client.on_cleanup = [&](auto&) { wait_for_both(); };
  provider.on_cleanup = [&](auto&) { wait_for_both(); };
  enroll(provider, client);
  CHECK(waits == std::vector<Status>(18, Status::kPossibleDeadlock));
  CHECK(client.registration.wait_for_deregister_complete() == Status::kSuccess);
  CHECK(provider.registration.wait_for_deregister_complete() == Status::kSuccess);
}

TEST_CASE_TEMPLATE(
    "R70: waiting for a binding that this thread has yet to offer, or to detach, is an error too", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  std::list<Provider<Calls>> providers;
  for (std::uint64_t i = 0; i < 2; ++i)
    CHECK(providers.emplace_back(world, 10 + i).enroll() == Status::kSuccess);
  Client<Calls> client(world, 2);
  std::vector<Status> waits;
  const auto leave_other = [&](nmr::ModuleId than) {
    for (auto& other : providers) {
      if (other.module.module_id == than) continue;
      (void)other.registration.deregister();
      waits.push_back(other.registration.wait_for_deregister_complete());
    }
  };
  const bool in_attach = true;
  const auto run = [&](bool when) {
    client.on_attach = [&, when](auto& offer) {
      if (when == in_attach && waits.empty()) leave_other(offer.peer().module_id);
      return client.accept(offer);
    };
    client.on_detach = [&, when](auto& attachment, nmr::DetachCompletion) {
      if (when != in_attach && waits.empty()) leave_other(attachment.peer->module_id);
    };
    CHECK(client.enroll() == Status::kSuccess);
    client.leave();
    client.registration = {};
    CHECK(waits == std::vector{Status::kPossibleDeadlock});
    waits.clear();
  };
  run(!in_attach);
  providers.clear();
  for (std::uint64_t i = 0; i < 2; ++i)
    CHECK(providers.emplace_back(world, 20 + i).enroll() == Status::kSuccess);
  run(in_attach);
  CHECK(client.count(What::kDetach) == 3);
}

TEST_CASE_TEMPLATE("R70: waiting in an enumeration of one's own bindings is an error and not a deadlock",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  enroll(provider, client);
  int visits = 0;
  provider.registration.for_each_client([&](auto& guard) {
    ++visits;
    guard.leave();
    CHECK(client.registration.deregister() == Status::kPending);
    CHECK(client.registration.wait_for_deregister_complete() == Status::kPossibleDeadlock);
  });
  CHECK(visits == 1);
  CHECK(client.registration.wait_for_deregister_complete() == Status::kSuccess);
}

TEST_CASE("R70: waiting inside a guarded call is an error and not a deadlock, at any depth of calls") {
  using Calls = nmr::PerThreadCalls;  // a word does not know who is inside
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  enroll(provider, client);
  int depth = 0;
  std::vector<Status> waits;
  const auto wait_for_both = [&] {
    CHECK(client.registration.deregister() == Status::kPending);
    CHECK(provider.registration.deregister() == Status::kPending);
    waits.push_back(client.registration.wait_for_deregister_complete());
    waits.push_back(provider.registration.wait_for_deregister_complete());
  };
  const int kDeepest = 2 * nmr::StdAtomics::kCallSlots;  // beyond the thread's slots
  provider.on_call = [&](auto&, int value) {
    if (++depth < kDeepest) return call(client.attachment(), value).value_or(-1);
    wait_for_both();
    CHECK(wait_elsewhere(client.registration) == Status::kTimeout);
    return value;
  };
  SUBCASE("of the provider") { CHECK(call(client.attachment(), 7) == 7); }
  SUBCASE("of the client") {
    client.on_call = [&](auto&, int value) { return wait_for_both(), value; };
    CHECK(call(provider.attachment(), 7) == 7);
  }
  CHECK(waits == std::vector<Status>(2, Status::kPossibleDeadlock));
  CHECK(client.registration.wait_for_deregister_complete() == Status::kSuccess);
}

TEST_CASE_TEMPLATE(
    "R71 R72: once waited for, a module is neither run nor read: its memory may be overwritten", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Client<Calls> stays(world, 1);
  stays.answer = Status::kNoInterface;
  auto gone = std::make_unique<Provider<Calls>>(world, 2);
  Client<Calls> peer(world, 3);
  CHECK(stays.enroll() == Status::kSuccess);
  CHECK(gone->enroll() == Status::kSuccess);
  CHECK(peer.enroll() == Status::kSuccess);
  // Not copied on the way either: what the peer is shown is the caller's own.
  CHECK(peer.attachment().peer->characteristics == &gone->characteristics);
  gone->leave();
  const int events = static_cast<int>(world.log.events().size());

  typename Provider<Calls>::Registration registration = std::move(gone->registration);
  std::memset(static_cast<void*>(&gone->module), 0xDD, sizeof(gone->module));
  gone.reset();
  // All that still knows the registration, which was not destroyed.
  CHECK(registration.attached() == 0);
  CHECK(registration.detach(nmr::BindingId{1}) == Status::kNotFound);
  CHECK(registration.deregister() == Status::kInvalidDeviceState);
  CHECK(registration.wait_for_deregister_complete() == Status::kSuccess);
  std::array<nmr::Refusal, 4> refusals;
  CHECK(registration.refusals(refusals) == 1);
  CHECK(refusals[0].peer == nmr::ModuleId(1));
  const auto snapshot = world.registry.snapshot();
  REQUIRE(snapshot.registrations.size() == 3);
  CHECK(snapshot.registrations[2].module_id == nmr::ModuleId(2));
  CHECK(snapshot.registrations[2].state == nmr::RegistrationState::kDeregistered);
  registration.for_each_client([](auto&) { FAIL_CHECK("nothing is attached"); });
  CHECK(static_cast<int>(world.log.events().size()) == events);
  {
    Client<Calls> late(world, 4);
    CHECK(late.enroll() == Status::kSuccess);
  }
  registration = {};
  CHECK(static_cast<int>(world.log.events().size()) == events);
}

TEST_CASE_TEMPLATE("R73: peers stay active, and attach to a new registration of the same module", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  CHECK(client.enroll() == Status::kSuccess);
  for (std::size_t round = 0; round < 3; ++round) {
    CHECK(provider.enroll() == Status::kSuccess);
    CHECK(client.registration.attached() == 1);
    CHECK(call(client.attachment(round), 5) == 6);
    provider.leave();
    CHECK(client.registration.attached() == 0);
    CHECK(call(client.attachment(round), 5) == std::nullopt);
    provider.registration = {};
  }
  CHECK(client.count(What::kCleanup) == 3);
}

TEST_CASE_TEMPLATE("R74: a new registration of a module is offered while its old one is still deregistering",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  client.keep_detach = true;
  typename Provider<Calls>::Registration old;
  CHECK(provider.enroll(old) == Status::kSuccess);
  CHECK(client.enroll() == Status::kSuccess);
  CHECK(old.deregister() == Status::kPending);

  CHECK(provider.enroll() == Status::kSuccess);
  REQUIRE(client.attachments() == 2);
  CHECK(client.attachment(0).binding != client.attachment(1).binding);
  CHECK(call(client.attachment(1), 5) == 6);
  CHECK(client.count(What::kDetach) == 1);
  CHECK(old.wait_for_deregister_complete_for(kNow) == Status::kTimeout);

  client.complete(client.attachment(0));
  CHECK(old.wait_for_deregister_complete() == Status::kSuccess);
  CHECK(client.attachment(0).cleaned);
  CHECK_FALSE(client.attachment(1).cleaned);
  CHECK(call(client.attachment(1), 6) == 7);
  client.keep_detach = false;
}
