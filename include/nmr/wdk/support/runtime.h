#pragma once
/// Memory and strings.
#include <nmr/wdk/ntdef.h>

#define RtlZeroMemory(destination, bytes) ((void)memset((destination), 0, (bytes)))
#define RtlFillMemory(destination, bytes, value) ((void)memset((destination), (value), (bytes)))
#define RtlCopyMemory(destination, source, bytes) ((void)memcpy((destination), (source), (bytes)))
#define RtlMoveMemory(destination, source, bytes) ((void)memmove((destination), (source), (bytes)))
#define RtlEqualMemory(one, other, bytes) (memcmp((one), (other), (bytes)) == 0)

/// Returns how many bytes are equal before the first that is not.
NMR_WDK_IN_LINE SIZE_T RtlCompareMemory(_In_ const VOID* one, _In_ const VOID* other, _In_ SIZE_T bytes) {
  const unsigned char* a = (const unsigned char*)one;
  const unsigned char* b = (const unsigned char*)other;
  SIZE_T equal = 0;
  while (equal < bytes && a[equal] == b[equal]) ++equal;
  return equal;
}

/// Zeroes memory that nobody reads any more: no compiler leaves it out.
NMR_WDK_IN_LINE PVOID RtlSecureZeroMemory(_Out_ PVOID memory, _In_ SIZE_T bytes) {
  volatile unsigned char* byte = (volatile unsigned char*)memory;
  while (bytes-- != 0) *byte++ = 0;
  return memory;
}

/// The text stays the caller's. One that is too long for 16 bits is cut off.
NMR_WDK_IN_LINE VOID RtlInitUnicodeString(_Out_ PUNICODE_STRING string, _In_opt_ PCWSTR text) {
  const SIZE_T most = (0xffff / sizeof(WCHAR) - 1) * sizeof(WCHAR);
  SIZE_T bytes = text == 0 ? 0 : wcslen(text) * sizeof(WCHAR);
  if (bytes > most) bytes = most;
  string->Length = (USHORT)bytes;
  string->MaximumLength = (USHORT)(text == 0 ? 0 : bytes + sizeof(WCHAR));
  string->Buffer = (PWCH)(ULONG_PTR)text;
}

/// Finds a text's end within so many bytes. STATUS_INVALID_PARAMETER if it is not there, or the text is null.
NMR_WDK_IN_LINE NTSTATUS RtlStringCbLengthA(_In_ PCSTR text, _In_ SIZE_T most, _Out_opt_ PSIZE_T length) {
  SIZE_T found = 0;
  while (text != 0 && found < most && text[found] != 0) ++found;
  if (text == 0 || found == most) {
    if (length != 0) *length = 0;
    return STATUS_INVALID_PARAMETER;
  }
  if (length != 0) *length = found;
  return STATUS_SUCCESS;
}
