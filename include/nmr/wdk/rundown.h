#pragma once
/* Rundown protection by its Windows names. In C++ it stands in line, over nmr::RundownRef and nmr::ShardedRundownRef,
 * and needs no other file. In C these are declarations; the file that has NMR_WDK_IMPLEMENTATION defines them.
 *
 * Memory that is all zero is an EX_RUNDOWN_REF that is open, without references. Any number of threads may wait, as
 * often as they like. What nmr::RundownRef traps is reported here too: releases without an acquire, to open again what
 * has not run down. To acquire and to release never waits for anybody.
 *
 * NMR_WDK_VERIFY_RUNDOWN   in all files of a test that use them: each call is noted, and what is wrong, or lost, is reported
 *                          with the file and line that it was called from (rundown_verified.h). */
#include <stddef.h>

#include <nmr/wdk/ntdef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _EX_RUNDOWN_REF {
#ifdef __cplusplus
  alignas(void*) unsigned char Opaque[2 * sizeof(void*)];
#else
  _Alignas(void*) unsigned char Opaque[2 * sizeof(void*)];
#endif
} EX_RUNDOWN_REF, *PEX_RUNDOWN_REF;

#ifdef __cplusplus
#define NMR_WDK_RUNDOWN_API
#else
#define NMR_WDK_RUNDOWN_API NMR_WDK_API
/* What is in line in C++ belongs to its image alone. For C, and for plug-ins in C, the file that defines the names
 * exports these. */
#define ExInitializeRundownProtection nmr_wdk_ExInitializeRundownProtection
#define ExAcquireRundownProtection nmr_wdk_ExAcquireRundownProtection
#define ExAcquireRundownProtectionEx nmr_wdk_ExAcquireRundownProtectionEx
#define ExReleaseRundownProtection nmr_wdk_ExReleaseRundownProtection
#define ExReleaseRundownProtectionEx nmr_wdk_ExReleaseRundownProtectionEx
#define ExWaitForRundownProtectionRelease nmr_wdk_ExWaitForRundownProtectionRelease
#define ExRundownCompleted nmr_wdk_ExRundownCompleted
#define ExReInitializeRundownProtection nmr_wdk_ExReInitializeRundownProtection
#define ExSizeOfRundownProtectionCacheAware nmr_wdk_ExSizeOfRundownProtectionCacheAware
#define ExInitializeRundownProtectionCacheAware nmr_wdk_ExInitializeRundownProtectionCacheAware
#define ExAllocateCacheAwareRundownProtection nmr_wdk_ExAllocateCacheAwareRundownProtection
#define ExFreeCacheAwareRundownProtection nmr_wdk_ExFreeCacheAwareRundownProtection
#define ExAcquireRundownProtectionCacheAware nmr_wdk_ExAcquireRundownProtectionCacheAware
#define ExAcquireRundownProtectionCacheAwareEx nmr_wdk_ExAcquireRundownProtectionCacheAwareEx
#define ExReleaseRundownProtectionCacheAware nmr_wdk_ExReleaseRundownProtectionCacheAware
#define ExReleaseRundownProtectionCacheAwareEx nmr_wdk_ExReleaseRundownProtectionCacheAwareEx
#define ExWaitForRundownProtectionReleaseCacheAware nmr_wdk_ExWaitForRundownProtectionReleaseCacheAware
#define ExRundownCompletedCacheAware nmr_wdk_ExRundownCompletedCacheAware
#define ExReInitializeRundownProtectionCacheAware nmr_wdk_ExReInitializeRundownProtectionCacheAware
#endif

/* Counts on a cache line for each processor or so; seen through a pointer alone. */
typedef struct _EX_RUNDOWN_REF_CACHE_AWARE EX_RUNDOWN_REF_CACHE_AWARE, *PEX_RUNDOWN_REF_CACHE_AWARE;

NMR_WDK_RUNDOWN_API void NTAPI ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef);
NMR_WDK_RUNDOWN_API BOOLEAN NTAPI ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef);
NMR_WDK_RUNDOWN_API BOOLEAN NTAPI ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count);
NMR_WDK_RUNDOWN_API void NTAPI ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef);
NMR_WDK_RUNDOWN_API void NTAPI ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count);
NMR_WDK_RUNDOWN_API void NTAPI ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef);
NMR_WDK_RUNDOWN_API void NTAPI ExRundownCompleted(PEX_RUNDOWN_REF RunRef);
NMR_WDK_RUNDOWN_API void NTAPI ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef);

/* In memory of the caller's, aligned as he likes, as large as the first says; it is not given back to anybody here. */
NMR_WDK_RUNDOWN_API SIZE_T NTAPI ExSizeOfRundownProtectionCacheAware(void);
NMR_WDK_RUNDOWN_API void NTAPI ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                                       SIZE_T RunRefSize);
/* Or in memory of its own: null if there is none. The type of pool means nothing here. */
NMR_WDK_RUNDOWN_API PEX_RUNDOWN_REF_CACHE_AWARE NTAPI
ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType, ULONG PoolTag);
NMR_WDK_RUNDOWN_API void NTAPI ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);

NMR_WDK_RUNDOWN_API BOOLEAN NTAPI ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
NMR_WDK_RUNDOWN_API BOOLEAN NTAPI ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                                         ULONG Count);
NMR_WDK_RUNDOWN_API void NTAPI ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
NMR_WDK_RUNDOWN_API void NTAPI ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                                      ULONG Count);
NMR_WDK_RUNDOWN_API void NTAPI
ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
NMR_WDK_RUNDOWN_API void NTAPI ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
NMR_WDK_RUNDOWN_API void NTAPI ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);

#ifdef __cplusplus
}
#include <nmr/wdk/rundown_inline.hpp>
#endif

#if defined(NMR_WDK_IMPLEMENTATION) && defined(__cplusplus)
#include <nmr/wdk/implementation.hpp>
#elif defined(NMR_WDK_VERIFY_RUNDOWN)
#include <nmr/wdk/rundown_verified.h>
#endif
