/*
 * A driver as they are written for the kernel: it attaches to whoever provides the tap interface, keeps what it is
 * shown in a list, and acknowledges it from a work item. Nothing in this file knows where it runs.
 */
#include <ntifs.h>
#include <ntintsafe.h>
#include <wsk.h>

#include "tap.h"

#define TAP_POOLTAG_BINDING 'BpaT'
#define TAP_POOLTAG_RECORD 'RpaT'

typedef struct _TAP_RECORD {
  LIST_ENTRY Link;
  SIZE_T Length;
  _Field_size_bytes_(Length) UCHAR Data[1];
} TAP_RECORD, *PTAP_RECORD;

typedef struct _TAP_BINDING {
  HANDLE NmrBindingHandle;
  PVOID ProviderContext;
  const TAP_PROVIDER_DISPATCH* ProviderDispatch;
  EX_RUNDOWN_REF Rundown;
  KSPIN_LOCK Lock;
  _Guarded_by_(Lock) LIST_ENTRY Records;
  PIO_WORKITEM DrainWorkItem;
  PIO_WORKITEM DetachWorkItem;
  _Interlocked_ LONG Draining;
} TAP_BINDING, *PTAP_BINDING;

typedef struct _TAP_GLOBALS {
  HANDLE NmrClientHandle;
  PDEVICE_OBJECT DeviceObject;
  EX_PUSH_LOCK Lock;
  _Guarded_by_(Lock) ULONG Bindings;
  KEVENT NoBindings;
} TAP_GLOBALS;

static TAP_GLOBALS Globals;

static const NPI_MODULEID TapModuleId = {
    sizeof(NPI_MODULEID), MIT_GUID, {{0x0f6e8d1c, 0x3b57, 0x4a4e, {0x8d, 0x24, 0x11, 0x7e, 0x5c, 0x60, 0x93, 0xaa}}}};

static NPI_CLIENT_ATTACH_PROVIDER_FN TapAttachProvider;
static NPI_CLIENT_DETACH_PROVIDER_FN TapDetachProvider;
static NPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN TapCleanupBinding;
static TAP_INDICATE_FN TapIndicate;
static IO_WORKITEM_ROUTINE TapDrainWorker;
static IO_WORKITEM_ROUTINE TapDetachWorker;
static DRIVER_UNLOAD TapUnload;

static const TAP_CLIENT_DISPATCH TapDispatch = {TAP_VERSION_1, TapIndicate};

static const NPI_CLIENT_CHARACTERISTICS TapCharacteristics = {
    0,
    sizeof(NPI_CLIENT_CHARACTERISTICS),
    TapAttachProvider,
    TapDetachProvider,
    TapCleanupBinding,
    {0, sizeof(NPI_REGISTRATION_INSTANCE), &NPI_TAP_ID, &TapModuleId, 0, NULL},
};

_IRQL_requires_(PASSIVE_LEVEL) static VOID TapFreeBinding(_In_ __drv_freesMem(Mem) _Post_invalid_ PTAP_BINDING Binding) {
  PAGED_CODE();
  if (Binding->DrainWorkItem != NULL) {
    IoFreeWorkItem(Binding->DrainWorkItem);
  }
  if (Binding->DetachWorkItem != NULL) {
    IoFreeWorkItem(Binding->DetachWorkItem);
  }
  ExFreePoolWithTag(Binding, TAP_POOLTAG_BINDING);
}

_Must_inspect_result_ _Success_(return == STATUS_SUCCESS) static NTSTATUS
TapCreateBinding(_In_ HANDLE NmrBindingHandle, _Outptr_result_maybenull_ PTAP_BINDING* NewBinding) {
  PTAP_BINDING binding;

  *NewBinding = NULL;
  binding = (PTAP_BINDING)ExAllocatePoolZero(NonPagedPoolNx, sizeof(*binding), TAP_POOLTAG_BINDING);
  if (binding == NULL) {
    return STATUS_NO_MEMORY;
  }
  binding->NmrBindingHandle = NmrBindingHandle;
  ExInitializeRundownProtection(&binding->Rundown);
  KeInitializeSpinLock(&binding->Lock);
  InitializeListHead(&binding->Records);
  binding->DrainWorkItem = IoAllocateWorkItem(Globals.DeviceObject);
  binding->DetachWorkItem = IoAllocateWorkItem(Globals.DeviceObject);
  if (binding->DrainWorkItem == NULL || binding->DetachWorkItem == NULL) {
    TapFreeBinding(binding);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  *NewBinding = binding;
  return STATUS_SUCCESS;
}

_IRQL_requires_max_(APC_LEVEL) static VOID TapCountBinding(_In_range_(-1, 1) LONG Change) {
  KeEnterCriticalRegion();
  ExAcquirePushLockExclusive(&Globals.Lock);
  Globals.Bindings += (ULONG)Change;
  if (Globals.Bindings == 0) {
    KeSetEvent(&Globals.NoBindings, 0, FALSE);
  } else {
    KeClearEvent(&Globals.NoBindings);
  }
  ExReleasePushLockExclusive(&Globals.Lock);
  KeLeaveCriticalRegion();
}

_Use_decl_annotations_ static NTSTATUS NTAPI
TapAttachProvider(HANDLE NmrBindingHandle, PVOID ClientContext,
                  PNPI_REGISTRATION_INSTANCE ProviderRegistrationInstance) {
  NTSTATUS status;
  PTAP_BINDING binding;
  PVOID providerContext;
  const VOID* providerDispatch;

  UNREFERENCED_PARAMETER(ClientContext);
  if (ProviderRegistrationInstance->ModuleId->Type != MIT_GUID) {
    return STATUS_NOINTERFACE;
  }
  status = TapCreateBinding(NmrBindingHandle, &binding);
  if (!NT_SUCCESS(status)) {
    return status;
  }
  status = NmrClientAttachProvider(NmrBindingHandle, binding, &TapDispatch, &providerContext, &providerDispatch);
  if (status != STATUS_SUCCESS) {
    TapFreeBinding(binding);
    return status;
  }
  binding->ProviderContext = providerContext;
  binding->ProviderDispatch = (const TAP_PROVIDER_DISPATCH*)providerDispatch;
  TapCountBinding(1);
  return STATUS_SUCCESS;
}

_Use_decl_annotations_ static NTSTATUS NTAPI TapDetachProvider(PVOID ClientBindingContext) {
  PTAP_BINDING binding = (PTAP_BINDING)ClientBindingContext;

  IoQueueWorkItem(binding->DetachWorkItem, TapDetachWorker, DelayedWorkQueue, binding);
  return STATUS_PENDING;
}

_Use_decl_annotations_ static VOID NTAPI TapCleanupBinding(PVOID ClientBindingContext) {
  TapFreeBinding((PTAP_BINDING)ClientBindingContext);
  TapCountBinding(-1);
}

_Use_decl_annotations_ static NTSTATUS NTAPI TapIndicate(PVOID ClientBindingContext, const UCHAR* Data, SIZE_T Length) {
  PTAP_BINDING binding = (PTAP_BINDING)ClientBindingContext;
  PTAP_RECORD record;
  SIZE_T size;
  KIRQL oldIrql;

  if (!ExAcquireRundownProtection(&binding->Rundown)) {
    return STATUS_DELETE_PENDING;
  }
  if (!NT_SUCCESS(RtlSizeTAdd(FIELD_OFFSET(TAP_RECORD, Data), Length, &size))) {
    ExReleaseRundownProtection(&binding->Rundown);
    return STATUS_INVALID_PARAMETER;
  }
  record = (PTAP_RECORD)ExAllocatePoolUninitialized(NonPagedPoolNx, size + 1, TAP_POOLTAG_RECORD);
  if (record == NULL) {
    ExReleaseRundownProtection(&binding->Rundown);
    return STATUS_NO_MEMORY;
  }
  record->Length = Length;
  RtlCopyMemory(record->Data, Data, Length);

  KeAcquireSpinLock(&binding->Lock, &oldIrql);
  InsertTailList(&binding->Records, &record->Link);
  KeReleaseSpinLock(&binding->Lock, oldIrql);

  /* The worker takes over the reference. */
  if (InterlockedExchange(&binding->Draining, 1) == 0) {
    IoQueueWorkItem(binding->DrainWorkItem, TapDrainWorker, DelayedWorkQueue, binding);
  } else {
    ExReleaseRundownProtection(&binding->Rundown);
  }
  return STATUS_SUCCESS;
}

static BOOLEAN TapDrainOne(_Inout_ PTAP_BINDING Binding) {
  PTAP_RECORD record = NULL;
  KIRQL oldIrql;

  KeAcquireSpinLock(&Binding->Lock, &oldIrql);
  if (!IsListEmpty(&Binding->Records)) {
    record = CONTAINING_RECORD(RemoveHeadList(&Binding->Records), TAP_RECORD, Link);
  } else {
    InterlockedExchange(&Binding->Draining, 0);
  }
  KeReleaseSpinLock(&Binding->Lock, oldIrql);
  if (record == NULL) {
    return FALSE;
  }
  (VOID) Binding->ProviderDispatch->Acknowledge(Binding->ProviderContext, record->Data, record->Length);
  ExFreePoolWithTag(record, TAP_POOLTAG_RECORD);
  return TRUE;
}

_Use_decl_annotations_ static VOID TapDrainWorker(PDEVICE_OBJECT DeviceObject, PVOID Context) {
  PTAP_BINDING binding = (PTAP_BINDING)Context;

  UNREFERENCED_PARAMETER(DeviceObject);
  PAGED_CODE();
  _Analysis_assume_(binding != NULL);
  while (TapDrainOne(binding)) {
  }
  ExReleaseRundownProtection(&binding->Rundown);
}

_Use_decl_annotations_ static VOID TapDetachWorker(PDEVICE_OBJECT DeviceObject, PVOID Context) {
  PTAP_BINDING binding = (PTAP_BINDING)Context;

  ASSERT(DeviceObject == Globals.DeviceObject);
  UNREFERENCED_PARAMETER(DeviceObject);
  PAGED_CODE();
  ExWaitForRundownProtectionRelease(&binding->Rundown);
  ASSERT(IsListEmpty(&binding->Records));
  NmrClientDetachProviderComplete(binding->NmrBindingHandle);
}

_Use_decl_annotations_ static VOID TapUnload(PDRIVER_OBJECT DriverObject) {
  NTSTATUS status;

  UNREFERENCED_PARAMETER(DriverObject);
  PAGED_CODE();
  status = NmrDeregisterClient(Globals.NmrClientHandle);
  ASSERT(status == STATUS_PENDING);
  status = NmrWaitForClientDeregisterComplete(Globals.NmrClientHandle);
  ASSERT(status == STATUS_SUCCESS);
  KeWaitForSingleObject(&Globals.NoBindings, Executive, KernelMode, FALSE, NULL);
  UNREFERENCED_PARAMETER(status);
}

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNREFERENCED_PARAMETER(RegistryPath);
  PAGED_CODE();
  RtlZeroMemory(&Globals, sizeof(Globals));
  Globals.DeviceObject = DriverObject->DeviceObject;
  ExInitializePushLock(&Globals.Lock);
  KeInitializeEvent(&Globals.NoBindings, NotificationEvent, TRUE);
  DriverObject->DriverUnload = TapUnload;
  return NmrRegisterClient(&TapCharacteristics, &Globals, &Globals.NmrClientHandle);
}
