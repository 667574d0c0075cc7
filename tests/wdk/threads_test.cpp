// Several threads by the Windows names: calls while the provider leaves, and modules that come and go.
#include <array>
#include <memory>

#include "platform/threads.hpp"
#include "support/misuse.hpp"
#include "wdk/modules.hpp"

namespace {

/// A table, as an NPI has one.
struct Dispatch {
  int (*add)(void* context, int value);
};
/// What a client's author keeps for each binding, as Microsoft's pages ask: here with rundown protection.
struct Calls {
  EX_RUNDOWN_REF rundown{};
  HANDLE binding = nullptr;
  void* provider = nullptr;
  const void* dispatch = nullptr;
};

}  // namespace

TEST_CASE(
    "R134, R53, R54, R82, R83: two threads call while the provider leaves, and none meets one that has "
    "gone") {
  static constexpr Dispatch kAdd{[](void* number, int value) { return *static_cast<int*>(number) + value; }};
  for (int round = 0; round != 30; ++round) {
    auto number = std::make_unique<int>(42);
    Calls calls;
    NPI_PROVIDER_CHARACTERISTICS provider = Provider().characteristics;
    provider.ProviderAttachClient = [](HANDLE, PVOID context, PNPI_REGISTRATION_INSTANCE, PVOID, const void*,
                                       PVOID* own, const void** table) {
      *own = context;
      *table = &kAdd;
      return NTSTATUS{STATUS_SUCCESS};
    };
    provider.ProviderDetachClient = [](PVOID) { return NTSTATUS{STATUS_SUCCESS}; };
    provider.ProviderCleanupBindingContext = [](PVOID context) { *static_cast<int*>(context) = -1; };
    NPI_CLIENT_CHARACTERISTICS client = Client().characteristics;
    client.ClientAttachProvider = [](HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE) {
      auto& own = *static_cast<Calls*>(context);
      own.binding = binding;
      return NmrClientAttachProvider(binding, &own, nullptr, &own.provider, &own.dispatch);
    };
    client.ClientDetachProvider = [](PVOID context) {
      ExWaitForRundownProtectionRelease(&static_cast<Calls*>(context)->rundown);
      return NTSTATUS{STATUS_SUCCESS};
    };
    client.ClientCleanupBindingContext = nullptr;
    HANDLE provides = nullptr;
    HANDLE uses = nullptr;
    CHECK(NmrRegisterProvider(&provider, number.get(), &provides) == STATUS_SUCCESS);
    CHECK(NmrRegisterClient(&client, &calls, &uses) == STATUS_SUCCESS);
    std::atomic<int> wrong = 0;
    std::atomic<int> called = 0;
    Threads callers(2, [&](int) {
      for (int value = 0; ExAcquireRundownProtection(&calls.rundown) == TRUE; value = (value + 1) % 1000) {
        const auto& dispatch = *static_cast<const Dispatch*>(calls.dispatch);
        if (dispatch.add(calls.provider, value) != 42 + value) ++wrong;
        ++called;
        ExReleaseRundownProtection(&calls.rundown);
      }
    });
    spin_until([&] { return called > round; });
    CHECK(NmrDeregisterProvider(provides) == STATUS_PENDING);
    CHECK(NmrWaitForProviderDeregisterComplete(provides) == STATUS_SUCCESS);
    CHECK(*number == -1);
    number.reset();
    callers.join();
    CHECK(wrong == 0);
    CHECK(NmrDeregisterClient(uses) == STATUS_PENDING);
    CHECK(NmrWaitForClientDeregisterComplete(uses) == STATUS_SUCCESS);
  }
}

TEST_CASE("R121, R45: a completion that races the return of its detach callback counts once") {
  for (int round = 0; round != 200; ++round) {
    Client client;
    Provider provider;
    Threads completers;
    std::atomic<int> go = 0;
    client.on_detach = [&](Side& side) {
      completers.add([&go, &side](int) {
        ++go;
        NmrClientDetachProviderComplete(side.handle);
      });
      spin_until([&] { return go != 0; });
      dawdle(round);
      return NTSTATUS{STATUS_PENDING};
    };
    CHECK(provider.enroll() == STATUS_SUCCESS);
    CHECK(client.enroll() == STATUS_SUCCESS);
    client.leave();
    CHECK(client.cleanups() == 1);
    CHECK(provider.cleanups() == 1);
    completers.join();
  }
}

TEST_CASE(
    "R119, R37, R78: clients and providers come and go on three threads, each attach with its detach and "
    "cleanup") {
  std::array<std::atomic<int>, 3> balance{};
  Threads threads(3, [&](int which) {
    for (int round = 0; round != 60; ++round) {
      if ((which + round) % 2 == 0) {
        Client client;
        if (client.enroll() != STATUS_SUCCESS) return;
        dawdle(round * 20);
        client.leave();
        for (const Side& side : client.bindings) {
          if (side.attached == STATUS_SUCCESS) balance[0] += 1;
        }
        balance[1] += client.detaches();
        balance[2] += client.cleanups();
      } else {
        Provider provider;
        provider.on_detach = [](Side& side) {
          NmrProviderDetachClientComplete(side.handle);
          return NTSTATUS{STATUS_PENDING};
        };
        if (provider.enroll() != STATUS_SUCCESS) return;  // others may detach it from here on
        dawdle(round * 10);
        provider.leave();
        balance[0] += static_cast<int>(provider.bindings.size());
        balance[1] += provider.detaches();
        balance[2] += provider.cleanups();
      }
    }
  });
  threads.join();
  CHECK(balance[0] == balance[1]);
  CHECK(balance[1] == balance[2]);
}
