// What the Network Module Registrar does, by its Windows names; some of what tests/registry shows of the typed one.
#include <array>
#include <thread>
#include <vector>

#include <wdm.h>

#include "platform/threads.hpp"
#include "support/misuse.hpp"
#include "wdk/modules.hpp"

namespace {

/// Registers both, in either order.
void enroll_both(Client& client, Provider& provider, bool client_first = false) {
  if (client_first) CHECK(client.enroll() == STATUS_SUCCESS);
  CHECK(provider.enroll() == STATUS_SUCCESS);
  if (!client_first) CHECK(client.enroll() == STATUS_SUCCESS);
}

NTSTATUS pend(Side&) { return STATUS_PENDING; }

}  // namespace

TEST_CASE("R119, R1, R2, R7, R65: alone nobody is called back, and to leave takes Wait all the same") {
  Client client;
  Provider provider;
  provider.characteristics.ProviderRegistrationInstance.NpiId = &kOtherNpi;
  CHECK(client.enroll() == STATUS_SUCCESS);
  CHECK(provider.enroll() == STATUS_SUCCESS);
  CHECK(client.handle != nullptr);
  CHECK(client.bindings.empty());
  CHECK(provider.bindings.empty());
  client.leave();
  provider.leave();
}

TEST_CASE(
    "R119, R139, R3, R4, R8, R10, R17, R18, R20: whoever comes second, both are attached before it returns") {
  for (const bool client_first : {false, true}) {
    CAPTURE(client_first);
    Client client;
    Provider provider;
    NPI_MODULEID other_id = kModuleId;
    other_id.Guid.Data1 = 2;
    const NPIID same_npi = kNpi;
    const int shown = 0;
    provider.characteristics.ProviderRegistrationInstance = {
        1, sizeof(NPI_REGISTRATION_INSTANCE), &same_npi, &other_id, 7, &shown};
    enroll_both(client, provider, client_first);
    REQUIRE(client.bindings.size() == 1);
    REQUIRE(provider.bindings.size() == 1);
    const Side& ours = client.last();
    const Side& theirs = provider.last();
    CHECK(ours.attached == STATUS_SUCCESS);
    CHECK(ours.peer_context == &theirs);
    CHECK(ours.peer_dispatch == &kProviderTable);
    CHECK(theirs.peer_context == &ours);
    CHECK(theirs.peer_dispatch == &kClientTable);
    // Each sees the other's instance itself: R8, another number and version are no reason not to be offered.
    CHECK(ours.peer == &provider.characteristics.ProviderRegistrationInstance);
    CHECK(theirs.peer == &client.characteristics.ClientRegistrationInstance);
    CHECK(ours.handle != nullptr);
    CHECK(ours.handle != theirs.handle);
  }
}

TEST_CASE("R119, R5, R6, R16, R73: each client meets each provider once, and one that comes back once more") {
  std::array<Client, 3> clients;
  std::array<Provider, 2> providers;
  for (Client& client : clients) CHECK(client.enroll() == STATUS_SUCCESS);
  for (Provider& provider : providers) CHECK(provider.enroll() == STATUS_SUCCESS);
  for (Client& client : clients) CHECK(client.bindings.size() == 2);
  for (Provider& provider : providers) CHECK(provider.bindings.size() == 3);
  clients[0].leave();
  CHECK(clients[0].detaches() == 2);
  CHECK(clients[0].cleanups() == 2);
  CHECK(clients[1].detaches() == 0);
  CHECK(clients[0].enroll() == STATUS_SUCCESS);
  CHECK(clients[0].bindings.size() == 4);
  CHECK(providers[0].bindings.size() == 4);
  CHECK(providers[0].detaches() == 1);
}

TEST_CASE("R119, R9, R19, R21, R23: what the provider refuses, the client may try again with another table") {
  for (const NTSTATUS refusal : {STATUS_NOINTERFACE, STATUS_ACCESS_DENIED, NTSTATUS{-7}}) {
    CAPTURE(refusal);
    Client client;
    Provider provider;
    int asked = 0;
    provider.on_attach = [&](Side&) { return ++asked < 3 ? refusal : NTSTATUS{STATUS_SUCCESS}; };
    client.on_attach = [&](Side& side) {
      side.peer_context = &side;
      side.peer_dispatch = &side;
      CHECK(Client::attach(side) == refusal);
      CHECK(side.peer_context == nullptr);
      CHECK(side.peer_dispatch == nullptr);
      return asked < 2 ? side.attached : Client::attach(side);
    };
    enroll_both(client, provider);
    CHECK(asked == 1);
    client.leave();
    CHECK(client.detaches() + client.cleanups() + provider.detaches() + provider.cleanups() == 0);
    asked = 1;
    CHECK(client.enroll() == STATUS_SUCCESS);
    CHECK(client.last().attached == STATUS_SUCCESS);
    CHECK(asked == 3);
    client.leave();
    CHECK(client.cleanups() == 1);
    CHECK(provider.cleanups() == 1);
  }
}

TEST_CASE("R119, R24, R25: NmrClientAttachProvider a second time, or elsewhere, asks nobody") {
  Client client;
  Provider provider;
  client.on_attach = [](Side& side) {
    CHECK(Client::attach(side) == STATUS_SUCCESS);
    void* context = &side;
    const void* dispatch = &side;
    CHECK(NmrClientAttachProvider(side.handle, nullptr, nullptr, &context, &dispatch) ==
          STATUS_INVALID_DEVICE_STATE);
    CHECK(context == nullptr);
    CHECK(dispatch == nullptr);
    return NTSTATUS{STATUS_SUCCESS};
  };
  provider.on_attach = [&](Side&) {
    void* context = nullptr;
    const void* dispatch = nullptr;
    CHECK(NmrClientAttachProvider(client.last().handle, nullptr, nullptr, &context, &dispatch) ==
          STATUS_INVALID_DEVICE_STATE);
    return NTSTATUS{STATUS_SUCCESS};
  };
  enroll_both(client, provider);
  Side& side = client.last();
  CHECK(NmrClientAttachProvider(side.handle, &side, nullptr, &side.peer_context, &side.peer_dispatch) ==
        STATUS_INVALID_DEVICE_STATE);
  CHECK(provider.bindings.size() == 1);
  client.leave();
  CHECK(side.cleanups == 1);  // with its own context
}

TEST_CASE("R132, R29, R30: a client that fails after all, or succeeds without the provider, is reported") {
  Client client;
  Provider provider;
  client.on_attach = [](Side& side) {
    CHECK(Client::attach(side) == STATUS_SUCCESS);
    return NTSTATUS{STATUS_NO_MEMORY};
  };
  CHECK(provider.enroll() == STATUS_SUCCESS);
  {
    const MisuseTrap trap;
    CHECK(client.enroll() == STATUS_SUCCESS);
    CHECK(trap.count() == 1);
  }
  CHECK(client.detaches() + client.cleanups() == 0);
  CHECK(provider.detaches() == 1);
  CHECK(provider.cleanups() == 1);
  client.leave();
  client.on_attach = [](Side&) { return NTSTATUS{STATUS_SUCCESS}; };
  {
    const MisuseTrap trap;
    CHECK(client.enroll() == STATUS_SUCCESS);
    CHECK(trap.count() == 1);
  }
  client.leave();
  CHECK(provider.bindings.size() == 1);
}

TEST_CASE("R119, R34 to R36, R40, R61: whoever leaves, each side is detached once and cleaned up at once") {
  for (const bool client_leaves : {false, true}) {
    CAPTURE(client_leaves);
    Client client;
    Provider provider;
    enroll_both(client, provider);
    const auto all_is_over = [&] {
      return client.last().detaches == 1 && client.last().cleanups == 1 && provider.last().detaches == 1 &&
             provider.last().cleanups == 1;
    };
    if (client_leaves) {
      CHECK(NmrDeregisterClient(client.handle) == STATUS_PENDING);
      CHECK(all_is_over());
      CHECK(NmrWaitForClientDeregisterComplete(client.handle) == STATUS_SUCCESS);
      client.registered = false;
      provider.leave();
    } else {
      provider.leave();
      CHECK(all_is_over());
      client.leave();
    }
    CHECK(all_is_over());
  }
}

TEST_CASE(
    "R119, R38, R41, R42, R50, R51, R56, R59: cleanup comes after both completions, in whichever order") {
  for (const bool client_completes_first : {false, true}) {
    CAPTURE(client_completes_first);
    Client client;
    Client other;
    Provider provider;
    client.on_detach = pend;
    provider.on_detach = [&](Side& side) {
      return side.peer_context == &client.last() ? STATUS_PENDING : STATUS_SUCCESS;
    };
    enroll_both(client, provider);
    Side& theirs = provider.last();
    CHECK(other.enroll() == STATUS_SUCCESS);
    CHECK(NmrDeregisterProvider(provider.handle) == STATUS_PENDING);
    provider.registered = false;
    CHECK(client.last().detaches == 1);
    CHECK(theirs.detaches == 1);
    CHECK(other.last().cleanups == 1);
    CHECK(client.cleanups() == 0);
    const auto complete = [&](bool of_client) {
      if (of_client)
        NmrClientDetachProviderComplete(client.last().handle);
      else
        NmrProviderDetachClientComplete(theirs.handle);
    };
    complete(client_completes_first);
    CHECK(client.cleanups() + theirs.cleanups == 0);
    complete(!client_completes_first);
    CHECK(client.cleanups() == 1);
    CHECK(theirs.cleanups == 1);
    CHECK(NmrWaitForProviderDeregisterComplete(provider.handle) == STATUS_SUCCESS);
  }
}

TEST_CASE("R121, R43, R44, R116: a completion inside the detach callback waits for that to return") {
  Client client;
  Provider provider;
  client.on_detach = [&](Side& side) {
    NmrClientDetachProviderComplete(side.handle);
    CHECK(side.cleanups == 0);
    return NTSTATUS{STATUS_PENDING};
  };
  provider.on_detach = [&](Side& side) {
    std::thread([&] { NmrProviderDetachClientComplete(side.handle); }).join();
    CHECK(client.cleanups() == 0);
    CHECK(side.cleanups == 0);
    return NTSTATUS{STATUS_PENDING};
  };
  enroll_both(client, provider);
  client.leave();
  CHECK(client.cleanups() == 1);
  CHECK(provider.cleanups() == 1);
}

TEST_CASE(
    "R121, R46: a completion before anybody asked is kept for the detach callback that returns pending") {
  Client client;
  Provider provider;
  client.on_detach = pend;
  provider.on_detach = pend;
  enroll_both(client, provider);
  NmrProviderDetachClientComplete(provider.last().handle);
  CHECK(provider.detaches() == 0);
  NmrClientDetachProviderComplete(client.last().handle);
  provider.leave();
  CHECK(client.cleanups() == 1);
  CHECK(provider.cleanups() == 1);
}

TEST_CASE("R121, R23: what was completed while it was refused says nothing of the attachment that follows") {
  Client client;
  Provider provider;
  int asked = 0;
  provider.on_attach = [&](Side& side) {
    if (++asked != 1) return NTSTATUS{STATUS_SUCCESS};
    NmrProviderDetachClientComplete(side.handle);
    return NTSTATUS{STATUS_NOINTERFACE};
  };
  client.on_attach = [](Side& side) {
    CHECK(Client::attach(side) == STATUS_NOINTERFACE);
    return Client::attach(side);
  };
  provider.on_detach = pend;
  enroll_both(client, provider);
  CHECK(asked == 2);
  CHECK(NmrDeregisterClient(client.handle) == STATUS_PENDING);
  client.registered = false;
  CHECK(provider.last().detaches == 1);
  CHECK(provider.last().cleanups == 0);
  NmrProviderDetachClientComplete(provider.last().handle);
  CHECK(provider.last().cleanups == 1);
  CHECK(NmrWaitForClientDeregisterComplete(client.handle) == STATUS_SUCCESS);
}

TEST_CASE("R121, R47, R48: a completion too many is reported, and does nothing") {
  Client client;
  Provider provider;
  provider.on_detach = pend;
  enroll_both(client, provider);
  CHECK(NmrDeregisterClient(client.handle) == STATUS_PENDING);
  client.registered = false;
  {
    const MisuseTrap trap;
    NmrClientDetachProviderComplete(client.last().handle);  // it had returned success
    CHECK(trap.count() == 1);
    CHECK(trap.operation() == "NmrClientDetachProviderComplete");
    CHECK(trap.rule() == "the detach callback had returned STATUS_SUCCESS");
  }
  CHECK(client.cleanups() == 0);
  provider.on_cleanup = [](Side& side) {
    const MisuseTrap trap;
    NmrProviderDetachClientComplete(side.handle);  // it is completed already, so the name is gone
    CHECK(trap.count() == 1);
    CHECK(trap.rule() == "wants a provider's binding, got a provider's binding, closed");
  };
  NmrProviderDetachClientComplete(provider.last().handle);
  CHECK(provider.cleanups() == 1);
  CHECK(NmrWaitForClientDeregisterComplete(client.handle) == STATUS_SUCCESS);
  // Twice, before the other side is done; and success returned after a completion.
  Provider second;
  client.on_detach = pend;
  provider.leave();
  CHECK(client.enroll() == STATUS_SUCCESS);
  second.on_detach = [](Side& side) {
    NmrProviderDetachClientComplete(side.handle);
    return NTSTATUS{STATUS_SUCCESS};
  };
  CHECK(second.enroll() == STATUS_SUCCESS);
  const MisuseTrap trap;
  NmrClientDetachProviderComplete(client.last().handle);
  NmrClientDetachProviderComplete(client.last().handle);
  CHECK(trap.count() == 1);
  CHECK(trap.rule() == "completed twice");
  second.leave();
  CHECK(trap.count() == 2);
  CHECK(trap.operation() == "ProviderDetachClient");
  CHECK(second.cleanups() == 1);
  CHECK(client.cleanups() == 2);
}

TEST_CASE(
    "R122: the registration's handle, given to a completion, is reported and completes what is pending") {
  Client client;
  Client other;
  Provider provider;
  client.on_detach = pend;
  enroll_both(client, provider);
  CHECK(other.enroll() == STATUS_SUCCESS);
  SUBCASE("after the detach callback") {
    CHECK(NmrDeregisterProvider(provider.handle) == STATUS_PENDING);
    provider.registered = false;
    {
      const MisuseTrap trap;
      NmrClientDetachProviderComplete(client.handle);
      CHECK(trap.count() == 1);
      CHECK(trap.rule() == "wants a client's binding, got a client registration");
    }
    CHECK(client.cleanups() == 1);
    CHECK(NmrWaitForProviderDeregisterComplete(provider.handle) == STATUS_SUCCESS);
  }
  SUBCASE("inside of it") {
    client.on_detach = [&](Side&) {
      const MisuseTrap trap;
      NmrClientDetachProviderComplete(client.handle);
      CHECK(trap.count() == 1);
      return NTSTATUS{STATUS_PENDING};
    };
    client.leave();
    CHECK(client.cleanups() == 1);
  }
  SUBCASE("before it, where there is one binding") {
    {
      const MisuseTrap trap;
      NmrClientDetachProviderComplete(client.handle);
      CHECK(trap.count() == 1);
    }
    CHECK(client.detaches() == 0);
    client.leave();
    CHECK(client.cleanups() == 1);
  }
  SUBCASE("of the other kind it is only reported") {
    CHECK(NmrDeregisterClient(client.handle) == STATUS_PENDING);
    client.registered = false;
    const MisuseTrap trap;
    NmrClientDetachProviderComplete(provider.handle);
    NmrProviderDetachClientComplete(client.handle);
    CHECK(trap.count() == 2);
    CHECK(client.cleanups() == 0);
    NmrClientDetachProviderComplete(client.last().handle);
    CHECK(trap.count() == 2);
    CHECK(NmrWaitForClientDeregisterComplete(client.handle) == STATUS_SUCCESS);
  }
  CHECK(other.detaches() == other.cleanups());
}

TEST_CASE(
    "R123, R12, R26, R62: all-zero NPIID, no module id, version 1, null contexts and tables: all is taken") {
  static constexpr NPIID kZero{};
  static int callbacks;
  callbacks = 0;
  NPI_CLIENT_CHARACTERISTICS client{};
  client.Length = sizeof(client);
  client.ClientAttachProvider = [](HANDLE binding, PVOID, PNPI_REGISTRATION_INSTANCE) {
    void* context = &callbacks;
    const void* dispatch = &callbacks;
    const NTSTATUS status = NmrClientAttachProvider(binding, nullptr, nullptr, &context, &dispatch);
    CHECK(context == nullptr);
    CHECK(dispatch == nullptr);
    return status;
  };
  client.ClientDetachProvider = [](PVOID context) {
    CHECK(context == nullptr);
    ++callbacks;
    return NTSTATUS{STATUS_SUCCESS};
  };
  client.ClientCleanupBindingContext = [](PVOID context) {
    CHECK(context == nullptr);
    ++callbacks;
  };
  client.ClientRegistrationInstance.Version = 1;
  client.ClientRegistrationInstance.NpiId = &kZero;
  NPI_PROVIDER_CHARACTERISTICS provider{};
  provider.Length = sizeof(provider);
  provider.ProviderAttachClient = [](HANDLE, PVOID, PNPI_REGISTRATION_INSTANCE, PVOID context,
                                     const void* table, PVOID*, const void**) {
    CHECK(context == nullptr);
    CHECK(table == nullptr);
    return NTSTATUS{STATUS_SUCCESS};
  };
  provider.ProviderDetachClient = client.ClientDetachProvider;  // and no cleanup
  provider.ProviderRegistrationInstance.NpiId = &kZero;
  HANDLE uses = nullptr;
  HANDLE provides = nullptr;
  CHECK(NmrRegisterProvider(&provider, nullptr, &provides) == STATUS_SUCCESS);
  CHECK(NmrRegisterClient(&client, nullptr, &uses) == STATUS_SUCCESS);
  CHECK(NmrDeregisterProvider(provides) == STATUS_PENDING);
  CHECK(NmrWaitForProviderDeregisterComplete(provides) == STATUS_SUCCESS);
  CHECK(callbacks == 3);
  CHECK(NmrDeregisterClient(uses) == STATUS_PENDING);
  CHECK(NmrWaitForClientDeregisterComplete(uses) == STATUS_SUCCESS);
}

TEST_CASE("R123, R12: what is missing is refused, and nobody is asked") {
  Provider provider;
  Client client;
  CHECK(provider.enroll() == STATUS_SUCCESS);
  const NPI_CLIENT_CHARACTERISTICS whole = client.characteristics;
  const auto refused = [&] {
    client.handle = &client;
    const NTSTATUS status = client.enroll();
    CHECK(client.handle == nullptr);
    client.characteristics = whole;
    return status;
  };
  client.characteristics.ClientAttachProvider = nullptr;
  CHECK(refused() == STATUS_INVALID_PARAMETER);
  client.characteristics.ClientDetachProvider = nullptr;
  CHECK(refused() == STATUS_INVALID_PARAMETER);
  client.characteristics.ClientRegistrationInstance.NpiId = nullptr;
  CHECK(refused() == STATUS_INVALID_PARAMETER);
  client.characteristics.Length = sizeof(whole) - 1;
  CHECK(refused() == STATUS_INVALID_PARAMETER);
  client.characteristics.Version = 1;
  CHECK(refused() == STATUS_REVISION_MISMATCH);
  CHECK(NmrRegisterClient(&whole, nullptr, nullptr) == STATUS_INVALID_PARAMETER);
  CHECK(NmrRegisterClient(nullptr, nullptr, &client.handle) == STATUS_INVALID_PARAMETER);
  CHECK(NmrRegisterProvider(nullptr, nullptr, &client.handle) == STATUS_INVALID_PARAMETER);
  CHECK(client.bindings.empty());
  CHECK(provider.bindings.empty());
}

TEST_CASE("R139, R13, R14, R60, R75: to register, and to deregister oneself, in an attach callback") {
  Client client;
  Client another;
  Provider provider;
  client.on_attach = [&](Side& side) {
    CHECK(client.handle != nullptr);
    CHECK(another.enroll() == STATUS_SUCCESS);
    CHECK(another.last().attached == STATUS_SUCCESS);
    CHECK(Client::attach(side) == STATUS_SUCCESS);
    CHECK(NmrDeregisterClient(client.handle) == STATUS_PENDING);
    CHECK(side.detaches == 0);
    return NTSTATUS{STATUS_SUCCESS};
  };
  enroll_both(client, provider);
  CHECK(client.detaches() == 1);
  CHECK(client.cleanups() == 1);
  CHECK(NmrWaitForClientDeregisterComplete(client.handle) == STATUS_SUCCESS);
  client.registered = false;
  CHECK(another.detaches() == 0);
}

TEST_CASE("R119, R66, R68: Wait wants Deregister first, and a second Deregister changes nothing") {
  Client client;
  Provider provider;
  enroll_both(client, provider);
  CHECK(NmrWaitForClientDeregisterComplete(client.handle) == STATUS_INVALID_PARAMETER);
  CHECK(NmrWaitForProviderDeregisterComplete(provider.handle) == STATUS_INVALID_PARAMETER);
  CHECK(client.detaches() == 0);
  CHECK(NmrDeregisterClient(client.handle) == STATUS_PENDING);
  CHECK(NmrDeregisterClient(client.handle) == STATUS_INVALID_DEVICE_STATE);
  CHECK(client.detaches() == 1);
  CHECK(NmrWaitForClientDeregisterComplete(client.handle) == STATUS_SUCCESS);
  client.registered = false;
}

TEST_CASE("R124: where it has ended already, the looser habit gives success and takes no Wait") {
  NmrWdkSetLooseDeregister(TRUE);
  Client client;
  Provider provider;
  client.on_detach = pend;
  enroll_both(client, provider);
  CHECK(NmrDeregisterProvider(provider.handle) == STATUS_PENDING);
  NmrClientDetachProviderComplete(client.last().handle);
  CHECK(NmrWaitForProviderDeregisterComplete(provider.handle) == STATUS_SUCCESS);
  provider.registered = false;
  CHECK(NmrDeregisterClient(client.handle) == STATUS_SUCCESS);
  client.registered = false;
  NmrWdkSetLooseDeregister(FALSE);
  const MisuseTrap trap;
  CHECK(NmrWaitForClientDeregisterComplete(client.handle) == STATUS_INVALID_PARAMETER);
  CHECK(trap.rule() == "wants a client registration, got a client registration, closed");
}

TEST_CASE(
    "R131: at DISPATCH_LEVEL one may deregister and complete; what may block is reported, and goes on") {
  Client client;
  Provider provider;
  client.on_detach = pend;
  provider.on_detach = pend;
  enroll_both(client, provider);
  KIRQL before = HIGH_LEVEL;
  KeRaiseIrql(DISPATCH_LEVEL, &before);
  CHECK(NmrDeregisterClient(client.handle) == STATUS_PENDING);
  NmrClientDetachProviderComplete(client.last().handle);
  NmrProviderDetachClientComplete(provider.last().handle);
  CHECK(client.cleanups() == 1);
  {
    const MisuseTrap trap;
    CHECK(NmrWaitForClientDeregisterComplete(client.handle) == STATUS_SUCCESS);
    CHECK(trap.count() == 1);
    CHECK(trap.operation().starts_with("NmrWaitForClientDeregisterComplete"));
    CHECK(trap.rule() == "called at level 2; it must be APC_LEVEL or below");
    CHECK(client.enroll() == STATUS_SUCCESS);
    CHECK(trap.count() == 3);  // to register, and to attach in its callback
  }
  KeLowerIrql(before);
  client.on_detach = nullptr;
  provider.on_detach = nullptr;
}

#if defined(__cpp_exceptions)
TEST_CASE("R127, R32: what a callback throws is reported and goes no further") {
  Client client;
  Provider provider;
  provider.on_attach = [](Side&) -> NTSTATUS { throw 1; };
  CHECK(provider.enroll() == STATUS_SUCCESS);
  {
    const MisuseTrap trap;
    CHECK(client.enroll() == STATUS_SUCCESS);
    CHECK(trap.count() == 1);
    CHECK(trap.operation() == "ProviderAttachClient");
    CHECK(client.last().attached == STATUS_UNHANDLED_EXCEPTION);
  }
  client.leave();
  provider.on_attach = nullptr;
  client.on_attach = [](Side& side) -> NTSTATUS {
    CHECK(Client::attach(side) == STATUS_SUCCESS);
    throw 2;
  };
  {
    const MisuseTrap trap;
    CHECK(client.enroll() == STATUS_SUCCESS);
    CHECK(trap.count() == 1);
    CHECK(trap.operation() == "ClientAttachProvider");
  }
  client.leave();
  CHECK(provider.cleanups() == 1);
  client.on_attach = nullptr;
  client.on_detach = [](Side&) -> NTSTATUS { throw 3; };
  provider.on_cleanup = [](Side&) { throw 4; };
  CHECK(client.enroll() == STATUS_SUCCESS);
  const MisuseTrap trap;
  client.leave();
  CHECK(trap.count() == 2);
  CHECK(trap.operation() == "ProviderCleanupBindingContext");
  CHECK(client.cleanups() == 1);
}
#endif

TEST_CASE("R132: a detach callback that returns an error is taken for done, and reported") {
  Client client;
  Provider provider;
  client.on_detach = [](Side&) { return NTSTATUS{STATUS_UNSUCCESSFUL}; };
  enroll_both(client, provider);
  const MisuseTrap trap;
  client.leave();
  CHECK(trap.count() == 1);
  CHECK(trap.operation() == "ClientDetachProvider");
  CHECK(client.cleanups() == 1);
}
