// The unit test of a driver's network module, as its author would write it: here it is a provider of packet counts. The
// driver's own file is compiled as it is for Windows; the test is the other side, and holds it to its contract.
#define NMR_WDK_IMPLEMENTATION  // in the test, not in the driver
#include <nmr/wdk/netioddk.h>

#include <cstdio>

#include "expect.hpp"

// ---- driver.c: what is tested ----------------------------------------------------------------------------------------

static const NPIID kCountNpi = {0x5ad1c0de, 0x1111, 0x4222, {0x83, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66}};
static const NPI_MODULEID kDriverId = {sizeof(NPI_MODULEID), MIT_GUID, {{0x5ad1c0df, 0, 0, {0}}}};

typedef struct _COUNT_DISPATCH {
  ULONG (*Packets)(PVOID ProviderBindingContext);
} COUNT_DISPATCH;
static EX_RUNDOWN_REF Clients;
static ULONG Count = 7;

static ULONG CountPackets(PVOID ProviderBindingContext) { return *(ULONG*)ProviderBindingContext; }
static const COUNT_DISPATCH kDispatch = {CountPackets};

static NPI_PROVIDER_ATTACH_CLIENT_FN CountAttachClient;
static NPI_PROVIDER_DETACH_CLIENT_FN CountDetachClient;
_Use_decl_annotations_ static NTSTATUS CountAttachClient(
    HANDLE NmrBindingHandle, PVOID ProviderContext, PNPI_REGISTRATION_INSTANCE ClientRegistrationInstance,
    PVOID ClientBindingContext, const VOID* ClientDispatch, PVOID* ProviderBindingContext,
    const VOID** ProviderDispatch) {
  UNREFERENCED_PARAMETER(NmrBindingHandle);
  UNREFERENCED_PARAMETER(ClientBindingContext);
  UNREFERENCED_PARAMETER(ClientDispatch);
  if (ClientRegistrationInstance->Number != 1) return STATUS_NOINTERFACE;
  if (!ExAcquireRundownProtection(&Clients)) return STATUS_DEVICE_NOT_READY;
  *ProviderBindingContext = ProviderContext;
  *ProviderDispatch = &kDispatch;
  return STATUS_SUCCESS;
}
static NTSTATUS CountDetachClient(PVOID ProviderBindingContext) {
  UNREFERENCED_PARAMETER(ProviderBindingContext);
  ExReleaseRundownProtection(&Clients);
  return STATUS_SUCCESS;
}
static const NPI_PROVIDER_CHARACTERISTICS kCharacteristics = {
    0,
    sizeof(NPI_PROVIDER_CHARACTERISTICS),
    CountAttachClient,
    CountDetachClient,
    NULL,
    {0, sizeof(NPI_REGISTRATION_INSTANCE), &kCountNpi, &kDriverId, 0, NULL}};
static HANDLE Provider;

static NTSTATUS DriverLoad(void) { return NmrRegisterProvider(&kCharacteristics, &Count, &Provider); }
static void DriverUnload(void) {
  if (NmrDeregisterProvider(Provider) == STATUS_PENDING) NmrWaitForProviderDeregisterComplete(Provider);
  ExWaitForRundownProtectionRelease(&Clients);
}

// ---- what every test of such a module shares: a client that registers, and leaves -------------------------------------

struct TestClient {
  explicit TestClient(ULONG number) {
    characteristics.ClientRegistrationInstance.Number = number;
    expect(NmrRegisterClient(&characteristics, this, &handle) == STATUS_SUCCESS, "a client registers");
  }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;
  ~TestClient() {
    expect(NmrDeregisterClient(handle) == STATUS_PENDING, "a client deregisters");
    expect(NmrWaitForClientDeregisterComplete(handle) == STATUS_SUCCESS, "a client is gone");
  }

  static NTSTATUS attach(HANDLE binding, void* self, PNPI_REGISTRATION_INSTANCE) {
    auto& client = *static_cast<TestClient*>(self);
    const void* dispatch = nullptr;
    client.status = NmrClientAttachProvider(binding, self, nullptr, &client.context, &dispatch);
    client.dispatch = static_cast<const COUNT_DISPATCH*>(dispatch);
    return client.status;
  }
  static NTSTATUS detach(void* self) {
    ++static_cast<TestClient*>(self)->detached;
    return STATUS_SUCCESS;
  }

  NPI_CLIENT_CHARACTERISTICS characteristics{
      0,       sizeof(NPI_CLIENT_CHARACTERISTICS),
      &attach, &detach,
      nullptr, {0, sizeof(NPI_REGISTRATION_INSTANCE), &kCountNpi, nullptr, 0, nullptr}};
  HANDLE handle = nullptr;
  NTSTATUS status = STATUS_PENDING;  // nobody has been asked
  void* context = nullptr;
  const COUNT_DISPATCH* dispatch = nullptr;
  int detached = 0;
};

// ---- the test, in ten lines ------------------------------------------------------------------------------------------

int main() {
  expect(DriverLoad() == STATUS_SUCCESS, "the driver loads");
  const TestClient stranger(2);
  expect(stranger.status == STATUS_NOINTERFACE, "it refuses a client of another implementation");
  const TestClient client(1);
  expect(client.status == STATUS_SUCCESS, "it attaches its own");
  expect(client.dispatch->Packets(client.context) == 7, "which can call it");
  DriverUnload();
  expect(client.detached == 1 && stranger.detached == 0, "it unloads, and has detached who was attached");
  expect(TestClient(1).status == STATUS_PENDING, "whoever comes then finds nobody");
  std::puts("the driver's network module attaches, answers and lets go");
}
