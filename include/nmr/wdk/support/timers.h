#pragma once
/// Timers, that can be waited for as in wait.h and may queue a routine each time; and such routines (DPC) by themselves.
/// One thread runs all of them, one after the other: at DISPATCH_LEVEL, those of a threaded DPC at PASSIVE_LEVEL. So none
/// may wait for another.
///
/// A timer may be freed when it was cancelled, or when a wait for it has returned and it is not periodic. Its routine may
/// run still, or be about to, until KeFlushQueuedDpcs() has returned.
#include <nmr/wdk/support/wait.h>

struct _KDPC;
typedef VOID KDEFERRED_ROUTINE(struct _KDPC* Dpc, PVOID DeferredContext, PVOID SystemArgument1,
                               PVOID SystemArgument2);
typedef KDEFERRED_ROUTINE* PKDEFERRED_ROUTINE;

typedef struct _KDPC {
  LIST_ENTRY DpcListEntry;  // null where it is not queued
  PKDEFERRED_ROUTINE DeferredRoutine;
  PVOID DeferredContext;
  PVOID SystemArgument1;
  PVOID SystemArgument2;
  BOOLEAN Threaded;
} KDPC, *PKDPC, *PRKDPC;

typedef struct _KTIMER {
  DISPATCHER_HEADER Header;
  LIST_ENTRY TimerListEntry;  // null where it is not set
  LONGLONG DueTime;
  PKDPC Dpc;
  LONG Period;
} KTIMER, *PKTIMER, *PRKTIMER;
typedef enum _TIMER_TYPE { NotificationTimer = 0, SynchronizationTimer = 1 } TIMER_TYPE;

NMR_WDK_API VOID KeInitializeDpc(_Out_ PRKDPC Dpc, _In_ PKDEFERRED_ROUTINE DeferredRoutine,
                                 _In_opt_ PVOID DeferredContext);
NMR_WDK_API VOID KeInitializeThreadedDpc(_Out_ PRKDPC Dpc, _In_ PKDEFERRED_ROUTINE DeferredRoutine,
                                         _In_opt_ PVOID DeferredContext);
/// Returns whether it was not queued before.
NMR_WDK_API BOOLEAN KeInsertQueueDpc(_Inout_ PRKDPC Dpc, _In_opt_ PVOID SystemArgument1,
                                     _In_opt_ PVOID SystemArgument2);
/// Returns whether it was queued, and now is not.
NMR_WDK_API BOOLEAN KeRemoveQueueDpc(_Inout_ PRKDPC Dpc);
/// Waits until no routine is queued or runs. At PASSIVE_LEVEL.
NMR_WDK_API VOID KeFlushQueuedDpcs(void);

NMR_WDK_API VOID KeInitializeTimer(_Out_ PKTIMER Timer);
NMR_WDK_API VOID KeInitializeTimerEx(_Out_ PKTIMER Timer, _In_ TIMER_TYPE Type);
/// Sets it anew, also where it was set. Due times are as timeouts in wait.h, periods milliseconds. Returns whether it was
/// set before, and had not come.
NMR_WDK_API BOOLEAN KeSetTimer(_Inout_ PKTIMER Timer, _In_ LARGE_INTEGER DueTime, _In_opt_ PKDPC Dpc);
NMR_WDK_API BOOLEAN KeSetTimerEx(_Inout_ PKTIMER Timer, _In_ LARGE_INTEGER DueTime, _In_ LONG Period,
                                 _In_opt_ PKDPC Dpc);
/// Returns whether it was set, and now is not.
NMR_WDK_API BOOLEAN KeCancelTimer(_Inout_ PKTIMER Timer);
NMR_WDK_API BOOLEAN KeReadStateTimer(_In_ PKTIMER Timer);
