// Handles that name nothing, or something else, given to each of the nine functions.
#include <cstdint>
#include <string>
#include <vector>

#include "platform/threads.hpp"
#include "support/misuse.hpp"
#include "wdk/modules.hpp"

namespace {

struct Wants {
  const char* function;
  const char* wanted;
  NTSTATUS (*call)(HANDLE);
};
const Wants kFunctions[] = {
    {"NmrDeregisterClient", "a client registration", &NmrDeregisterClient},
    {"NmrWaitForClientDeregisterComplete", "a client registration", &NmrWaitForClientDeregisterComplete},
    {"NmrDeregisterProvider", "a provider registration", &NmrDeregisterProvider},
    {"NmrWaitForProviderDeregisterComplete", "a provider registration",
     &NmrWaitForProviderDeregisterComplete},
    {"NmrClientAttachProvider", "a client's binding",
     [](HANDLE handle) {
       void* context = &handle;
       const void* dispatch = &handle;
       const NTSTATUS status = NmrClientAttachProvider(handle, nullptr, nullptr, &context, &dispatch);
       CHECK(context == nullptr);
       CHECK(dispatch == nullptr);
       return status;
     }},
    {"NmrClientDetachProviderComplete", "a client's binding",
     [](HANDLE handle) {
       NmrClientDetachProviderComplete(handle);
       return NTSTATUS{STATUS_INVALID_PARAMETER};
     }},
    {"NmrProviderDetachClientComplete", "a provider's binding",
     [](HANDLE handle) {
       NmrProviderDetachClientComplete(handle);
       return NTSTATUS{STATUS_INVALID_PARAMETER};
     }},
};

struct Given {
  HANDLE handle;
  std::string got;
};

}  // namespace

TEST_CASE("R120, R49, R67: every function reports what is not its kind, once, and touches nothing") {
  std::vector<Given> given;
  {
    Client client;
    Provider provider;
    CHECK(provider.enroll() == STATUS_SUCCESS);
    CHECK(client.enroll() == STATUS_SUCCESS);
    given = {{client.handle, "a client registration, closed"},
             {provider.handle, "a provider registration, closed"},
             {client.last().handle, "a client's binding, closed"},
             {provider.last().handle, "a provider's binding, closed"}};
  }
  Client client;
  Provider provider;
  CHECK(provider.enroll() == STATUS_SUCCESS);
  CHECK(client.enroll() == STATUS_SUCCESS);
  const std::size_t live = given.size();
  given.push_back({client.handle, "a client registration"});
  given.push_back({provider.handle, "a provider registration"});
  given.push_back({client.last().handle, "a client's binding"});
  given.push_back({provider.last().handle, "a provider's binding"});
  given.push_back({nullptr, "null"});
  int on_stack = 0;
  for (const std::uintptr_t made_up : {reinterpret_cast<std::uintptr_t>(&on_stack), std::uintptr_t{1},
                                       std::uintptr_t{42}, std::uintptr_t{0xdeadbeef}, ~std::uintptr_t{0},
                                       reinterpret_cast<std::uintptr_t>(client.handle) + 8}) {
    given.push_back({reinterpret_cast<HANDLE>(made_up), "what is no handle"});
  }
  for (const Wants& wants : kFunctions) {
    for (std::size_t i = 0; i != given.size(); ++i) {
      const bool own_kind = given[i].got == wants.wanted;
      // The registration of the same side counts as its binding: R122.
      const bool stands_for_it = given[i].got == "a client registration" &&
                                 std::string(wants.function) == "NmrClientDetachProviderComplete";
      const bool stands_for_its = given[i].got == "a provider registration" &&
                                  std::string(wants.function) == "NmrProviderDetachClientComplete";
      if (own_kind || stands_for_it || stands_for_its) continue;
      CAPTURE(wants.function);
      CAPTURE(given[i].got);
      const MisuseTrap trap;
      CHECK(wants.call(given[i].handle) == STATUS_INVALID_PARAMETER);
      CHECK(trap.count() == 1);
      CHECK(trap.object() == "HANDLE");
      CHECK(trap.operation() == wants.function);
      CHECK(trap.rule() == std::string("wants ") + wants.wanted + ", got " + given[i].got);
    }
  }
  CHECK(live == 4);
  CHECK(client.detaches() + provider.detaches() == 0);
  client.leave();
  CHECK(client.cleanups() == 1);
  CHECK(provider.cleanups() == 1);
}

TEST_CASE("R120: a handle of before is not the one that came after it") {
  std::vector<HANDLE> before;
  for (int round = 0; round != 100; ++round) {
    Client client;
    CHECK(client.enroll() == STATUS_SUCCESS);
    for (const HANDLE handle : before) CHECK(handle != client.handle);
    before.push_back(client.handle);
    if (round == 0) continue;
    const MisuseTrap trap;
    CHECK(NmrDeregisterClient(before[static_cast<std::size_t>(round) - 1]) == STATUS_INVALID_PARAMETER);
    CHECK(trap.count() == 1);
  }
}

TEST_CASE("R125, R69: Wait closes the handle, while others wait too") {
  for (int round = 0; round != 20; ++round) {
    Client client;
    Provider provider;
    provider.on_detach = [](Side&) { return NTSTATUS{STATUS_PENDING}; };
    CHECK(provider.enroll() == STATUS_SUCCESS);
    CHECK(client.enroll() == STATUS_SUCCESS);
    CHECK(NmrDeregisterClient(client.handle) == STATUS_PENDING);
    client.registered = false;
    const MisuseTrap trap;
    std::atomic<int> succeeded = 0;
    std::atomic<int> too_late = 0;
    StartLine start(3);
    Threads waiters(3, [&](int) {
      start.arrive_and_wait();
      const NTSTATUS status = NmrWaitForClientDeregisterComplete(client.handle);
      if (status == STATUS_SUCCESS) ++succeeded;
      if (status == STATUS_INVALID_PARAMETER) ++too_late;
    });
    NmrProviderDetachClientComplete(provider.last().handle);
    waiters.join();
    CHECK(succeeded >= 1);
    CHECK(succeeded + too_late == 3);
    CHECK(trap.count() == too_late);
    CHECK(NmrDeregisterClient(client.handle) == STATUS_INVALID_PARAMETER);
    CHECK(trap.rule() == "wants a client registration, got a client registration, closed");
  }
}
