#pragma once
// The definitions of the Windows names, for the one file of a program that has NMR_WDK_IMPLEMENTATION.
#include <nmr/wdk/driver_support.h>
#include <nmr/wdk/netioddk.h>
#include <nmr/wdk/registrar.hpp>
#include <nmr/wdk/rundown.h>
#include <nmr/wdk/rundown_for_c.hpp>
#include <nmr/wdk/support/once/immortal.hpp>
#include <nmr/wdk/support/once/rundown_verified.hpp>

namespace {

struct ThisRegistrar : nmr::wdk::Registrar {
  ThisRegistrar() noexcept : Registrar(NMR_WDK_BEGINS_LOOSE) {}
};

/// Returns the registrar of the program. Modules may still be registered when that ends.
nmr::wdk::Registrar& nmr_wdk_registrar() { return nmr::wdk::immortal<ThisRegistrar>(); }

/// Reports a call at a level that is too high for it, and goes on: whoever waits may be about to unload.
void nmr_wdk_look_at_level(KIRQL most, const char* function, const void* address, const void* caller) {
  (void)nmr::wdk::at_most(most, "HANDLE", function, address, caller);
}

}  // namespace

extern "C" {

NTSTATUS NTAPI NmrRegisterClient(PNPI_CLIENT_CHARACTERISTICS ClientCharacteristics, PVOID ClientContext,
                                 PHANDLE NmrClientHandle) {
  nmr_wdk_look_at_level(PASSIVE_LEVEL, "NmrRegisterClient", ClientCharacteristics,
                        __builtin_return_address(0));
  return nmr_wdk_registrar().add<nmr::wdk::ClientSide>(ClientCharacteristics, ClientContext, NmrClientHandle);
}
NTSTATUS NTAPI NmrRegisterProvider(PNPI_PROVIDER_CHARACTERISTICS ProviderCharacteristics,
                                   PVOID ProviderContext, PHANDLE NmrProviderHandle) {
  nmr_wdk_look_at_level(PASSIVE_LEVEL, "NmrRegisterProvider", ProviderCharacteristics,
                        __builtin_return_address(0));
  return nmr_wdk_registrar().add<nmr::wdk::ProviderSide>(ProviderCharacteristics, ProviderContext,
                                                         NmrProviderHandle);
}
NTSTATUS NTAPI NmrDeregisterClient(HANDLE NmrClientHandle) {
  return nmr_wdk_registrar().deregister(NmrClientHandle, nmr::wdk::HandleKind::kClient,
                                        "NmrDeregisterClient");
}
NTSTATUS NTAPI NmrDeregisterProvider(HANDLE NmrProviderHandle) {
  return nmr_wdk_registrar().deregister(NmrProviderHandle, nmr::wdk::HandleKind::kProvider,
                                        "NmrDeregisterProvider");
}
NTSTATUS NTAPI NmrWaitForClientDeregisterComplete(HANDLE NmrClientHandle) {
  nmr_wdk_look_at_level(APC_LEVEL, "NmrWaitForClientDeregisterComplete", NmrClientHandle,
                        __builtin_return_address(0));
  return nmr_wdk_registrar().wait(NmrClientHandle, nmr::wdk::HandleKind::kClient,
                                  "NmrWaitForClientDeregisterComplete");
}
NTSTATUS NTAPI NmrWaitForProviderDeregisterComplete(HANDLE NmrProviderHandle) {
  nmr_wdk_look_at_level(APC_LEVEL, "NmrWaitForProviderDeregisterComplete", NmrProviderHandle,
                        __builtin_return_address(0));
  return nmr_wdk_registrar().wait(NmrProviderHandle, nmr::wdk::HandleKind::kProvider,
                                  "NmrWaitForProviderDeregisterComplete");
}
NTSTATUS NTAPI NmrClientAttachProvider(HANDLE NmrBindingHandle, PVOID ClientBindingContext,
                                       const void* ClientDispatch, PVOID* ProviderBindingContext,
                                       const void** ProviderDispatch) {
  nmr_wdk_look_at_level(PASSIVE_LEVEL, "NmrClientAttachProvider", NmrBindingHandle,
                        __builtin_return_address(0));
  return nmr_wdk_registrar().attach(NmrBindingHandle, ClientBindingContext, ClientDispatch,
                                    ProviderBindingContext, ProviderDispatch);
}
void NTAPI NmrClientDetachProviderComplete(HANDLE NmrBindingHandle) {
  nmr_wdk_registrar().complete(NmrBindingHandle, nmr::wdk::HandleKind::kClientBinding,
                               "NmrClientDetachProviderComplete");
}
void NTAPI NmrProviderDetachClientComplete(HANDLE NmrBindingHandle) {
  nmr_wdk_registrar().complete(NmrBindingHandle, nmr::wdk::HandleKind::kProviderBinding,
                               "NmrProviderDetachClientComplete");
}
void NTAPI NmrWdkSetLooseDeregister(BOOLEAN Loose) { nmr_wdk_registrar().set_loose(Loose != 0); }

}  // extern "C"

// Not before: what is above gives the names, as they are without it, their meaning.
#include <nmr/wdk/rundown_verified.h>
