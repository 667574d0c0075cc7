#pragma once
/// Sums and products that do not wrap around: STATUS_INTEGER_OVERFLOW, and a result of all ones.
#include <nmr/wdk/ntdef.h>

#define NMR_WDK_SAFE(name, type, fits, value)                         \
  NMR_WDK_IN_LINE NTSTATUS name(type one, type other, type* result) { \
    const int good = (fits);                                          \
    *result = good ? (type)(value) : (type) ~(type)0;                 \
    return good ? STATUS_SUCCESS : STATUS_INTEGER_OVERFLOW;           \
  }
#define NMR_WDK_SAFE_ALL(prefix, type)                                                 \
  NMR_WDK_SAFE(prefix##Add, type, one <= (type)((type) ~(type)0 - other), one + other) \
  NMR_WDK_SAFE(prefix##Sub, type, other <= one, one - other)                           \
  NMR_WDK_SAFE(prefix##Mult, type, other == 0 || one <= (type)((type) ~(type)0 / other), one * other)

NMR_WDK_SAFE_ALL(RtlUShort, USHORT)
NMR_WDK_SAFE_ALL(RtlULong, ULONG)
NMR_WDK_SAFE_ALL(RtlULongLong, ULONGLONG)
NMR_WDK_SAFE_ALL(RtlSizeT, SIZE_T)
#undef NMR_WDK_SAFE_ALL
#undef NMR_WDK_SAFE

/// Narrowing, likewise.
NMR_WDK_IN_LINE NTSTATUS RtlSizeTToULong(SIZE_T value, ULONG* result) {
  *result = value <= MAXULONG ? (ULONG)value : MAXULONG;
  return value <= MAXULONG ? STATUS_SUCCESS : STATUS_INTEGER_OVERFLOW;
}
NMR_WDK_IN_LINE NTSTATUS RtlSizeTToUShort(SIZE_T value, USHORT* result) {
  *result = value <= MAXUSHORT ? (USHORT)value : (USHORT)MAXUSHORT;
  return value <= MAXUSHORT ? STATUS_SUCCESS : STATUS_INTEGER_OVERFLOW;
}
