#pragma once
/// Spin locks and push locks. Zeroed memory is one that is free; none has to be destroyed.
///
/// Who waits for a spin lock spins, then yields, then sleeps for moments: its holder may not be running. To acquire one
/// raises the level to DISPATCH_LEVEL, to release it restores it. Reported as misuse: to acquire a KSPIN_LOCK that the
/// thread holds already, to release what is not held, and what the level forbids.
#include <nmr/wdk/support/irql.h>

typedef ULONG_PTR KSPIN_LOCK, *PKSPIN_LOCK;
typedef LONG EX_SPIN_LOCK, *PEX_SPIN_LOCK;
typedef ULONG_PTR EX_PUSH_LOCK, *PEX_PUSH_LOCK;

NMR_WDK_API VOID KeInitializeSpinLock(_Out_ PKSPIN_LOCK SpinLock);
NMR_WDK_API VOID KeAcquireSpinLock(_Inout_ PKSPIN_LOCK SpinLock, _Out_ PKIRQL OldIrql);
NMR_WDK_API KIRQL KeAcquireSpinLockRaiseToDpc(_Inout_ PKSPIN_LOCK SpinLock);
NMR_WDK_API VOID KeReleaseSpinLock(_Inout_ PKSPIN_LOCK SpinLock, _In_ KIRQL NewIrql);
/// The level is not changed by these: it is DISPATCH_LEVEL already.
NMR_WDK_API VOID KeAcquireSpinLockAtDpcLevel(_Inout_ PKSPIN_LOCK SpinLock);
NMR_WDK_API BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(_Inout_ PKSPIN_LOCK SpinLock);
NMR_WDK_API VOID KeReleaseSpinLockFromDpcLevel(_Inout_ PKSPIN_LOCK SpinLock);

/// Who waits to have it alone goes before those who come to share it.
NMR_WDK_API KIRQL ExAcquireSpinLockShared(_Inout_ PEX_SPIN_LOCK SpinLock);
NMR_WDK_API VOID ExReleaseSpinLockShared(_Inout_ PEX_SPIN_LOCK SpinLock, _In_ KIRQL OldIrql);
NMR_WDK_API KIRQL ExAcquireSpinLockExclusive(_Inout_ PEX_SPIN_LOCK SpinLock);
NMR_WDK_API VOID ExReleaseSpinLockExclusive(_Inout_ PEX_SPIN_LOCK SpinLock, _In_ KIRQL OldIrql);
NMR_WDK_API VOID ExAcquireSpinLockSharedAtDpcLevel(_Inout_ PEX_SPIN_LOCK SpinLock);
NMR_WDK_API VOID ExReleaseSpinLockSharedFromDpcLevel(_Inout_ PEX_SPIN_LOCK SpinLock);
NMR_WDK_API VOID ExAcquireSpinLockExclusiveAtDpcLevel(_Inout_ PEX_SPIN_LOCK SpinLock);
NMR_WDK_API VOID ExReleaseSpinLockExclusiveFromDpcLevel(_Inout_ PEX_SPIN_LOCK SpinLock);

/// Push locks are for APC_LEVEL and below: who waits for one sleeps.
NMR_WDK_API VOID ExInitializePushLock(_Out_ PEX_PUSH_LOCK PushLock);
NMR_WDK_API VOID ExAcquirePushLockExclusive(_Inout_ PEX_PUSH_LOCK PushLock);
NMR_WDK_API VOID ExReleasePushLockExclusive(_Inout_ PEX_PUSH_LOCK PushLock);
NMR_WDK_API VOID ExAcquirePushLockShared(_Inout_ PEX_PUSH_LOCK PushLock);
NMR_WDK_API VOID ExReleasePushLockShared(_Inout_ PEX_PUSH_LOCK PushLock);
