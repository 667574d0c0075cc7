#pragma once
/// Interlocked operations, in line: each a full barrier, whatever its suffix. Of increments, decrements and
/// InterlockedAdd the result is what is there afterwards, of all others what was there before.
#include <nmr/wdk/ntdef.h>

#define NMR_WDK_INTERLOCKED(bits, type)                                                                      \
  NMR_WDK_IN_LINE type InterlockedExchange##bits(type volatile* target, type value) {                        \
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);                                             \
  }                                                                                                          \
  NMR_WDK_IN_LINE type InterlockedCompareExchange##bits(type volatile* target, type value, type comparand) { \
    __atomic_compare_exchange_n(target, &comparand, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);           \
    return comparand;                                                                                        \
  }                                                                                                          \
  NMR_WDK_IN_LINE type InterlockedExchangeAdd##bits(type volatile* target, type value) {                     \
    return __atomic_fetch_add(target, value, __ATOMIC_SEQ_CST);                                              \
  }                                                                                                          \
  NMR_WDK_IN_LINE type InterlockedAdd##bits(type volatile* target, type value) {                             \
    return __atomic_add_fetch(target, value, __ATOMIC_SEQ_CST);                                              \
  }                                                                                                          \
  NMR_WDK_IN_LINE type InterlockedIncrement##bits(type volatile* target) {                                   \
    return __atomic_add_fetch(target, 1, __ATOMIC_SEQ_CST);                                                  \
  }                                                                                                          \
  NMR_WDK_IN_LINE type InterlockedDecrement##bits(type volatile* target) {                                   \
    return __atomic_sub_fetch(target, 1, __ATOMIC_SEQ_CST);                                                  \
  }                                                                                                          \
  NMR_WDK_IN_LINE type InterlockedAnd##bits(type volatile* target, type value) {                             \
    return __atomic_fetch_and(target, value, __ATOMIC_SEQ_CST);                                              \
  }                                                                                                          \
  NMR_WDK_IN_LINE type InterlockedOr##bits(type volatile* target, type value) {                              \
    return __atomic_fetch_or(target, value, __ATOMIC_SEQ_CST);                                               \
  }                                                                                                          \
  NMR_WDK_IN_LINE type InterlockedXor##bits(type volatile* target, type value) {                             \
    return __atomic_fetch_xor(target, value, __ATOMIC_SEQ_CST);                                              \
  }

NMR_WDK_INTERLOCKED(8, char)
NMR_WDK_INTERLOCKED(16, SHORT)
NMR_WDK_INTERLOCKED(, LONG)
NMR_WDK_INTERLOCKED(64, LONG64)
#undef NMR_WDK_INTERLOCKED

NMR_WDK_IN_LINE PVOID InterlockedExchangePointer(PVOID volatile* target, PVOID value) {
  return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}
NMR_WDK_IN_LINE PVOID InterlockedCompareExchangePointer(PVOID volatile* target, PVOID value,
                                                        PVOID comparand) {
  __atomic_compare_exchange_n(target, &comparand, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return comparand;
}

// As above for the word of a spin lock, and to read one.
NMR_WDK_IN_LINE ULONG_PTR nmr_wdk_compare_exchange(ULONG_PTR volatile* target, ULONG_PTR value,
                                                   ULONG_PTR comparand) {
  __atomic_compare_exchange_n(target, &comparand, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return comparand;
}
NMR_WDK_IN_LINE ULONG_PTR nmr_wdk_read(ULONG_PTR const volatile* source) {
  return __atomic_load_n(source, __ATOMIC_SEQ_CST);
}

// Plain reads and writes that are not torn; the ordered ones order here as they do there.
NMR_WDK_IN_LINE LONG ReadNoFence(LONG const volatile* source) {
  return __atomic_load_n(source, __ATOMIC_RELAXED);
}
NMR_WDK_IN_LINE LONG ReadAcquire(LONG const volatile* source) {
  return __atomic_load_n(source, __ATOMIC_ACQUIRE);
}
NMR_WDK_IN_LINE LONG64 ReadNoFence64(LONG64 const volatile* source) {
  return __atomic_load_n(source, __ATOMIC_RELAXED);
}
NMR_WDK_IN_LINE LONG64 ReadAcquire64(LONG64 const volatile* source) {
  return __atomic_load_n(source, __ATOMIC_ACQUIRE);
}
NMR_WDK_IN_LINE ULONG64 ReadULong64NoFence(ULONG64 const volatile* source) {
  return __atomic_load_n(source, __ATOMIC_RELAXED);
}
NMR_WDK_IN_LINE void WriteULong64NoFence(ULONG64 volatile* target, ULONG64 value) {
  __atomic_store_n(target, value, __ATOMIC_RELAXED);
}
NMR_WDK_IN_LINE PVOID ReadPointerNoFence(PVOID const volatile* source) {
  return __atomic_load_n(source, __ATOMIC_RELAXED);
}
NMR_WDK_IN_LINE PVOID ReadPointerAcquire(PVOID const volatile* source) {
  return __atomic_load_n(source, __ATOMIC_ACQUIRE);
}
NMR_WDK_IN_LINE void WriteNoFence(LONG volatile* target, LONG value) {
  __atomic_store_n(target, value, __ATOMIC_RELAXED);
}
NMR_WDK_IN_LINE void WriteRelease(LONG volatile* target, LONG value) {
  __atomic_store_n(target, value, __ATOMIC_RELEASE);
}
NMR_WDK_IN_LINE void WritePointerRelease(PVOID volatile* target, PVOID value) {
  __atomic_store_n(target, value, __ATOMIC_RELEASE);
}
NMR_WDK_IN_LINE void KeMemoryBarrier(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
#define MemoryBarrier() KeMemoryBarrier()

// The weaker forms may be stronger.
#define InterlockedIncrementNoFence InterlockedIncrement
#define InterlockedIncrementAcquire InterlockedIncrement
#define InterlockedIncrementRelease InterlockedIncrement
#define InterlockedDecrementNoFence InterlockedDecrement
#define InterlockedDecrementAcquire InterlockedDecrement
#define InterlockedDecrementRelease InterlockedDecrement
#define InterlockedCompareExchangeAcquire InterlockedCompareExchange
#define InterlockedCompareExchangeRelease InterlockedCompareExchange
#define InterlockedExchangeAcquire InterlockedExchange
