// The life of registrations and bindings by their Windows names, beyond what registrar_test.cpp shows: who is asked, on
// which thread, and when; what Wait waits for; what may come in between.
#include <array>
#include <cstring>
#include <memory>
#include <thread>

#include "platform/threads.hpp"
#include "support/misuse.hpp"
#include "wdk/modules.hpp"

namespace {

NTSTATUS pend(Side&) { return STATUS_PENDING; }

/// Nobody was detached or cleaned up, or everybody once.
bool untouched(const Module& module) { return module.detaches() + module.cleanups() == 0; }
bool over_once(const Module& module) { return module.detaches() == 1 && module.cleanups() == 1; }

}  // namespace

TEST_CASE(
    "R119, R22, R21, R31, R33: a client that declines is offered that provider no more; its others stay") {
  Client client;
  Provider first;
  Provider second;
  CHECK(first.enroll() == STATUS_SUCCESS);
  CHECK(client.enroll() == STATUS_SUCCESS);
  client.on_attach = [](Side&) { return NTSTATUS{STATUS_NOINTERFACE}; };
  CHECK(second.enroll() == STATUS_SUCCESS);
  CHECK(client.bindings.size() == 2);
  CHECK(second.bindings.empty());  // not asked
  client.on_attach = nullptr;
  Provider third;
  Client another;
  CHECK(third.enroll() == STATUS_SUCCESS);
  CHECK(another.enroll() == STATUS_SUCCESS);
  CHECK(client.bindings.size() == 3);  // `second` not again, though others come
  CHECK(second.bindings.size() == 1);
  CHECK(untouched(client));
  second.leave();
  CHECK(untouched(client));
  CHECK(second.enroll() == STATUS_SUCCESS);  // anew: now it is on offer
  CHECK(client.last().attached == STATUS_SUCCESS);
  CHECK(second.bindings.size() == 3);
  CHECK(first.detaches() == 0);
}

TEST_CASE("R119, R19: whatever the provider says comes back as it is, and what is no error attaches") {
  for (const NTSTATUS said : {NTSTATUS{1}, NTSTATUS{0x40000000}, NTSTATUS{STATUS_PENDING}}) {
    CAPTURE(said);
    Client client;
    Provider provider;
    provider.on_attach = [&](Side&) { return said; };
    CHECK(client.enroll() == STATUS_SUCCESS);
    CHECK(provider.enroll() == STATUS_SUCCESS);
    CHECK(client.last().attached == said);
    CHECK(client.last().peer_dispatch == &kProviderTable);
    client.leave();
    CHECK(over_once(client));
    CHECK(over_once(provider));
  }
}

TEST_CASE(
    "R119, R15, R16: a module in two NPIs, and on both sides of one, has bindings that do not know of each "
    "other") {
  Client uses;
  Client uses_other;
  uses_other.characteristics.ClientRegistrationInstance.NpiId = &kOtherNpi;
  Provider provides;
  Provider provides_other;
  provides_other.characteristics.ProviderRegistrationInstance.NpiId = &kOtherNpi;
  for (Client* client : {&uses, &uses_other}) CHECK(client->enroll() == STATUS_SUCCESS);
  for (Provider* provider : {&provides, &provides_other}) CHECK(provider->enroll() == STATUS_SUCCESS);
  CHECK(uses.last().peer_context == &provides.last());  // one id, one NPI, both sides: it is its own peer
  CHECK(uses_other.last().peer_context == &provides_other.last());
  CHECK(uses.bindings.size() + uses_other.bindings.size() == 2);
  uses.leave();
  CHECK(over_once(provides));
  CHECK(untouched(uses_other));
  CHECK(untouched(provides_other));
}

TEST_CASE(
    "R119, R27, R28: both call as soon as the provider has agreed, though the client's callback still runs") {
  Client client;
  Provider provider;
  std::atomic<int> calls = 0;
  std::thread caller;
  provider.on_attach = [&](Side& side) {
    caller = std::thread([&calls, context = side.peer_context] {
      while (calls == 0) std::this_thread::yield();  // until the provider has agreed
      calls += static_cast<Side*>(context)->handle != nullptr ? 10 : 100;
    });
    return NTSTATUS{STATUS_SUCCESS};
  };
  client.on_attach = [&](Side& side) {
    const NTSTATUS status = Client::attach(side);
    calls += *static_cast<const int*>(side.peer_dispatch) == kProviderTable ? 1 : 100;
    caller.join();  // it was called, inside
    return status;
  };
  CHECK(client.enroll() == STATUS_SUCCESS);
  CHECK(provider.enroll() == STATUS_SUCCESS);
  CHECK(calls == 11);
}

TEST_CASE(
    "R119, R39, R51, R75 to R77, R79: who deregisters while a client attaches waits for nobody, and is "
    "detached after") {
  for (const bool attaches : {true, false}) {
    for (const int who : {1, 2, 3}) {  // the client, the provider, both
      CAPTURE(attaches);
      CAPTURE(who);
      Client client;
      Provider provider;
      std::thread::id detached_by[2];
      NTSTATUS left[2] = {STATUS_PENDING, STATUS_PENDING};
      client.on_detach = [&](Side&) { return detached_by[0] = std::this_thread::get_id(), STATUS_SUCCESS; };
      provider.on_detach = [&](Side&) { return detached_by[1] = std::this_thread::get_id(), STATUS_SUCCESS; };
      client.on_attach = [&](Side& side) {
        if (attaches) CHECK(Client::attach(side) == STATUS_SUCCESS);
        std::thread([&] {  // another one, and inside: it has returned before this callback does
          if ((who & 1) != 0) left[0] = NmrDeregisterClient(client.handle);
          if ((who & 2) != 0) left[1] = NmrDeregisterProvider(provider.handle);
        })
            .join();
        CHECK(untouched(client));
        CHECK(untouched(provider));
        return attaches ? STATUS_SUCCESS : STATUS_NOINTERFACE;
      };
      CHECK(client.enroll() == STATUS_SUCCESS);
      CHECK(provider.enroll() == STATUS_SUCCESS);  // though nothing may be attached any more
      CHECK(left[0] == STATUS_PENDING);
      CHECK(left[1] == STATUS_PENDING);
      if (attaches) {
        CHECK(over_once(client));
        CHECK(over_once(provider));
        for (const auto& thread : detached_by) CHECK(thread == std::this_thread::get_id());
      } else {
        CHECK(untouched(client));
        CHECK(untouched(provider));
      }
      if ((who & 1) != 0) {
        client.registered = false;
        CHECK(NmrWaitForClientDeregisterComplete(client.handle) == STATUS_SUCCESS);
      }
      if ((who & 2) != 0) {
        provider.registered = false;
        CHECK(NmrWaitForProviderDeregisterComplete(provider.handle) == STATUS_SUCCESS);
      }
    }
  }
}

TEST_CASE(
    "R119, R52: a module's lock that its detach callback does not need may be held while others deregister") {
  Client client;
  Provider provider;
  std::mutex lock_of_the_client;
  CHECK(provider.enroll() == STATUS_SUCCESS);
  CHECK(client.enroll() == STATUS_SUCCESS);
  Latch held(2);
  Latch left(2);
  Threads holder(1, [&](int) {
    const std::lock_guard lock(lock_of_the_client);
    held.arrive_and_wait();
    left.arrive_and_wait();  // only once the other one has returned
  });
  held.arrive_and_wait();
  CHECK(NmrDeregisterProvider(provider.handle) == STATUS_PENDING);
  CHECK(over_once(client));
  left.arrive_and_wait();
  holder.join();
  provider.registered = false;
  CHECK(NmrWaitForProviderDeregisterComplete(provider.handle) == STATUS_SUCCESS);
}

TEST_CASE(
    "R119, R55 to R58: a call that leaves last completes, on its thread; one may deregister its own module") {
  Client client;
  Provider provider;
  std::thread::id cleaned_up_by;
  provider.on_detach = pend;  // a call is in progress
  provider.on_cleanup = [&](Side&) { cleaned_up_by = std::this_thread::get_id(); };
  CHECK(provider.enroll() == STATUS_SUCCESS);
  CHECK(client.enroll() == STATUS_SUCCESS);
  Side& theirs = provider.last();
  bool own = false;
  SUBCASE("at once, by the call that has deregistered its own module") { own = true; }
  SUBCASE("later, by another thread that the call has left its end to") {}
  CHECK(NmrDeregisterProvider(provider.handle) == STATUS_PENDING);  // inside the call
  provider.registered = false;
  CHECK(client.detaches() == 1);
  CHECK(client.cleanups() + theirs.cleanups == 0);
  CHECK(*static_cast<const int*>(client.last().peer_dispatch) == kProviderTable);  // R56: it still serves
  std::thread::id last = std::this_thread::get_id();
  if (own) {
    NmrProviderDetachClientComplete(theirs.handle);
  } else {
    std::thread leaver([&] { NmrProviderDetachClientComplete(theirs.handle); });
    last = leaver.get_id();
    leaver.join();
  }
  CHECK(cleaned_up_by == last);
  CHECK(over_once(client));
  CHECK(over_once(provider));
  CHECK(NmrWaitForProviderDeregisterComplete(provider.handle) == STATUS_SUCCESS);
}

TEST_CASE(
    "R119, R63, R84: Wait returns when both cleanups have, whichever thread they are on, and sleeps through "
    "none") {
  for (int round = 0; round != 200; ++round) {
    Client client;
    Provider provider;
    client.on_detach = pend;
    provider.on_detach = pend;
    std::atomic<int> returning = 0;
    StartLine start(2);
    const auto lasts = [&](Side&) {
      dawdle(500);
      ++returning;
    };
    client.on_cleanup = lasts;
    provider.on_cleanup = lasts;
    CHECK(provider.enroll() == STATUS_SUCCESS);
    CHECK(client.enroll() == STATUS_SUCCESS);
    CHECK(NmrDeregisterClient(client.handle) == STATUS_PENDING);
    client.registered = false;
    Threads completer(1, [&](int) {
      NmrClientDetachProviderComplete(client.last().handle);
      start.arrive_and_wait();
      dawdle(round * 20);
      NmrProviderDetachClientComplete(provider.last().handle);
    });
    start.arrive_and_wait();
    CHECK(NmrWaitForClientDeregisterComplete(client.handle) == STATUS_SUCCESS);
    CHECK(returning == 2);
    completer.join();
  }
}

TEST_CASE("R119, R71, R72: after Wait the memory of a module is its own, while its peers go on") {
  Provider provider;
  CHECK(provider.enroll() == STATUS_SUCCESS);
  auto client = std::make_unique<Client>();
  auto npi = std::make_unique<NPIID>(kNpi);
  auto id = std::make_unique<NPI_MODULEID>(kModuleId);
  client->characteristics.ClientRegistrationInstance.NpiId = npi.get();
  client->characteristics.ClientRegistrationInstance.ModuleId = id.get();
  CHECK(client->enroll() == STATUS_SUCCESS);
  // It is not a copy that the peer is shown.
  CHECK(provider.last().peer->ModuleId == id.get());
  CHECK(provider.last().peer == &client->characteristics.ClientRegistrationInstance);
  client->leave();
  std::memset(static_cast<void*>(&client->characteristics), 0xdd, sizeof client->characteristics);
  std::memset(static_cast<void*>(npi.get()), 0xdd, sizeof *npi);
  client.reset();
  npi.reset();
  id.reset();
  Client next;
  CHECK(next.enroll() == STATUS_SUCCESS);
  CHECK(next.last().attached == STATUS_SUCCESS);
  CHECK(provider.bindings.size() == 2);
}

TEST_CASE(
    "R119, R74, R81, R64: who is leaving is on offer to nobody; its module may register anew meanwhile") {
  Client client;
  Provider provider;
  client.on_detach = pend;
  CHECK(provider.enroll() == STATUS_SUCCESS);
  CHECK(client.enroll() == STATUS_SUCCESS);
  Side& old_side = client.last();
  const HANDLE old = provider.handle;
  CHECK(NmrDeregisterProvider(old) == STATUS_PENDING);
  Client late;
  CHECK(late.enroll() == STATUS_SUCCESS);
  CHECK(late.bindings.empty());
  CHECK(provider.enroll() == STATUS_SUCCESS);  // the same module, while the old one is still ending
  CHECK(provider.handle != old);
  CHECK(late.bindings.size() == 1);
  CHECK(client.bindings.size() == 2);
  CHECK(old_side.cleanups == 0);
  NmrClientDetachProviderComplete(old_side.handle);
  CHECK(old_side.cleanups == 1);
  CHECK(client.last().detaches == 0);
  CHECK(NmrWaitForProviderDeregisterComplete(old) == STATUS_SUCCESS);  // it has ended, and this returns
  client.on_detach = nullptr;
}

TEST_CASE("R119, R80: providers that register at the same time ask one client at the same time") {
  Client client;
  std::array<Provider, 2> providers;
  Latch both(2);
  client.on_attach = [&](Side& side) {
    both.arrive_and_wait();  // one after the other, they would stay here
    return Client::attach(side);
  };
  CHECK(client.enroll() == STATUS_SUCCESS);
  std::atomic<int> wrong = 0;
  Threads threads(2, [&](int which) {
    if (providers[static_cast<std::size_t>(which)].enroll() != STATUS_SUCCESS) ++wrong;
  });
  threads.join();
  CHECK(wrong == 0);
  CHECK(client.bindings.size() == 2);
  for (const Side& side : client.bindings) CHECK(side.attached == STATUS_SUCCESS);
}

TEST_CASE("R126, R70: to wait for oneself is reported in each callback, and its status says so") {
  // In each of the six, for the registration of either side, which has been told to leave by then.
  for (const bool for_client : {true, false}) {
    CAPTURE(for_client);
    Client client;
    Provider provider;
    int deadlocks = 0;
    bool left = false;
    const auto waits = [&] {
      if (!left) {
        left = true;
        CHECK((for_client ? NmrDeregisterClient(client.handle) : NmrDeregisterProvider(provider.handle)) ==
              STATUS_PENDING);
      }
      const MisuseTrap trap;
      const NTSTATUS status = for_client ? NmrWaitForClientDeregisterComplete(client.handle)
                                         : NmrWaitForProviderDeregisterComplete(provider.handle);
      CHECK(status == STATUS_POSSIBLE_DEADLOCK);
      CHECK(trap.count() == 1);
      CHECK(trap.object() == (for_client ? "client registration" : "provider registration"));
      CHECK(trap.rule() == "waits for itself, in a callback that has to return first");
      ++deadlocks;
    };
    const auto waits_in_detach = [&](Side&) { return waits(), NTSTATUS{STATUS_SUCCESS}; };
    const auto waits_in_cleanup = [&](Side&) { waits(); };
    provider.on_attach = waits_in_detach;
    client.on_attach = [&](Side& side) {
      const NTSTATUS status = Client::attach(side);
      waits();
      return status;
    };
    client.on_detach = waits_in_detach;
    client.on_cleanup = waits_in_cleanup;
    provider.on_detach = waits_in_detach;
    provider.on_cleanup = waits_in_cleanup;
    CHECK(client.enroll() == STATUS_SUCCESS);
    CHECK(provider.enroll() == STATUS_SUCCESS);
    CHECK(deadlocks == 6);
    (for_client ? client.registered : provider.registered) = false;
    CHECK((for_client ? NmrWaitForClientDeregisterComplete(client.handle)
                      : NmrWaitForProviderDeregisterComplete(provider.handle)) == STATUS_SUCCESS);
  }
}

#if defined(__cpp_exceptions)
TEST_CASE("R127, R32: each of the six callbacks may throw; that is reported once, and the rest goes on") {
  struct Thrower {
    const char* name;
    bool attaches;  // though it throws
    void (*arm)(Client&, Provider&);
  };
  const Thrower throwers[] = {
      {"ClientAttachProvider", false,
       [](Client& client, Provider&) { client.on_attach = [](Side&) -> NTSTATUS { throw 1; }; }},
      {"ProviderAttachClient", false,
       [](Client&, Provider& provider) { provider.on_attach = [](Side&) -> NTSTATUS { throw 2; }; }},
      {"ClientDetachProvider", true,
       [](Client& client, Provider&) { client.on_detach = [](Side&) -> NTSTATUS { throw 3; }; }},
      {"ProviderDetachClient", true,
       [](Client&, Provider& provider) { provider.on_detach = [](Side&) -> NTSTATUS { throw 4; }; }},
      {"ClientCleanupBindingContext", true,
       [](Client& client, Provider&) { client.on_cleanup = [](Side&) { throw 5; }; }},
      {"ProviderCleanupBindingContext", true,
       [](Client&, Provider& provider) { provider.on_cleanup = [](Side&) { throw 6; }; }},
  };
  for (const Thrower& thrower : throwers) {
    CAPTURE(thrower.name);
    Client client;
    Provider provider;
    Client other;
    CHECK(other.enroll() == STATUS_SUCCESS);
    const MisuseTrap trap;
    thrower.arm(client, provider);
    CHECK(client.enroll() == STATUS_SUCCESS);
    CHECK(provider.enroll() == STATUS_SUCCESS);
    const int at_attach = thrower.attaches ? 0 : 1;
    if (std::strcmp(thrower.name, "ProviderAttachClient") != 0) {
      CHECK(trap.count() == at_attach);
      CHECK(other.last().attached == STATUS_SUCCESS);
    }
    client.leave();
    CHECK(trap.operation() == thrower.name);
    CHECK(client.detaches() == (thrower.attaches ? 1 : 0));
    CHECK(other.detaches() == 0);
    other.leave();
    provider.leave();
    const bool both = std::strncmp(thrower.name, "Provider", 8) == 0;  // it has thrown to either client
    CHECK(trap.count() == (both ? 2 : 1));
  }
}
#endif
