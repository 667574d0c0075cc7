#pragma once
/* The Network Module Registrar by its Windows names, in user mode: code that includes <netioddk.h>, or
 * <km/netioddk.h>, or gets it through <wsk.h>, compiles as it is.
 *
 *   how to build     -I include -I include/nmr/wdk; C11 or C++20, any system that the library knows
 *   one definition   one C++ file of the program defines NMR_WDK_IMPLEMENTATION before it includes this. A plug-in has
 *                    none, and links to its host's: there is one registrar for all.
 *   what it does     what Microsoft documents, over the same engine as nmr::NmrRegistry. A callback that throws is
 *                    contained and reported. Modules that are still registered when the process ends are no error.
 *   handles          are names. One that is null, closed, made up or of another kind is never followed: it is reported
 *                    through NMR_MISUSE_HANDLER (nmr/platform/misuse.hpp), with the kind that was wanted and the kind
 *                    that came. If the handler returns, so does the function, with STATUS_INVALID_PARAMETER.
 *   to wait          for oneself, in a callback of one's own binding, is reported and gives STATUS_POSSIBLE_DEADLOCK.
 *   other habits     Deregister gives STATUS_PENDING once it has started, and then wants its Wait. Some emulations give
 *                    STATUS_SUCCESS where nothing is outstanding, and no Wait: NmrWdkSetLooseDeregister(TRUE), or
 *                    NMR_WDK_LOOSE_DEREGISTER defined beside NMR_WDK_IMPLEMENTATION.
 *
 * A driver's module is tested so: examples/driver_test.cpp. */
#include <stddef.h>

#include <nmr/wdk/ntdef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who somebody is. */

typedef GUID NPIID;
typedef const NPIID* PNPIID;

typedef enum _NPI_MODULEID_TYPE { MIT_GUID = 1, MIT_IF_LUID = 2 } NPI_MODULEID_TYPE;

typedef struct _NPI_MODULEID {
  USHORT Length;
  NPI_MODULEID_TYPE Type; /* says which of the two it is */
  union {
    GUID Guid;
    LUID IfLuid;
  };
} NPI_MODULEID;
typedef const NPI_MODULEID* PNPI_MODULEID;

typedef struct _NPI_REGISTRATION_INSTANCE {
  USHORT Version; /* not looked at here: real modules have their NPI's in it */
  USHORT Size;
  PNPIID NpiId; /* the one thing that decides who is offered to whom */
  PNPI_MODULEID ModuleId;
  ULONG Number;
  const void* NpiSpecificCharacteristics; /* for the other side's eyes; may be null */
} NPI_REGISTRATION_INSTANCE;
typedef const NPI_REGISTRATION_INSTANCE* PNPI_REGISTRATION_INSTANCE;

/* What the registrar calls. */

typedef NTSTATUS(NTAPI NPI_CLIENT_ATTACH_PROVIDER_FN)(
    HANDLE NmrBindingHandle, PVOID ClientContext, PNPI_REGISTRATION_INSTANCE ProviderRegistrationInstance);
typedef NTSTATUS(NTAPI NPI_CLIENT_DETACH_PROVIDER_FN)(PVOID ClientBindingContext);
typedef void(NTAPI NPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN)(PVOID ClientBindingContext);

typedef NTSTATUS(NTAPI NPI_PROVIDER_ATTACH_CLIENT_FN)(HANDLE NmrBindingHandle, PVOID ProviderContext,
                                                      PNPI_REGISTRATION_INSTANCE ClientRegistrationInstance,
                                                      PVOID ClientBindingContext, const void* ClientDispatch,
                                                      PVOID* ProviderBindingContext,
                                                      const void** ProviderDispatch);
typedef NTSTATUS(NTAPI NPI_PROVIDER_DETACH_CLIENT_FN)(PVOID ProviderBindingContext);
typedef void(NTAPI NPI_PROVIDER_CLEANUP_BINDING_CONTEXT_FN)(PVOID ProviderBindingContext);

typedef NPI_CLIENT_ATTACH_PROVIDER_FN* PNPI_CLIENT_ATTACH_PROVIDER_FN;
typedef NPI_CLIENT_DETACH_PROVIDER_FN* PNPI_CLIENT_DETACH_PROVIDER_FN;
typedef NPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN* PNPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN;
typedef NPI_PROVIDER_ATTACH_CLIENT_FN* PNPI_PROVIDER_ATTACH_CLIENT_FN;
typedef NPI_PROVIDER_DETACH_CLIENT_FN* PNPI_PROVIDER_DETACH_CLIENT_FN;
typedef NPI_PROVIDER_CLEANUP_BINDING_CONTEXT_FN* PNPI_PROVIDER_CLEANUP_BINDING_CONTEXT_FN;

/* What a module registers with. It stays as it is until the Wait for its deregistration has returned. */

typedef struct _NPI_CLIENT_CHARACTERISTICS {
  USHORT Version; /* 0 */
  USHORT Length;
  PNPI_CLIENT_ATTACH_PROVIDER_FN ClientAttachProvider;
  PNPI_CLIENT_DETACH_PROVIDER_FN ClientDetachProvider;
  PNPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN ClientCleanupBindingContext; /* may be null */
  NPI_REGISTRATION_INSTANCE ClientRegistrationInstance;
} NPI_CLIENT_CHARACTERISTICS;
typedef const NPI_CLIENT_CHARACTERISTICS* PNPI_CLIENT_CHARACTERISTICS;

typedef struct _NPI_PROVIDER_CHARACTERISTICS {
  USHORT Version; /* 0 */
  USHORT Length;
  PNPI_PROVIDER_ATTACH_CLIENT_FN ProviderAttachClient;
  PNPI_PROVIDER_DETACH_CLIENT_FN ProviderDetachClient;
  PNPI_PROVIDER_CLEANUP_BINDING_CONTEXT_FN ProviderCleanupBindingContext; /* may be null */
  NPI_REGISTRATION_INSTANCE ProviderRegistrationInstance;
} NPI_PROVIDER_CHARACTERISTICS;
typedef const NPI_PROVIDER_CHARACTERISTICS* PNPI_PROVIDER_CHARACTERISTICS;

/* To register offers the module to all that are there, before it returns: be ready to be called first. */

NMR_WDK_API NTSTATUS NTAPI NmrRegisterClient(PNPI_CLIENT_CHARACTERISTICS ClientCharacteristics,
                                             PVOID ClientContext, PHANDLE NmrClientHandle);
NMR_WDK_API NTSTATUS NTAPI NmrRegisterProvider(PNPI_PROVIDER_CHARACTERISTICS ProviderCharacteristics,
                                               PVOID ProviderContext, PHANDLE NmrProviderHandle);

/* To leave: STATUS_PENDING says that it has begun, and never waits for anybody. Wait closes the handle. When it has
 * returned STATUS_SUCCESS nothing of the module runs any more, and it may be unloaded. */

NMR_WDK_API NTSTATUS NTAPI NmrDeregisterClient(HANDLE NmrClientHandle);
NMR_WDK_API NTSTATUS NTAPI NmrDeregisterProvider(HANDLE NmrProviderHandle);
NMR_WDK_API NTSTATUS NTAPI NmrWaitForClientDeregisterComplete(HANDLE NmrClientHandle);
NMR_WDK_API NTSTATUS NTAPI NmrWaitForProviderDeregisterComplete(HANDLE NmrProviderHandle);

/* In ClientAttachProvider: asks the provider, and returns what it says. */

NMR_WDK_API NTSTATUS NTAPI NmrClientAttachProvider(HANDLE NmrBindingHandle, PVOID ClientBindingContext,
                                                   const void* ClientDispatch, PVOID* ProviderBindingContext,
                                                   const void** ProviderDispatch);

/* What STATUS_PENDING of a detach callback owes, once; from there or earlier. Cleanup callbacks may run in it. */

NMR_WDK_API void NTAPI NmrClientDetachProviderComplete(HANDLE NmrBindingHandle);
NMR_WDK_API void NTAPI NmrProviderDetachClientComplete(HANDLE NmrBindingHandle);

/* Not of Windows: whether Deregister returns STATUS_SUCCESS, and closes the handle, where it has ended already. */
NMR_WDK_API void NTAPI NmrWdkSetLooseDeregister(BOOLEAN Loose);

/* Two module identifiers are equal if they are of one kind and name the same. */
NMR_WDK_IN_LINE BOOLEAN NmrIsEqualNpiModuleId(PNPI_MODULEID ModuleId1, PNPI_MODULEID ModuleId2) {
  const unsigned char* one = (const unsigned char*)&ModuleId1->Guid;
  const unsigned char* other = (const unsigned char*)&ModuleId2->Guid;
  size_t left = 0;
  if (ModuleId1->Type != ModuleId2->Type) return 0;
  if (ModuleId1->Type == MIT_GUID) left = sizeof(GUID);
  if (ModuleId1->Type == MIT_IF_LUID) left = sizeof(LUID);
  if (left == 0) return 0;
  while (left != 0 && *one == *other) {
    --left;
    ++one;
    ++other;
  }
  return left == 0;
}

#ifdef __cplusplus
}
#endif

/* Where things lie, as Microsoft documents it, with pointers of 32 bits and of 64. */
C_ASSERT(sizeof(NTSTATUS) == 4 && sizeof(ULONG) == 4 && sizeof(GUID) == 16 && sizeof(NPIID) == 16);
C_ASSERT(MIT_GUID == 1 && MIT_IF_LUID == 2 && sizeof(NPI_MODULEID_TYPE) == 4);
C_ASSERT(offsetof(NPI_MODULEID, Length) == 0 && offsetof(NPI_MODULEID, Type) == 4);
C_ASSERT(offsetof(NPI_MODULEID, Guid) == 8 && offsetof(NPI_MODULEID, IfLuid) == 8);
C_ASSERT(sizeof(NPI_MODULEID) == 24);
C_ASSERT(offsetof(NPI_REGISTRATION_INSTANCE, Version) == 0 && offsetof(NPI_REGISTRATION_INSTANCE, Size) == 2);
C_ASSERT(offsetof(NPI_REGISTRATION_INSTANCE, NpiId) == sizeof(void*));
C_ASSERT(offsetof(NPI_REGISTRATION_INSTANCE, ModuleId) == 2 * sizeof(void*));
C_ASSERT(offsetof(NPI_REGISTRATION_INSTANCE, Number) == 3 * sizeof(void*));
C_ASSERT(offsetof(NPI_REGISTRATION_INSTANCE, NpiSpecificCharacteristics) == 4 * sizeof(void*));
C_ASSERT(sizeof(NPI_REGISTRATION_INSTANCE) == 5 * sizeof(void*));
C_ASSERT(offsetof(NPI_CLIENT_CHARACTERISTICS, Version) == 0 &&
         offsetof(NPI_CLIENT_CHARACTERISTICS, Length) == 2);
C_ASSERT(offsetof(NPI_CLIENT_CHARACTERISTICS, ClientAttachProvider) == sizeof(void*));
C_ASSERT(offsetof(NPI_CLIENT_CHARACTERISTICS, ClientDetachProvider) == 2 * sizeof(void*));
C_ASSERT(offsetof(NPI_CLIENT_CHARACTERISTICS, ClientCleanupBindingContext) == 3 * sizeof(void*));
C_ASSERT(offsetof(NPI_CLIENT_CHARACTERISTICS, ClientRegistrationInstance) == 4 * sizeof(void*));
C_ASSERT(sizeof(NPI_CLIENT_CHARACTERISTICS) == 9 * sizeof(void*));
C_ASSERT(offsetof(NPI_PROVIDER_CHARACTERISTICS, Version) == 0);
C_ASSERT(offsetof(NPI_PROVIDER_CHARACTERISTICS, Length) == 2);
C_ASSERT(offsetof(NPI_PROVIDER_CHARACTERISTICS, ProviderAttachClient) == sizeof(void*));
C_ASSERT(offsetof(NPI_PROVIDER_CHARACTERISTICS, ProviderDetachClient) == 2 * sizeof(void*));
C_ASSERT(offsetof(NPI_PROVIDER_CHARACTERISTICS, ProviderCleanupBindingContext) == 3 * sizeof(void*));
C_ASSERT(offsetof(NPI_PROVIDER_CHARACTERISTICS, ProviderRegistrationInstance) == 4 * sizeof(void*));
C_ASSERT(sizeof(NPI_PROVIDER_CHARACTERISTICS) == 9 * sizeof(void*));

#if defined(NMR_WDK_LOOSE_DEREGISTER)
#define NMR_WDK_BEGINS_LOOSE true
#else
#define NMR_WDK_BEGINS_LOOSE false
#endif
#include <nmr/wdk/rundown.h>

#if defined(NMR_WDK_IMPLEMENTATION) && defined(__cplusplus)
#include <nmr/wdk/implementation.hpp>
#endif
