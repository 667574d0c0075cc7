#pragma once
/// Sums and products that do not wrap around: STATUS_INTEGER_OVERFLOW, and a result of all ones.
#include <nmr/wdk/ntdef.h>

#define NMR_WDK_SAFE(name, type, most, fits, value)                   \
  NMR_WDK_IN_LINE NTSTATUS name(type one, type other, type* result) { \
    const int good = (fits);                                          \
    *result = good ? (type)(value) : (type)(most);                    \
    return good ? STATUS_SUCCESS : STATUS_INTEGER_OVERFLOW;           \
  }
#define NMR_WDK_SAFE_ALL(prefix, type, most)                                \
  NMR_WDK_SAFE(prefix##Add, type, most, one <= (most) - other, one + other) \
  NMR_WDK_SAFE(prefix##Sub, type, most, other <= one, one - other)          \
  NMR_WDK_SAFE(prefix##Mult, type, most, other == 0 || one <= (most) / other, one * other)

NMR_WDK_SAFE_ALL(RtlUShort, USHORT, UINT16_MAX)
NMR_WDK_SAFE_ALL(RtlULong, ULONG, UINT32_MAX)
NMR_WDK_SAFE_ALL(RtlULongLong, ULONGLONG, UINT64_MAX)
NMR_WDK_SAFE_ALL(RtlSizeT, SIZE_T, SIZE_MAX)
#undef NMR_WDK_SAFE_ALL
#undef NMR_WDK_SAFE

/// Narrowing, likewise.
NMR_WDK_IN_LINE NTSTATUS RtlSizeTToULong(SIZE_T value, ULONG* result) {
  *result = value <= UINT32_MAX ? (ULONG)value : UINT32_MAX;
  return value <= UINT32_MAX ? STATUS_SUCCESS : STATUS_INTEGER_OVERFLOW;
}
NMR_WDK_IN_LINE NTSTATUS RtlSizeTToUShort(SIZE_T value, USHORT* result) {
  *result = value <= UINT16_MAX ? (USHORT)value : (USHORT)UINT16_MAX;
  return value <= UINT16_MAX ? STATUS_SUCCESS : STATUS_INTEGER_OVERFLOW;
}
