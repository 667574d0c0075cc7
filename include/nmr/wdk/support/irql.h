#pragma once
/// The interrupt level, emulated: a number of each thread's that KeRaiseIrql() and spin locks raise and that functions
/// look at which must not be called above one. It keeps nobody off the processor: a thread at DISPATCH_LEVEL may be
/// moved, and others run beside it.
///
/// What is wrong is reported as misuse (nmr/platform/misuse.hpp), with the address that it was called from. If the
/// handler returns, the function has had no effect.
#include <nmr/wdk/ntdef.h>

#define PASSIVE_LEVEL 0
#define LOW_LEVEL 0
#define APC_LEVEL 1
#define DISPATCH_LEVEL 2
#define CLOCK_LEVEL 13
#define IPI_LEVEL 14
#define PROFILE_LEVEL 15
#define HIGH_LEVEL 15

/// Returns the level of the calling thread; PASSIVE_LEVEL at its start.
NMR_WDK_API KIRQL KeGetCurrentIrql(void);
NMR_WDK_API VOID KeRaiseIrql(_In_ KIRQL NewIrql, _Out_ PKIRQL OldIrql);
NMR_WDK_API KIRQL KeRaiseIrqlToDpcLevel(void);
NMR_WDK_API VOID KeLowerIrql(_In_ KIRQL NewIrql);

/// Between the two a thread is at APC_LEVEL at least for KeAreApcsDisabled(); they nest.
NMR_WDK_API VOID KeEnterCriticalRegion(void);
NMR_WDK_API VOID KeLeaveCriticalRegion(void);
NMR_WDK_API BOOLEAN KeAreApcsDisabled(void);

/// For functions that must not be called above a level: returns whether this thread is at that level or below it, and
/// reports it if not. `object` is the type and `address` the place of what the function is about.
NMR_WDK_API BOOLEAN nmr_wdk_irql_at_most(KIRQL level, const char* object, const char* function,
                                         const volatile void* address, const void* caller);

/// As above for functions that stand in line: they report where they are called. In a program that defines none of these
/// names there are no levels, and this is null.
NMR_WDK_API BOOLEAN nmr_wdk_in_line_at_most(KIRQL level, const char* object, const char* function,
                                            const volatile void* address) NMR_WDK_IF_DEFINED;

/// At the beginning of functions that may wait, or touch memory that may be paged out.
#define PAGED_CODE() ((void)nmr_wdk_irql_at_most(APC_LEVEL, "PAGED_CODE", __func__, 0, 0))
#define PAGED_CODE_LOCKED() ((void)0)
