#pragma once
/* Rundown protection by its Windows names. In C++ it stands in line, over nmr::RundownRef and nmr::ShardedRundownRef,
 * and needs no other file. In C these are declarations; the file that has NMR_WDK_IMPLEMENTATION defines them.
 *
 * Memory that is all zero is an EX_RUNDOWN_REF that is open, without references. Any number of threads may wait, as
 * often as they like. What nmr::RundownRef traps is reported here too: releases without an acquire, to open again what
 * has not run down. To acquire and to release never waits for anybody. */
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

/* Counts on a cache line for each processor or so; seen through a pointer alone. */
typedef struct _EX_RUNDOWN_REF_CACHE_AWARE EX_RUNDOWN_REF_CACHE_AWARE, *PEX_RUNDOWN_REF_CACHE_AWARE;

void NTAPI ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef);
BOOLEAN NTAPI ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef);
BOOLEAN NTAPI ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count);
void NTAPI ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef);
void NTAPI ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count);
void NTAPI ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef);
void NTAPI ExRundownCompleted(PEX_RUNDOWN_REF RunRef);
void NTAPI ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef);

/* In memory of the caller's, aligned as he likes, as large as the first says; it is not given back to anybody here. */
SIZE_T NTAPI ExSizeOfRundownProtectionCacheAware(void);
void NTAPI ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, SIZE_T RunRefSize);
/* Or in memory of its own: null if there is none. The type of pool means nothing here. */
PEX_RUNDOWN_REF_CACHE_AWARE NTAPI ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType, ULONG PoolTag);
void NTAPI ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);

BOOLEAN NTAPI ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
BOOLEAN NTAPI ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG Count);
void NTAPI ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
void NTAPI ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG Count);
void NTAPI ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
void NTAPI ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
void NTAPI ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);

#ifdef __cplusplus
}
#include <nmr/wdk/rundown_inline.hpp>
#endif

#if defined(NMR_WDK_IMPLEMENTATION) && defined(__cplusplus)
#include <nmr/wdk/implementation.hpp>
#endif
