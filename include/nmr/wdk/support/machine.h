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
/// There is one group, whose processors are numbered as all are, from zero.
NMR_WDK_API ULONG KeQueryMaximumProcessorCountEx(_In_ USHORT GroupNumber);
#define KeQueryActiveProcessorCountEx KeQueryMaximumProcessorCountEx
NMR_WDK_IN_LINE ULONG KeQueryMaximumProcessorCount(void) { return KeQueryMaximumProcessorCountEx(0); }
/// A bit for each of them.
NMR_WDK_IN_LINE ULONG KeQueryActiveProcessorCount(_Out_opt_ PKAFFINITY ActiveProcessors) {
  const ULONG count = KeQueryMaximumProcessorCountEx(0);
  const KAFFINITY all = ~(KAFFINITY)0;
  if (ActiveProcessors != 0) *ActiveProcessors = count < 8 * sizeof(all) ? ~(all << count) : all;
  return count;
}
NMR_WDK_IN_LINE NTSTATUS KeGetProcessorNumberFromIndex(_In_ ULONG ProcIndex,
                                                       _Out_ PPROCESSOR_NUMBER ProcNumber) {
  if (ProcIndex >= KeQueryMaximumProcessorCountEx(0)) return STATUS_INVALID_PARAMETER;
  ProcNumber->Group = 0;
  ProcNumber->Number = (UCHAR)ProcIndex;
  ProcNumber->Reserved = 0;
  return STATUS_SUCCESS;
}
/// Returns INVALID_PROCESSOR_INDEX for what is no processor.
#define INVALID_PROCESSOR_INDEX 0xffffffffu
NMR_WDK_IN_LINE ULONG KeGetProcessorIndexFromNumber(_In_ PPROCESSOR_NUMBER ProcNumber) {
  if (ProcNumber->Number >= KeQueryMaximumProcessorCountEx(ProcNumber->Group)) return INVALID_PROCESSOR_INDEX;
  return ProcNumber->Number;
}

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

/// One that nobody else has: of random numbers (version 4). STATUS_RETRY where the system has none to give.
typedef GUID UUID;
NMR_WDK_API NTSTATUS ExUuidCreate(_Out_ UUID* Uuid);
