/* What files in C see of the Windows names: values as documented, and a little code over them. Compiled as C11 and as
 * C17. */
#define INITGUID
#include <ntifs.h>
#include <ntintsafe.h>

#define JOIN_(name, year) name##year
#define JOIN(name, year) JOIN_(name, year)

int JOIN(nmr_test_base_c, YEAR)(void);

/* The documentation has the codes in hexadecimal. Here they are as an int32_t shows them. */
C_ASSERT(STATUS_SUCCESS == 0 && STATUS_TIMEOUT == 258 && STATUS_PENDING == 259);
C_ASSERT(STATUS_UNSUCCESSFUL == -1073741823 && STATUS_INVALID_HANDLE == -1073741816);
C_ASSERT(STATUS_INVALID_PARAMETER == -1073741811 && STATUS_NO_MEMORY == -1073741801);
C_ASSERT(STATUS_ACCESS_DENIED == -1073741790 && STATUS_DELETE_PENDING == -1073741738);
C_ASSERT(STATUS_REVISION_MISMATCH == -1073741735 && STATUS_INSUFFICIENT_RESOURCES == -1073741670);
C_ASSERT(STATUS_DEVICE_NOT_READY == -1073741661 && STATUS_NOT_SUPPORTED == -1073741637);
C_ASSERT(STATUS_UNHANDLED_EXCEPTION == -1073741500 && STATUS_INVALID_DEVICE_STATE == -1073741436);
C_ASSERT(STATUS_POSSIBLE_DEADLOCK == -1073741420 && STATUS_NOT_FOUND == -1073741275);
C_ASSERT(STATUS_NOINTERFACE == -1073741127);
C_ASSERT(STATUS_DATATYPE_MISALIGNMENT == -2147483646 && RPC_NT_UUID_LOCAL_ONLY == 1073872982);
C_ASSERT(NT_SUCCESS(STATUS_PENDING) && !NT_SUCCESS(STATUS_NOINTERFACE) && !NT_SUCCESS(STATUS_DEVICE_BUSY));
C_ASSERT(NT_ERROR(STATUS_NOINTERFACE) && NT_WARNING(STATUS_DEVICE_BUSY));
C_ASSERT(NT_INFORMATION(STATUS_OBJECT_NAME_EXISTS) && !NT_INFORMATION(STATUS_PENDING));
C_ASSERT((LONG)-1 < 0 && (ULONG)-1 > 0 && (ULONG)-1 == 4294967295u && (BOOLEAN)-1 == 255);
C_ASSERT(UInt32x32To64(0xffffffffu, 10000) == 42949672950000u && UInt32x32To64(-1, 1) == 0xffffffffu);
C_ASSERT(IO_NO_INCREMENT == 0 && sizeof(CLONG) == 4);
C_ASSERT(PASSIVE_LEVEL == 0 && APC_LEVEL == 1 && DISPATCH_LEVEL == 2);
C_ASSERT(NonPagedPool == 0 && PagedPool == 1 && NonPagedPoolNx == 512);
C_ASSERT(POOL_FLAG_UNINITIALIZED == 2 && POOL_FLAG_NON_PAGED == 64 && POOL_FLAG_PAGED == 256);
C_ASSERT(NotificationEvent == 0 && SynchronizationEvent == 1 && Executive == 0 && KernelMode == 0);

DEFINE_GUID(nmr_test_guid, 0x2227e803, 0x8d8b, 0x11d4, 0xab, 0xad, 0x00, 0x90, 0x27, 0x71, 0x9e, 0x09);

typedef struct {
  LONG references;
  KSPIN_LOCK lock;
  LIST_ENTRY entries;
} LIST;
typedef struct {
  int number;
  LIST_ENTRY link;
} RECORD;

_IRQL_requires_max_(DISPATCH_LEVEL) static NTSTATUS add(_Inout_ LIST* list, _In_range_(0, 9) int number) {
  KIRQL old;
  RECORD* record = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*record), 'dceR');
  if (record == NULL) return STATUS_NO_MEMORY;
  record->number = number;
  KeAcquireSpinLock(&list->lock, &old);
  InsertTailList(&list->entries, &record->link);
  KeReleaseSpinLock(&list->lock, old);
  InterlockedIncrement(&list->references);
  return STATUS_SUCCESS;
}

static __forceinline int take(_Inout_ LIST* list) {
  RECORD* record = CONTAINING_RECORD(RemoveHeadList(&list->entries), RECORD, link);
  int number = record->number;
  InterlockedDecrement(&list->references);
  ExFreePoolWithTag(record, 'dceR');
  return number;
}

/* Returns the number of what is wrong, or 0. */
int JOIN(nmr_test_base_c, YEAR)(void) {
  LARGE_INTEGER whole;
  KEVENT event;
  LIST list;
  GUID guid = nmr_test_guid;
  ULONG sum;
  PAGED_CODE();
  RtlZeroMemory(&list, sizeof(list));
  InitializeListHead(&list.entries);
  whole.QuadPart = -2;
  if (whole.LowPart != 0xfffffffeu || whole.HighPart != -1 || whole.u.HighPart != -1) return 1;
  if (!IsEqualGUID(&guid, &nmr_test_guid)) return 2;
  guid.Data4[7] = 0;
  if (IsEqualGUID(&guid, &nmr_test_guid)) return 3;
  if (!NT_SUCCESS(add(&list, 1)) || !NT_SUCCESS(add(&list, 2)) || list.references != 2) return 4;
  if (take(&list) != 1 || take(&list) != 2 || !IsListEmpty(&list.entries) || list.references != 0) return 5;
  KeInitializeEvent(&event, NotificationEvent, TRUE);
  if (KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL) != STATUS_SUCCESS) return 6;
  if (RtlULongAdd(1, MAXULONG, &sum) != STATUS_INTEGER_OVERFLOW) return 7;
  if (ExUuidCreate(&guid) != STATUS_SUCCESS || IsEqualGUID(&guid, &nmr_test_guid)) return 8;
  {
    DECLARE_CONST_UNICODE_STRING(text, L"abc");
    DECLARE_UNICODE_STRING_SIZE(room, 6 * sizeof(WCHAR));
    if (text.Length != 3 * sizeof(WCHAR) || text.MaximumLength != 4 * sizeof(WCHAR)) return 9;
    if (text.Buffer[2] != L'c' || room.Length != 0 || room.MaximumLength != 6 * sizeof(WCHAR)) return 10;
  }
  return 0;
}
