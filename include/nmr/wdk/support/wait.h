#pragma once
/// What a thread waits for: events and mutexes; timers are in timers.h. None has to be destroyed; one may be freed as soon as nobody
/// waits for it, so by the thread whose wait has returned.
///
/// Reported as misuse: to wait above APC_LEVEL, but with a timeout of zero at DISPATCH_LEVEL; an object that was not
/// initialised, or was moved since; to release a mutex that another thread owns. A wait that is refused returns
/// STATUS_UNSUCCESSFUL, if the handler returns.
#include <nmr/wdk/support/irql.h>

typedef struct _DISPATCHER_HEADER {
  UCHAR Type;
  UCHAR Reserved[3];
  LONG SignalState;
  LIST_ENTRY WaitListHead;  // points at itself once it is initialised
} DISPATCHER_HEADER;

typedef struct _KEVENT {
  DISPATCHER_HEADER Header;
} KEVENT, *PKEVENT, *PRKEVENT;
typedef struct _KMUTANT {
  DISPATCHER_HEADER Header;
  PVOID OwnerThread;
} KMUTANT, KMUTEX, *PKMUTEX, *PRKMUTEX;
C_ASSERT(sizeof(KEVENT) == 8 + 2 * sizeof(void*) && offsetof(KEVENT, Header.SignalState) == 4);

typedef enum _EVENT_TYPE { NotificationEvent = 0, SynchronizationEvent = 1 } EVENT_TYPE;
typedef enum _KWAIT_REASON { Executive = 0, UserRequest = 6 } KWAIT_REASON;
#define IO_NO_INCREMENT 0  // to the priority of those that it lets through
typedef enum _MODE { KernelMode = 0, UserMode = 1 } MODE;

/// A notification event lets all through until it is cleared, a synchronization event one for each time it is set.
NMR_WDK_API VOID KeInitializeEvent(_Out_ PRKEVENT Event, _In_ EVENT_TYPE Type, _In_ BOOLEAN State);
/// Returns what the state was, 0 if it was not set.
NMR_WDK_API LONG KeSetEvent(_Inout_ PRKEVENT Event, _In_ KPRIORITY Increment, _In_ BOOLEAN Wait);
NMR_WDK_API LONG KeResetEvent(_Inout_ PRKEVENT Event);
NMR_WDK_API VOID KeClearEvent(_Inout_ PRKEVENT Event);
NMR_WDK_API LONG KeReadStateEvent(_In_ PRKEVENT Event);

/// A thread may own one several times. Returns 0 if it owns it no more.
NMR_WDK_API VOID KeInitializeMutex(_Out_ PRKMUTEX Mutex, _In_ ULONG Level);
NMR_WDK_API LONG KeReleaseMutex(_Inout_ PRKMUTEX Mutex, _In_ BOOLEAN Wait);

/// Timeouts count 100 ns: those below zero from now, others since the year 1601; a clock that is set does not move a
/// wait that has begun. Null waits for ever. Nothing is delivered to a thread that waits alertably.
///
/// Returns       STATUS_SUCCESS, or STATUS_TIMEOUT: then the object is as it was.
NMR_WDK_API NTSTATUS KeWaitForSingleObject(_In_ PVOID Object, _In_ KWAIT_REASON WaitReason,
                                           _In_ KPROCESSOR_MODE WaitMode, _In_ BOOLEAN Alertable,
                                           _In_opt_ PLARGE_INTEGER Timeout);
#define KeWaitForMutexObject KeWaitForSingleObject
NMR_WDK_API NTSTATUS KeDelayExecutionThread(_In_ KPROCESSOR_MODE WaitMode, _In_ BOOLEAN Alertable,
                                            _In_ PLARGE_INTEGER Interval);
