// Memory that runs out; and what asks for none.
#include <algorithm>
#include <array>
#include <memory>

#include <netioddk.h>

#include "doctest/doctest.h"
#include "support/alloc.hpp"
#include "support/misuse.hpp"

namespace {

constexpr NPIID kNpi{0xa110c, 0, 0, {}};
int attached = 0;

NTSTATUS attach(HANDLE binding, PVOID, PNPI_REGISTRATION_INSTANCE) {
  void* context;
  const void* dispatch;
  const NTSTATUS status = NmrClientAttachProvider(binding, nullptr, nullptr, &context, &dispatch);
  if (status == STATUS_SUCCESS) ++attached;
  return status;
}
const NPI_CLIENT_CHARACTERISTICS kClient{
    0,       sizeof(NPI_CLIENT_CHARACTERISTICS),
    &attach, [](PVOID) { return NTSTATUS{STATUS_PENDING}; },
    nullptr, {0, sizeof(NPI_REGISTRATION_INSTANCE), &kNpi, nullptr, 0, nullptr}};
std::array<HANDLE, 8> provider_bindings;
std::size_t provider_bindings_made = 0;
const NPI_PROVIDER_CHARACTERISTICS kProvider{
    0,
    sizeof(NPI_PROVIDER_CHARACTERISTICS),
    [](HANDLE binding, PVOID, PNPI_REGISTRATION_INSTANCE, PVOID, const void*, PVOID*, const void**) {
      provider_bindings[provider_bindings_made++ % provider_bindings.size()] = binding;
      return NTSTATUS{STATUS_SUCCESS};
    },
    [](PVOID) { return NTSTATUS{STATUS_SUCCESS}; },
    nullptr,
    {0, sizeof(NPI_REGISTRATION_INSTANCE), &kNpi, nullptr, 0, nullptr}};

}  // namespace

TEST_CASE("R133, R11: registering with each allocation failing in turn leaves nothing, and asks nobody") {
  std::array<HANDLE, 3> providers{};
  for (HANDLE& provider : providers)
    CHECK(NmrRegisterProvider(&kProvider, nullptr, &provider) == STATUS_SUCCESS);
  std::size_t nth = 0;
  for (bool happened = true; happened;) {
    const alloc::Scope scope;
    HANDLE client = &client;
    NTSTATUS status;
    attached = 0;
    {
      const alloc::FailNth fail(++nth);
      status = NmrRegisterClient(&kClient, nullptr, &client);
      happened = fail.happened();
    }
    const auto live = scope.live();
    CAPTURE(nth);
    if (happened) {
      CHECK(live == 0);
      CHECK(status == STATUS_INSUFFICIENT_RESOURCES);
      CHECK(client == nullptr);
      CHECK(attached == 0);
      continue;
    }
    CHECK(status == STATUS_SUCCESS);
    CHECK(attached == 3);
    CHECK(NmrDeregisterClient(client) == STATUS_PENDING);
    const MisuseTrap trap;
    NmrClientDetachProviderComplete(client);  // all three, by the handle of the registration
    CHECK(NmrWaitForClientDeregisterComplete(client) == STATUS_SUCCESS);
  }
  CHECK(nth == 6);  // of five: its name, the registration, and each binding
  for (HANDLE& provider : providers) {
    CHECK(NmrDeregisterProvider(provider) == STATUS_PENDING);
    CHECK(NmrWaitForProviderDeregisterComplete(provider) == STATUS_SUCCESS);
  }
}

TEST_CASE("R133: to leave allocates nothing, and all that registering has allocated is freed") {
  const alloc::Scope all;
  HANDLE client = nullptr;
  HANDLE provider = nullptr;
  CHECK(NmrRegisterClient(&kClient, nullptr, &client) == STATUS_SUCCESS);
  CHECK(NmrRegisterProvider(&kProvider, nullptr, &provider) == STATUS_SUCCESS);
  const alloc::Scope leaving;
  NTSTATUS statuses[4];
  {
    const MisuseTrap trap;
    statuses[0] = NmrDeregisterClient(client);
    NmrClientDetachProviderComplete(client);
    statuses[1] = NmrWaitForClientDeregisterComplete(client);
    statuses[2] = NmrDeregisterProvider(provider);
    statuses[3] = NmrWaitForProviderDeregisterComplete(provider);
  }
  const auto made = leaving.made();
  const auto live = all.live();
  CHECK(made <= 2);  // what the trap notes
  CHECK(live == 0);
  CHECK(statuses[0] == STATUS_PENDING);
  CHECK(statuses[1] == STATUS_SUCCESS);
  CHECK(statuses[2] == STATUS_PENDING);
  CHECK(statuses[3] == STATUS_SUCCESS);
}

TEST_CASE("R129, R110: in memory of the caller's nothing is allocated, and what is allocated is freed") {
  const SIZE_T size = ExSizeOfRundownProtectionCacheAware();
  const auto memory = std::make_unique<unsigned char[]>(size);
  const auto ref = reinterpret_cast<PEX_RUNDOWN_REF_CACHE_AWARE>(memory.get());
  const alloc::Scope in_place;
  ExInitializeRundownProtectionCacheAware(ref, size);
  const BOOLEAN taken = ExAcquireRundownProtectionCacheAware(ref);
  ExReleaseRundownProtectionCacheAware(ref);
  ExWaitForRundownProtectionReleaseCacheAware(ref);
  ExReInitializeRundownProtectionCacheAware(ref);
  const auto made = in_place.made();
  CHECK(made == 0);
  CHECK(taken == TRUE);
  const alloc::Scope allocated;
  {
    const alloc::FailNth fail(1);
    CHECK(ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 1) == nullptr);
  }
  const PEX_RUNDOWN_REF_CACHE_AWARE own = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 1);
  const BOOLEAN acquired = ExAcquireRundownProtectionCacheAware(own);
  ExReleaseRundownProtectionCacheAware(own);
  ExFreeCacheAwareRundownProtection(own);
  const auto live = allocated.live();
  CHECK(acquired == TRUE);
  CHECK(live == 0);
}
