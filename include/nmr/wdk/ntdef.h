#pragma once
/// The basic types of Windows code, with the sizes that they have there: a LONG and an NTSTATUS have 32 bits also where a
/// long has 64. A WCHAR is the compiler's wchar_t, so that L"..." is a string of it: -fshort-wchar gives it 16 bits.
///
/// Of 64-bit types and pointers <stdint.h> has the same ones: as there, a uint64_t may stand where a ULONG64 is wanted.
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <nmr/wdk/guiddef.h>
#include <nmr/wdk/language.h>
#include <nmr/wdk/ntstatus.h>
#include <nmr/wdk/sal.h>

typedef void VOID;
typedef void* PVOID;
typedef const void* PCVOID;
typedef void* HANDLE;
typedef HANDLE* PHANDLE;

typedef char CHAR, CCHAR, *PCHAR, *PSTR;
typedef const char *PCSTR, *PCSZ;
typedef uint8_t UCHAR, *PUCHAR, BYTE, *PBYTE, BOOLEAN, *PBOOLEAN;
typedef wchar_t WCHAR, *PWCHAR, *PWCH, *PWSTR;
typedef const wchar_t *PCWSTR, *PCWCH;

typedef int16_t SHORT, *PSHORT, CSHORT;
typedef uint16_t USHORT, *PUSHORT;
typedef int INT, *PINT;
typedef unsigned UINT, *PUINT;
typedef int32_t LONG, *PLONG, INT32, LONG32;
typedef uint32_t ULONG, *PULONG, CLONG, UINT32, ULONG32, DWORD;
typedef int64_t LONGLONG, *PLONGLONG, INT64, LONG64, *PLONG64;
typedef uint64_t ULONGLONG, *PULONGLONG, UINT64, ULONG64, *PULONG64, DWORD64;
typedef int8_t INT8;
typedef uint8_t UINT8;
typedef int16_t INT16;
typedef uint16_t UINT16;

typedef intptr_t INT_PTR, LONG_PTR, *PLONG_PTR, SSIZE_T;
typedef uintptr_t UINT_PTR, ULONG_PTR, *PULONG_PTR, DWORD_PTR;
typedef size_t SIZE_T, *PSIZE_T;
typedef ULONG_PTR KAFFINITY, *PKAFFINITY;

typedef UCHAR KIRQL, *PKIRQL;
typedef CCHAR KPROCESSOR_MODE;
typedef LONG KPRIORITY;
typedef ULONG ACCESS_MASK;

C_ASSERT(sizeof(UCHAR) == 1 && sizeof(BOOLEAN) == 1 && sizeof(KIRQL) == 1 && sizeof(CCHAR) == 1);
C_ASSERT(sizeof(USHORT) == 2 && sizeof(LONG) == 4 && sizeof(ULONG) == 4 && sizeof(NTSTATUS) == 4);
C_ASSERT(sizeof(LONGLONG) == 8 && sizeof(ULONG_PTR) == sizeof(void*) && sizeof(SIZE_T) == sizeof(void*));

#define TRUE 1
#define FALSE 0
#define CONST const
// Older spellings of annotations.
#define IN
#define OUT
#define OPTIONAL
#define MAXUINT8 0xff
#define MAXULONG 0xffffffffu
#define MAXLONG 0x7fffffff
#define MAXUSHORT 0xffff
#define MAXUINT32 0xffffffffu
/// A product that has room for all its bits.
#define UInt32x32To64(one, other) ((ULONGLONG)(ULONG)(one) * (ULONG)(other))

/// 64 bits, whole or in halves. The halves lie as on the processors that Windows runs on.
typedef union _LARGE_INTEGER {
  __extension__ struct {
    ULONG LowPart;
    LONG HighPart;
  };
  struct {
    ULONG LowPart;
    LONG HighPart;
  } u;
  LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER, PHYSICAL_ADDRESS;
typedef union _ULARGE_INTEGER {
  __extension__ struct {
    ULONG LowPart;
    ULONG HighPart;
  };
  struct {
    ULONG LowPart;
    ULONG HighPart;
  } u;
  ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;
C_ASSERT(sizeof(LARGE_INTEGER) == 8 && offsetof(LARGE_INTEGER, HighPart) == 4);

typedef struct _LUID {
  ULONG LowPart;
  LONG HighPart;
} LUID, *PLUID;
C_ASSERT(sizeof(LUID) == 8 && offsetof(LUID, HighPart) == 4);

/// Both lengths are in bytes.
typedef struct _UNICODE_STRING {
  USHORT Length;
  USHORT MaximumLength;
  PWCH Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING* PCUNICODE_STRING;
C_ASSERT(sizeof(UNICODE_STRING) == 2 * sizeof(void*) && offsetof(UNICODE_STRING, MaximumLength) == 2);
C_ASSERT(offsetof(UNICODE_STRING, Buffer) == sizeof(void*));

#define RTL_CONSTANT_STRING(text) {sizeof(text) - sizeof((text)[0]), sizeof(text), (PWCH)(text)}
/// A string that stays as it is, and one of no text that has room for so many bytes.
#define DECLARE_CONST_UNICODE_STRING(name, text) \
  const WCHAR name##_buffer[] = text;            \
  const UNICODE_STRING name = RTL_CONSTANT_STRING(name##_buffer)
#define DECLARE_UNICODE_STRING_SIZE(name, bytes) \
  WCHAR name##_buffer[(bytes) / sizeof(WCHAR)];  \
  UNICODE_STRING name = {0, sizeof(name##_buffer), name##_buffer}

/// A link of a doubly linked list, and its head. The functions are in driver_support.h.
typedef struct _LIST_ENTRY {
  struct _LIST_ENTRY* Flink;
  struct _LIST_ENTRY* Blink;
} LIST_ENTRY, *PLIST_ENTRY;
typedef struct _SINGLE_LIST_ENTRY {
  struct _SINGLE_LIST_ENTRY* Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;
C_ASSERT(sizeof(LIST_ENTRY) == 2 * sizeof(void*) && offsetof(LIST_ENTRY, Blink) == sizeof(void*));

/// What memory is allocated of; here it differs only in who may ask for it, and in its alignment.
typedef enum _POOL_TYPE {
  NonPagedPool = 0,
  NonPagedPoolExecute = 0,
  PagedPool = 1,
  NonPagedPoolCacheAligned = 4,
  PagedPoolCacheAligned = 5,
  NonPagedPoolNx = 512,
  NonPagedPoolNxCacheAligned = 516
} POOL_TYPE;

/// A type of handle of its own.
#define DECLARE_HANDLE(name) typedef struct name##_handle* name

#define UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define DBG_UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(variable) ((void)(variable))

#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#define CONTAINING_RECORD(address, type, field) \
  ((type*)(void*)((char*)(void*)(address) - offsetof(type, field)))
#define RTL_NUMBER_OF(array) (sizeof(array) / sizeof((array)[0]))
#define ARRAYSIZE(array) RTL_NUMBER_OF(array)
#define RTL_FIELD_SIZE(type, field) (sizeof(((type*)0)->field))
#define RTL_SIZEOF_THROUGH_FIELD(type, field) (offsetof(type, field) + RTL_FIELD_SIZE(type, field))

// As assert(): nothing where NDEBUG is defined.
#define ASSERT(condition) assert(condition)
#define NT_ASSERT(condition) assert(condition)
#define NT_ASSERT_ASSUME(condition) assert(condition)
#define NT_ASSERTMSG(message, condition) assert((condition) && (message))
#define ASSERTMSG(message, condition) assert((condition) && (message))
#define NT_VERIFY(condition) ((condition) ? TRUE : (assert(0 && #condition), FALSE))

// Ends the process, as it ends the system there.
#define RtlFailFast(code) ((void)(code), abort())
#define FAST_FAIL_INVALID_ARG 5
#define FAST_FAIL_FATAL_APP_EXIT 7
