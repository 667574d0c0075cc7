#pragma once
/// Threads, processors and clocks.
#include <nmr/wdk/support/irql.h>

typedef struct _PROCESSOR_NUMBER {
  USHORT Group;
  UCHAR Number;
  UCHAR Reserved;
} PROCESSOR_NUMBER, *PPROCESSOR_NUMBER;
C_ASSERT(sizeof(PROCESSOR_NUMBER) == 4 && offsetof(PROCESSOR_NUMBER, Number) == 2);
#define ALL_PROCESSOR_GROUPS 0xffff

/// Numbers of a processor are hints here: a thread keeps one for its life, and others have the same. So what belongs to
/// a processor needs a lock, or interlocked operations, at DISPATCH_LEVEL too.
NMR_WDK_API ULONG KeGetCurrentProcessorNumberEx(_Out_opt_ PPROCESSOR_NUMBER ProcNumber);
#define KeGetCurrentProcessorNumber() KeGetCurrentProcessorNumberEx(0)
#define KeGetCurrentProcessorIndex() KeGetCurrentProcessorNumberEx(0)
/// There is one group.
NMR_WDK_API ULONG KeQueryMaximumProcessorCountEx(_In_ USHORT GroupNumber);
#define KeQueryActiveProcessorCountEx KeQueryMaximumProcessorCountEx

/// What a thread is known by while it runs.
typedef struct _KTHREAD* PKTHREAD;
typedef PKTHREAD PETHREAD;
NMR_WDK_API PKTHREAD KeGetCurrentThread(void);
#define PsGetCurrentThread() KeGetCurrentThread()

/// Calls it where it is, since stacks are large here.
typedef VOID EXPAND_STACK_CALLOUT(PVOID Parameter);
typedef EXPAND_STACK_CALLOUT* PEXPAND_STACK_CALLOUT;
#define MAXIMUM_EXPANSION_SIZE (73728 - 4096 / 2)
NMR_WDK_API NTSTATUS KeExpandKernelStackAndCalloutEx(_In_ PEXPAND_STACK_CALLOUT Callout,
                                                     _In_opt_ PVOID Parameter, _In_ SIZE_T Size,
                                                     _In_ BOOLEAN Wait, _In_opt_ PVOID Context);

/// A clock that never jumps, of 10 MHz; and the time since 1601, and since the start, in 100 ns.
NMR_WDK_API LARGE_INTEGER KeQueryPerformanceCounter(_Out_opt_ PLARGE_INTEGER PerformanceFrequency);
NMR_WDK_API VOID KeQuerySystemTime(_Out_ PLARGE_INTEGER CurrentTime);
#define KeQuerySystemTimePrecise KeQuerySystemTime
NMR_WDK_API ULONG64 KeQueryInterruptTime(void);
