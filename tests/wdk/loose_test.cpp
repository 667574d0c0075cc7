// A suite that was written against an emulation: Deregister gives STATUS_SUCCESS where nothing is outstanding, and takes
// no Wait then. The file that defines the names says so.
#include "wdk/modules.hpp"

TEST_CASE("R124: in the looser habit a module that nobody is attached to is gone at once") {
  Client client;
  Provider provider;
  CHECK(client.enroll() == STATUS_SUCCESS);
  CHECK(NmrDeregisterClient(client.handle) == STATUS_SUCCESS);
  CHECK(provider.enroll() == STATUS_SUCCESS);
  CHECK(client.bindings.empty());
  CHECK(NmrDeregisterProvider(provider.handle) == STATUS_SUCCESS);
  client.registered = provider.registered = false;
}

TEST_CASE("R124: in the looser habit both sides that are done at once are gone at once, in either order") {
  for (const bool client_first : {false, true}) {
    Client client;
    Provider provider;
    CHECK(client.enroll() == STATUS_SUCCESS);
    CHECK(provider.enroll() == STATUS_SUCCESS);
    CHECK(client.last().attached == STATUS_SUCCESS);
    if (client_first) CHECK(NmrDeregisterClient(client.handle) == STATUS_SUCCESS);
    CHECK(NmrDeregisterProvider(provider.handle) == STATUS_SUCCESS);
    CHECK(client.cleanups() == 1);
    CHECK(provider.cleanups() == 1);
    if (!client_first) CHECK(NmrDeregisterClient(client.handle) == STATUS_SUCCESS);
    client.registered = provider.registered = false;
  }
}

TEST_CASE("R124: in the looser habit what is pending gives STATUS_PENDING, and takes its Wait") {
  Client client;
  Provider provider;
  client.on_detach = [](Side&) { return NTSTATUS{STATUS_PENDING}; };
  CHECK(client.enroll() == STATUS_SUCCESS);
  CHECK(provider.enroll() == STATUS_SUCCESS);
  CHECK(NmrDeregisterClient(client.handle) == STATUS_PENDING);
  CHECK(client.cleanups() == 0);
  NmrClientDetachProviderComplete(client.last().handle);
  CHECK(client.cleanups() == 1);
  CHECK(NmrWaitForClientDeregisterComplete(client.handle) == STATUS_SUCCESS);
  CHECK(NmrDeregisterProvider(provider.handle) == STATUS_SUCCESS);
  client.registered = provider.registered = false;
}
