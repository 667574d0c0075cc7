// Which detach and cleanup callbacks are called, and when.
#include <type_traits>
#include <utility>

#include "platform/threads.hpp"
#include "registry/fixture.hpp"
#include "support/misuse.hpp"

namespace {

/// A provider and two clients, or a client and two providers: each binding of the one is of another peer.
template <class One, class Peer>
void leave_with_two_bindings(One& one, Peer& first, Peer& second) {
  enroll(one, first, second);
  CHECK(one.registration.deregister() == Status::kPending);
  CHECK(one.count(What::kDetach) == 2);
  CHECK(first.count(What::kDetach) == 1);
  CHECK(second.count(What::kDetach) == 1);
  CHECK(first.registration.attached() == 0);
  CHECK(one.log().count(What::kCleanup) == 4);
  CHECK(one.registration.wait_for_deregister_complete() == Status::kSuccess);
  CHECK(one.log().count(What::kDetach) == 4);
}

/// Attached, and each keeps its DetachCompletion if told to.
template <class Calls>
struct AttachedPair : ModulePair<Calls> {
  explicit AttachedPair(bool client_keeps = false, bool provider_keeps = false) {
    this->client.keep_detach = client_keeps;
    this->provider.keep_detach = provider_keeps;
    this->enroll();
  }
};

}  // namespace

// Shows T11, I2.
TEST_CASE_TEMPLATE("R34: a client deregisters: both detach callbacks of each binding, once", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Client<Calls> client(world, 1);
  Provider<Calls> first(world, 2);
  Provider<Calls> second(world, 3);
  leave_with_two_bindings(client, first, second);
}

// Shows T11, I2.
TEST_CASE_TEMPLATE("R35: a provider deregisters: both detach callbacks of each binding, once", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> first(world, 2);
  Client<Calls> second(world, 3);
  leave_with_two_bindings(provider, first, second);
}

// Shows T12.
TEST_CASE_TEMPLATE("R36: both sides deregister, one after the other: each detach callback once in total",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const bool client_first : {true, false}) {
    for (const bool pending : {true, false}) {
      AttachedPair<Calls> pair(pending, pending);
      CHECK((client_first ? pair.client.registration.deregister()
                          : pair.provider.registration.deregister()) == Status::kPending);
      CHECK((client_first ? pair.provider.registration.deregister()
                          : pair.client.registration.deregister()) == Status::kPending);
      CHECK(pair.client.count(What::kDetach) == 1);
      CHECK(pair.provider.count(What::kDetach) == 1);
      if (pending) {
        pair.client.complete(pair.client.attachment());
        pair.provider.complete(pair.provider.attachment());
      }
      CHECK(pair.client.registration.wait_for_deregister_complete() == Status::kSuccess);
      CHECK(pair.provider.registration.wait_for_deregister_complete() == Status::kSuccess);
      CHECK(pair.detaches() == 2);
      CHECK(pair.cleanups() == 2);
    }
  }
}

// Shows T11.
TEST_CASE_TEMPLATE("R38: each side's detach callback is called though the other's is pending", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const bool by_client : {true, false}) {
    AttachedPair<Calls> pair(true, true);
    CHECK((by_client ? pair.client.registration.deregister() : pair.provider.registration.deregister()) ==
          Status::kPending);
    CHECK(pair.client.count(What::kDetachEnd) == 1);
    CHECK(pair.provider.count(What::kDetachEnd) == 1);
    CHECK(pair.cleanups() == 0);
    pair.client.complete(pair.client.attachment());
    pair.provider.complete(pair.provider.attachment());
    CHECK(pair.cleanups() == 2);
  }
}

// Shows I4.
TEST_CASE_TEMPLATE("R39: no detach callback starts before the binding's attach callback has returned", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  std::function<void()> detach;
  SUBCASE("deregistering the client in there") {
    detach = [&] { CHECK(client.registration.deregister() == Status::kPending); };
  }
  SUBCASE("deregistering the provider on another thread") {
    detach = [&] {
      std::thread([&] { CHECK(provider.registration.deregister() == Status::kPending); }).join();
    };
  }
  SUBCASE("detaching this one binding in there") {
    detach = [&] {
      const auto binding = client.attachment().binding;
      CHECK(client.registration.detach(binding) == Status::kPending);
    };
  }
  SUBCASE("detaching this one binding from the other side, on another thread") {
    detach = [&] {
      const auto binding = provider.attachment().binding;
      std::thread([&] { CHECK(provider.registration.detach(binding) == Status::kPending); }).join();
    };
  }
  client.on_attach = [&](auto& offer) {
    const Status status = client.accept(offer);
    detach();
    CHECK(world.log.count(What::kDetach) == 0);
    CHECK(call(client.attachment(), 1) == 2);  // attached until then
    return status;
  };
  enroll(provider, client);
  CHECK(client.count(What::kDetach) == 1);
  CHECK(provider.count(What::kDetach) == 1);
  CHECK(world.log.find(What::kDetach, &client)[0].thread == std::this_thread::get_id());
  CHECK(client.registration.attached() == 0);
  CHECK(world.log.count(What::kCleanup) == 2);
}

TEST_CASE_TEMPLATE("R40: both sides done in their callbacks: cleaned up before deregister returns", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const bool by_client : {true, false}) {
    AttachedPair<Calls> pair;
    CHECK((by_client ? pair.client.registration.deregister() : pair.provider.registration.deregister()) ==
          Status::kPending);
    CHECK(pair.client.attachment().cleaned);
    CHECK(pair.provider.attachment().cleaned);
    CHECK(pair.cleanups() == 2);
    CHECK(pair.world.registry.snapshot().bindings.empty());
  }
}

TEST_CASE_TEMPLATE("R41: one side pending: no cleanup until it completes, then one for each side", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const bool client_keeps : {true, false}) {
    AttachedPair<Calls> pair(client_keeps, !client_keeps);
    CHECK(pair.provider.registration.deregister() == Status::kPending);
    CHECK(pair.detaches() == 2);
    CHECK(pair.cleanups() == 0);
    client_keeps ? pair.client.complete(pair.client.attachment())
                 : pair.provider.complete(pair.provider.attachment());
    CHECK(pair.client.count(What::kCleanupEnd) == 1);
    CHECK(pair.provider.count(What::kCleanupEnd) == 1);
  }
}

// Shows T14.
TEST_CASE_TEMPLATE("R42: both pending, completed in either order: cleanup after the second", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const bool client_first : {true, false}) {
    AttachedPair<Calls> pair(true, true);
    CHECK(pair.client.registration.deregister() == Status::kPending);
    for (const bool client : {client_first, !client_first}) {
      CHECK(pair.cleanups() == 0);
      client ? pair.client.complete(pair.client.attachment())
             : pair.provider.complete(pair.provider.attachment());
    }
    CHECK(pair.client.count(What::kCleanup) == 1);
    CHECK(pair.provider.count(What::kCleanup) == 1);
  }
}

// Shows T13, I11.
TEST_CASE_TEMPLATE("R43: completed inside the detach callback, which goes on: counted once, one cleanup",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const bool other_keeps : {true, false}) {
    AttachedPair<Calls> pair(false, other_keeps);
    pair.client.on_detach = [&](auto& attachment, nmr::DetachCompletion done) {
      done.complete();
      CHECK_FALSE(done);
      CHECK_FALSE(attachment.cleaned);  // the callback still runs
      CHECK(pair.cleanups() == 0);
    };
    CHECK(pair.provider.registration.deregister() == Status::kPending);
    CHECK(pair.cleanups() == (other_keeps ? 0 : 2));
    if (other_keeps) pair.provider.complete(pair.provider.attachment());
    CHECK(pair.client.count(What::kCleanup) == 1);
    CHECK(pair.provider.count(What::kCleanup) == 1);
  }
}

TEST_CASE_TEMPLATE("R44: both sides complete inside their callbacks: each cleanup once, nothing left over",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  AttachedPair<Calls> pair;
  pair.client.on_detach = [&](auto&, nmr::DetachCompletion done) { done.complete(); };
  pair.provider.on_detach = [&](auto&, nmr::DetachCompletion done) {
    CHECK(pair.cleanups() == 0);
    done.complete();
    CHECK(pair.cleanups() == 0);  // this callback still runs
  };
  CHECK(pair.client.registration.deregister() == Status::kPending);
  CHECK(pair.client.count(What::kCleanup) == 1);
  CHECK(pair.provider.count(What::kCleanup) == 1);
  for (const auto& registration : pair.world.registry.snapshot().registrations) {
    CHECK(registration.attached == 0);
    CHECK(registration.references_open == 0);
  }
}

TEST_CASE_TEMPLATE("R47: completed, moved about, and then dropped: done is said once", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  AttachedPair<Calls> pair(false, true);
  pair.client.on_detach = [](auto&, nmr::DetachCompletion done) {
    nmr::DetachCompletion moved(std::move(done));
    moved.complete();
    done = std::move(moved);
  };
  CHECK(pair.client.registration.deregister() == Status::kPending);
  CHECK(pair.cleanups() == 0);  // the drops did not stand in for the provider
  pair.provider.complete(pair.provider.attachment());
  CHECK(pair.client.count(What::kCleanup) == 1);
  CHECK(pair.provider.count(What::kCleanup) == 1);
}

TEST_CASE_TEMPLATE("R48: completing twice is reported and changes nothing", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  AttachedPair<Calls> pair(true, true);
  CHECK(pair.client.registration.deregister() == Status::kPending);
  auto& attachment = pair.client.attachment();
  attachment.kept.complete();
  {
    MisuseTrap trap;
    attachment.kept.complete();
    CHECK(trap.count() == 1);
    CHECK(trap.object() == "DetachCompletion");
  }
  CHECK(pair.cleanups() == 0);
  pair.provider.complete(pair.provider.attachment());
  CHECK(pair.cleanups() == 2);
}

TEST_CASE_TEMPLATE(
    "R49: what is of another side or another kind does not compile, what is stale names nothing", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  using nmr::DetachCompletion;
  using ClientRegistration = typename Client<Calls>::Registration;
  using ProviderRegistration = typename Provider<Calls>::Registration;
  static_assert(!std::is_copy_constructible_v<DetachCompletion> &&
                !std::is_copy_assignable_v<DetachCompletion>);
  static_assert(!std::is_constructible_v<DetachCompletion, nmr::BindingId>);
  static_assert(!std::is_constructible_v<DetachCompletion, ClientRegistration&>);
  static_assert(!std::is_constructible_v<ClientRegistration, ProviderRegistration>);
  static_assert(!std::is_convertible_v<std::uint64_t, nmr::BindingId>);

  AttachedPair<Calls> pair;
  Provider<Calls> other(pair.world, 3);
  Client<Calls> stranger(pair.world, 4);
  enroll(other, stranger);
  auto& client = pair.client;
  const auto stale = client.attachment(0).binding;
  CHECK(client.registration.detach(stale) == Status::kPending);
  for (const auto binding : {stale, stranger.attachment(0).binding, nmr::BindingId::kNone}) {
    CHECK(client.registration.detach(binding) == Status::kNotFound);
  }
  CHECK(pair.detaches() == 2);
  CHECK(call(client.attachment(1), 1) == 2);
  CHECK(call(stranger.attachment(0), 1) == 2);
  CHECK(stranger.registration.attached() == 2);
}

TEST_CASE_TEMPLATE("R50: a pending detach of one binding does not delay the others", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> keeps(world, 2);
  Client<Calls> calls(world, 3);
  Client<Calls> goes(world, 4);
  keeps.keep_detach = true;
  CHECK(provider.enroll() == Status::kSuccess);
  for (auto* client : {&keeps, &calls, &goes}) CHECK(client->enroll() == Status::kSuccess);
  {
    auto guard = calls.attachment().handle.try_call();
    CHECK(static_cast<bool>(guard));
    CHECK(provider.registration.deregister() == Status::kPending);
    CHECK(world.log.count(What::kDetachEnd) == 6);
    CHECK(goes.attachment().cleaned);
    CHECK(world.log.count(What::kCleanupEnd) == 2);
  }
  CHECK(calls.attachment().cleaned);
  CHECK_FALSE(keeps.attachment().cleaned);
  keeps.complete(keeps.attachment());
  CHECK(world.log.count(What::kCleanupEnd) == 6);
}

TEST_CASE_TEMPLATE("R51: deregister does not wait for sides that are pending, or for calls", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  AttachedPair<Calls> pair(true, true);
  {
    auto out = pair.client.attachment().handle.try_call();
    auto back = pair.provider.attachment().handle.try_call();
    CHECK(static_cast<bool>(out));
    CHECK(static_cast<bool>(back));
    CHECK(pair.client.registration.deregister() == Status::kPending);
    CHECK(pair.provider.registration.deregister() == Status::kPending);
    CHECK(pair.detaches() == 2);
    pair.client.complete(pair.client.attachment());
    pair.provider.complete(pair.provider.attachment());
    CHECK(pair.cleanups() == 0);
  }
  CHECK(pair.cleanups() == 2);
}

TEST_CASE_TEMPLATE(
    "R52: deregister needs no lock of a module's that another thread holds in a callback or a call", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  AttachedPair<Calls> pair;
  std::mutex module_lock;
  std::atomic<int> stuck{0};
  std::atomic<bool> held{true};
  Client<Calls> late(pair.world, 3);
  late.on_attach = [&](auto& offer) {
    ++stuck;
    std::lock_guard lock(module_lock);
    return late.accept(offer);
  };
  std::thread holder([&] {
    std::lock_guard lock(module_lock);
    ++stuck;
    spin_until([&] { return !held; });
  });
  spin_until([&] { return stuck == 1; });
  std::thread registers([&] { CHECK(late.enroll() == Status::kSuccess); });
  spin_until([&] { return stuck == 2; });
  pair.client.leave();  // while one thread holds the lock and another waits for it in an attach callback
  CHECK(pair.client.attachment().cleaned);
  held = false;
  holder.join();
  registers.join();
  CHECK(late.registration.attached() == 1);
}
