#pragma once
/// Drivers, devices and work items: a routine that is queued at up to DISPATCH_LEVEL and runs at PASSIVE_LEVEL on a
/// thread of its own, so that routines may wait for each other.
///
/// As soon as a routine runs its item may be queued again, or freed. Reported as misuse: an item that is queued, to be
/// queued or freed; a routine that returns at a raised level. A test waits for all of them: see verifier.hpp.
#include <nmr/wdk/support/irql.h>

typedef struct _DRIVER_OBJECT DRIVER_OBJECT, *PDRIVER_OBJECT;
typedef struct _DEVICE_OBJECT DEVICE_OBJECT, *PDEVICE_OBJECT;

typedef NTSTATUS DRIVER_INITIALIZE(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath);
typedef VOID DRIVER_UNLOAD(PDRIVER_OBJECT DriverObject);
typedef DRIVER_INITIALIZE* PDRIVER_INITIALIZE;
typedef DRIVER_UNLOAD* PDRIVER_UNLOAD;

/// What a test hands to DriverEntry(), zeroed, and then unloads the driver by. Of their fields those that code without
/// requests uses.
struct _DRIVER_OBJECT {
  PDEVICE_OBJECT DeviceObject;
  PDRIVER_UNLOAD DriverUnload;
};
struct _DEVICE_OBJECT {
  PDRIVER_OBJECT DriverObject;
  PDEVICE_OBJECT NextDevice;
  PVOID DeviceExtension;
};

typedef struct _IO_WORKITEM IO_WORKITEM, *PIO_WORKITEM;
typedef VOID IO_WORKITEM_ROUTINE(PDEVICE_OBJECT DeviceObject, PVOID Context);
typedef IO_WORKITEM_ROUTINE* PIO_WORKITEM_ROUTINE;
typedef enum _WORK_QUEUE_TYPE { CriticalWorkQueue = 0, DelayedWorkQueue = 1 } WORK_QUEUE_TYPE;

/// Returns null where there is no memory, or no thread to be had. The device is the routine's first argument, and not
/// looked at.
NMR_WDK_API PIO_WORKITEM IoAllocateWorkItem(_In_ PDEVICE_OBJECT DeviceObject);
NMR_WDK_API VOID IoQueueWorkItem(_Inout_ PIO_WORKITEM IoWorkItem, _In_ PIO_WORKITEM_ROUTINE WorkerRoutine,
                                 _In_ WORK_QUEUE_TYPE QueueType, _In_opt_ PVOID Context);
NMR_WDK_API VOID IoFreeWorkItem(_In_ PIO_WORKITEM IoWorkItem);
