#pragma once
// What stands in line in C++, for files in C and of any image: see rundown.h.
#include <nmr/wdk/rundown.h>

extern "C" {

NMR_WDK_API void NTAPI nmr_wdk_ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef);
void NTAPI nmr_wdk_ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) {
  ExInitializeRundownProtection(RunRef);
}
NMR_WDK_API BOOLEAN NTAPI nmr_wdk_ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef);
BOOLEAN NTAPI nmr_wdk_ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef) {
  return ExAcquireRundownProtection(RunRef);
}
NMR_WDK_API BOOLEAN NTAPI nmr_wdk_ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count);
BOOLEAN NTAPI nmr_wdk_ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count) {
  return ExAcquireRundownProtectionEx(RunRef, Count);
}
NMR_WDK_API void NTAPI nmr_wdk_ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef);
void NTAPI nmr_wdk_ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef) { ExReleaseRundownProtection(RunRef); }
NMR_WDK_API void NTAPI nmr_wdk_ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count);
void NTAPI nmr_wdk_ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count) {
  ExReleaseRundownProtectionEx(RunRef, Count);
}
NMR_WDK_API void NTAPI nmr_wdk_ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef);
void NTAPI nmr_wdk_ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef) {
  ExWaitForRundownProtectionRelease(RunRef);
}
NMR_WDK_API void NTAPI nmr_wdk_ExRundownCompleted(PEX_RUNDOWN_REF RunRef);
void NTAPI nmr_wdk_ExRundownCompleted(PEX_RUNDOWN_REF RunRef) { ExRundownCompleted(RunRef); }
NMR_WDK_API void NTAPI nmr_wdk_ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef);
void NTAPI nmr_wdk_ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) {
  ExReInitializeRundownProtection(RunRef);
}
NMR_WDK_API SIZE_T NTAPI nmr_wdk_ExSizeOfRundownProtectionCacheAware(void);
SIZE_T NTAPI nmr_wdk_ExSizeOfRundownProtectionCacheAware(void) {
  return ExSizeOfRundownProtectionCacheAware();
}
NMR_WDK_API void NTAPI nmr_wdk_ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                                       SIZE_T RunRefSize);
void NTAPI nmr_wdk_ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                           SIZE_T RunRefSize) {
  ExInitializeRundownProtectionCacheAware(RunRef, RunRefSize);
}
NMR_WDK_API PEX_RUNDOWN_REF_CACHE_AWARE NTAPI
nmr_wdk_ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType, ULONG PoolTag);
PEX_RUNDOWN_REF_CACHE_AWARE NTAPI nmr_wdk_ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType,
                                                                                ULONG PoolTag) {
  return ExAllocateCacheAwareRundownProtection(PoolType, PoolTag);
}
NMR_WDK_API void NTAPI nmr_wdk_ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
void NTAPI nmr_wdk_ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  ExFreeCacheAwareRundownProtection(RunRef);
}
NMR_WDK_API BOOLEAN NTAPI nmr_wdk_ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
BOOLEAN NTAPI nmr_wdk_ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  return ExAcquireRundownProtectionCacheAware(RunRef);
}
NMR_WDK_API BOOLEAN NTAPI nmr_wdk_ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                                         ULONG Count);
BOOLEAN NTAPI nmr_wdk_ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                             ULONG Count) {
  return ExAcquireRundownProtectionCacheAwareEx(RunRef, Count);
}
NMR_WDK_API void NTAPI nmr_wdk_ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
void NTAPI nmr_wdk_ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  ExReleaseRundownProtectionCacheAware(RunRef);
}
NMR_WDK_API void NTAPI nmr_wdk_ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                                      ULONG Count);
void NTAPI nmr_wdk_ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG Count) {
  ExReleaseRundownProtectionCacheAwareEx(RunRef, Count);
}
NMR_WDK_API void NTAPI
nmr_wdk_ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
void NTAPI nmr_wdk_ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  ExWaitForRundownProtectionReleaseCacheAware(RunRef);
}
NMR_WDK_API void NTAPI nmr_wdk_ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
void NTAPI nmr_wdk_ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  ExRundownCompletedCacheAware(RunRef);
}
NMR_WDK_API void NTAPI nmr_wdk_ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
void NTAPI nmr_wdk_ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  ExReInitializeRundownProtectionCacheAware(RunRef);
}

}  // extern "C"
