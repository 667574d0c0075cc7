#pragma once
/// Of Winsock Kernel what its modules register with: who they are, and what the two sides hand each other. No sockets:
/// tables of functions are only as long as their heads, so that a test's own provider derives from them what it needs.
#include <nmr/wdk/netiodef.h>
#include <nmr/wdk/wdm.h>

/// A constant as those of netiodef.h.
NMR_WDK_CONSTANT(NPIID, NPI_WSK_INTERFACE_ID);

#define MAKE_WSK_VERSION(major, minor) ((USHORT)(((major) << 8) | ((minor) & 0xff)))
#define WSK_MAJOR_VERSION(version) ((UCHAR)(((version) >> 8) & 0xff))
#define WSK_MINOR_VERSION(version) ((UCHAR)((version) & 0xff))
#define WSK_NO_WAIT 0u
#define WSK_INFINITE_WAIT 0xffffffffu

typedef struct _WSK_CLIENT WSK_CLIENT, *PWSK_CLIENT;

typedef NTSTATUS WSK_CLIENT_EVENT_FN(PVOID ClientContext, ULONG EventType, PVOID Information,
                                     SIZE_T InformationLength);
typedef WSK_CLIENT_EVENT_FN* PFN_WSK_CLIENT_EVENT;

typedef struct _WSK_CLIENT_DISPATCH {
  USHORT Version;
  USHORT Reserved;
  PFN_WSK_CLIENT_EVENT WskClientEvent;
} WSK_CLIENT_DISPATCH, *PWSK_CLIENT_DISPATCH;
typedef struct _WSK_CLIENT_NPI {
  PVOID ClientContext;
  const WSK_CLIENT_DISPATCH* Dispatch;
} WSK_CLIENT_NPI, *PWSK_CLIENT_NPI;

typedef struct _WSK_PROVIDER_DISPATCH {
  USHORT Version;
  USHORT Reserved;
} WSK_PROVIDER_DISPATCH, *PWSK_PROVIDER_DISPATCH;
typedef struct _WSK_PROVIDER_NPI {
  PWSK_CLIENT Client;
  const WSK_PROVIDER_DISPATCH* Dispatch;
} WSK_PROVIDER_NPI, *PWSK_PROVIDER_NPI;

typedef struct _WSK_PROVIDER_CHARACTERISTICS {
  USHORT HighestVersion;
  USHORT LowestVersion;
} WSK_PROVIDER_CHARACTERISTICS, *PWSK_PROVIDER_CHARACTERISTICS;
typedef struct _WSK_REGISTRATION {
  ULONGLONG ReservedRegistrationState;
  PVOID ReservedRegistrationContext;
  KSPIN_LOCK ReservedRegistrationLock;
} WSK_REGISTRATION, *PWSK_REGISTRATION;

C_ASSERT(sizeof(WSK_CLIENT_DISPATCH) == 2 * sizeof(void*) &&
         offsetof(WSK_CLIENT_DISPATCH, WskClientEvent) == sizeof(void*));
C_ASSERT(sizeof(WSK_CLIENT_NPI) == 2 * sizeof(void*) && sizeof(WSK_PROVIDER_NPI) == 2 * sizeof(void*));
C_ASSERT(sizeof(WSK_PROVIDER_CHARACTERISTICS) == 4 && sizeof(WSK_REGISTRATION) == 8 + 2 * sizeof(void*));

#if defined(NMR_WDK_IMPLEMENTATION)
const NPIID NPI_WSK_INTERFACE_ID = {
    0x2227e803, 0x8d8b, 0x11d4, {0xab, 0xad, 0x00, 0x90, 0x27, 0x71, 0x9e, 0x09}};
#endif
