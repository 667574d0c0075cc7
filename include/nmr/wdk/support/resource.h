#pragma once
/// Resources: locks that are shared, or one thread's alone as often as that likes. At APC_LEVEL and below; who waits
/// sleeps. Reported as misuse: what the level forbids, one that is not initialised, deleted while it is held, or released
/// by a thread that does not hold it.
#include <nmr/wdk/support/irql.h>

typedef struct _ERESOURCE {
  struct _ERESOURCE* Itself;  // while it is initialised
  PVOID OwnerThread;
  LONG Recursion;  // of the owner
  LONG Shared;
} ERESOURCE, *PERESOURCE;

NMR_WDK_API NTSTATUS ExInitializeResourceLite(_Out_ PERESOURCE Resource);
NMR_WDK_API NTSTATUS ExDeleteResourceLite(_Inout_ PERESOURCE Resource);
/// Return FALSE if they do not have it, since they are not to wait. Its owner may share it, too.
NMR_WDK_API BOOLEAN ExAcquireResourceExclusiveLite(_Inout_ PERESOURCE Resource, _In_ BOOLEAN Wait);
NMR_WDK_API BOOLEAN ExAcquireResourceSharedLite(_Inout_ PERESOURCE Resource, _In_ BOOLEAN Wait);
NMR_WDK_API VOID ExReleaseResourceLite(_Inout_ PERESOURCE Resource);

NMR_WDK_API PVOID ExEnterCriticalRegionAndAcquireResourceExclusive(_Inout_ PERESOURCE Resource);
NMR_WDK_API PVOID ExEnterCriticalRegionAndAcquireResourceShared(_Inout_ PERESOURCE Resource);
NMR_WDK_API VOID ExReleaseResourceAndLeaveCriticalRegion(_Inout_ PERESOURCE Resource);
