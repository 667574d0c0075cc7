#pragma once
/* The interface between a tap, which keeps what it is shown, and whoever shows it. As driver code has such things. */
#include "../km/netioddk.h"
#include <guiddef.h>

EXTERN_C_START

#define TAP_VERSION_1 1

typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL)
    NTSTATUS(NTAPI TAP_ACKNOWLEDGE_FN)(_In_ PVOID ProviderBindingContext,
                                       _In_reads_bytes_(Length) const UCHAR* Data, _In_ SIZE_T Length);
typedef _IRQL_requires_max_(DISPATCH_LEVEL)
    NTSTATUS(NTAPI TAP_INDICATE_FN)(_In_ PVOID ClientBindingContext,
                                    _In_reads_bytes_(Length) const UCHAR* Data, _In_ SIZE_T Length);

typedef struct _TAP_PROVIDER_DISPATCH {
  USHORT Version;
  TAP_ACKNOWLEDGE_FN* Acknowledge;
} TAP_PROVIDER_DISPATCH;
typedef struct _TAP_CLIENT_DISPATCH {
  USHORT Version;
  TAP_INDICATE_FN* Indicate;
} TAP_CLIENT_DISPATCH;

/* {5C1F3D52-7A0E-4E0B-9E33-0D9A5B1C7E61} */
static const NPIID NPI_TAP_ID = {
    0x5c1f3d52, 0x7a0e, 0x4e0b, {0x9e, 0x33, 0x0d, 0x9a, 0x5b, 0x1c, 0x7e, 0x61}};

DRIVER_INITIALIZE DriverEntry;

EXTERN_C_END
