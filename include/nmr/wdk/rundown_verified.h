#pragma once
/* Rundown protection that knows who holds it, for tests of driver code: in files that are built with
 * NMR_WDK_VERIFY_RUNDOWN, of C or C++, the names of rundown.h are those of functions that note the place of each call.
 * They report it as misuse (nmr/platform/misuse.hpp), with the file and line of the call that is wrong:
 *
 *   a release            of more than is held
 *   references that are lost   when the memory is initialised anew, or found to be zero again; when it is freed, by
 *                        ExFreePool or ExFreeCacheAwareRundownProtection; or where report_rundown_leaks() asks
 *                        (support/verifier.hpp). With the places that have acquired since none was held, and released.
 *   a wait               above APC_LEVEL
 *   to open again, or to say that it is completed, what has not run down
 *
 * A call through a pointer is known by the address that it returns to. What is reported as lost does not keep the call
 * from its work, nor does the level; the rest has no effect.
 *
 * All files that use one reference are built alike. The others are what they were: the setting is in the names. Each call
 * takes a lock and may allocate; a place that there is no memory for is missing. It is no time to measure.
 *
 * The file with NMR_WDK_IMPLEMENTATION has the definitions, however it is built. */
#include <nmr/wdk/rundown.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The place of this thread's next call. */
NMR_WDK_API void nmr_wdk_rundown_place(const char* place);

NMR_WDK_API void NTAPI nmr_wdk_verified_ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef);
NMR_WDK_API BOOLEAN NTAPI nmr_wdk_verified_ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef);
NMR_WDK_API BOOLEAN NTAPI nmr_wdk_verified_ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count);
NMR_WDK_API void NTAPI nmr_wdk_verified_ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef);
NMR_WDK_API void NTAPI nmr_wdk_verified_ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count);
NMR_WDK_API void NTAPI nmr_wdk_verified_ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef);
NMR_WDK_API void NTAPI nmr_wdk_verified_ExRundownCompleted(PEX_RUNDOWN_REF RunRef);
NMR_WDK_API void NTAPI nmr_wdk_verified_ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef);
NMR_WDK_API void NTAPI nmr_wdk_verified_ExInitializeRundownProtectionCacheAware(
    PEX_RUNDOWN_REF_CACHE_AWARE RunRef, SIZE_T RunRefSize);
NMR_WDK_API void NTAPI nmr_wdk_verified_ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
NMR_WDK_API BOOLEAN NTAPI
nmr_wdk_verified_ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
NMR_WDK_API BOOLEAN NTAPI
nmr_wdk_verified_ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG Count);
NMR_WDK_API void NTAPI
nmr_wdk_verified_ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
NMR_WDK_API void NTAPI
nmr_wdk_verified_ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG Count);
NMR_WDK_API void NTAPI
nmr_wdk_verified_ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
NMR_WDK_API void NTAPI nmr_wdk_verified_ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
NMR_WDK_API void NTAPI
nmr_wdk_verified_ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);

#ifdef __cplusplus
}
#endif

#if defined(NMR_WDK_VERIFY_RUNDOWN)
#ifndef __cplusplus
#undef ExInitializeRundownProtection
#undef ExAcquireRundownProtection
#undef ExAcquireRundownProtectionEx
#undef ExReleaseRundownProtection
#undef ExReleaseRundownProtectionEx
#undef ExWaitForRundownProtectionRelease
#undef ExRundownCompleted
#undef ExReInitializeRundownProtection
#undef ExInitializeRundownProtectionCacheAware
#undef ExFreeCacheAwareRundownProtection
#undef ExAcquireRundownProtectionCacheAware
#undef ExAcquireRundownProtectionCacheAwareEx
#undef ExReleaseRundownProtectionCacheAware
#undef ExReleaseRundownProtectionCacheAwareEx
#undef ExWaitForRundownProtectionReleaseCacheAware
#undef ExRundownCompletedCacheAware
#undef ExReInitializeRundownProtectionCacheAware
#endif
#define ExInitializeRundownProtection nmr_wdk_verified_ExInitializeRundownProtection
#define ExAcquireRundownProtection nmr_wdk_verified_ExAcquireRundownProtection
#define ExAcquireRundownProtectionEx nmr_wdk_verified_ExAcquireRundownProtectionEx
#define ExReleaseRundownProtection nmr_wdk_verified_ExReleaseRundownProtection
#define ExReleaseRundownProtectionEx nmr_wdk_verified_ExReleaseRundownProtectionEx
#define ExWaitForRundownProtectionRelease nmr_wdk_verified_ExWaitForRundownProtectionRelease
#define ExRundownCompleted nmr_wdk_verified_ExRundownCompleted
#define ExReInitializeRundownProtection nmr_wdk_verified_ExReInitializeRundownProtection
#define ExInitializeRundownProtectionCacheAware nmr_wdk_verified_ExInitializeRundownProtectionCacheAware
#define ExFreeCacheAwareRundownProtection nmr_wdk_verified_ExFreeCacheAwareRundownProtection
#define ExAcquireRundownProtectionCacheAware nmr_wdk_verified_ExAcquireRundownProtectionCacheAware
#define ExAcquireRundownProtectionCacheAwareEx nmr_wdk_verified_ExAcquireRundownProtectionCacheAwareEx
#define ExReleaseRundownProtectionCacheAware nmr_wdk_verified_ExReleaseRundownProtectionCacheAware
#define ExReleaseRundownProtectionCacheAwareEx nmr_wdk_verified_ExReleaseRundownProtectionCacheAwareEx
#define ExWaitForRundownProtectionReleaseCacheAware \
  nmr_wdk_verified_ExWaitForRundownProtectionReleaseCacheAware
#define ExRundownCompletedCacheAware nmr_wdk_verified_ExRundownCompletedCacheAware
#define ExReInitializeRundownProtectionCacheAware nmr_wdk_verified_ExReInitializeRundownProtectionCacheAware

/* A name that is called has its place with it; one whose address is taken is that of the function alone. */
#define NMR_WDK_TEXT_(line) #line
#define NMR_WDK_TEXT(line) NMR_WDK_TEXT_(line)
#ifdef __cplusplus
template <class Function>
NMR_WDK_IN_LINE Function* nmr_wdk_at_place(const char* place, Function* function) {
  nmr_wdk_rundown_place(place);
  return function;
}
#define NMR_WDK_AT_PLACE(function) \
  nmr_wdk_at_place(__FILE__ ":" NMR_WDK_TEXT(__LINE__), function) /* or behind :: */
#else
#define NMR_WDK_AT_PLACE(function) (nmr_wdk_rundown_place(__FILE__ ":" NMR_WDK_TEXT(__LINE__)), (function))
#endif
#define nmr_wdk_verified_ExInitializeRundownProtection(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExInitializeRundownProtection)(__VA_ARGS__)
#define nmr_wdk_verified_ExAcquireRundownProtection(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExAcquireRundownProtection)(__VA_ARGS__)
#define nmr_wdk_verified_ExAcquireRundownProtectionEx(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExAcquireRundownProtectionEx)(__VA_ARGS__)
#define nmr_wdk_verified_ExReleaseRundownProtection(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExReleaseRundownProtection)(__VA_ARGS__)
#define nmr_wdk_verified_ExReleaseRundownProtectionEx(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExReleaseRundownProtectionEx)(__VA_ARGS__)
#define nmr_wdk_verified_ExWaitForRundownProtectionRelease(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExWaitForRundownProtectionRelease)(__VA_ARGS__)
#define nmr_wdk_verified_ExRundownCompleted(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExRundownCompleted)(__VA_ARGS__)
#define nmr_wdk_verified_ExReInitializeRundownProtection(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExReInitializeRundownProtection)(__VA_ARGS__)
#define nmr_wdk_verified_ExInitializeRundownProtectionCacheAware(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExInitializeRundownProtectionCacheAware)(__VA_ARGS__)
#define nmr_wdk_verified_ExFreeCacheAwareRundownProtection(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExFreeCacheAwareRundownProtection)(__VA_ARGS__)
#define nmr_wdk_verified_ExAcquireRundownProtectionCacheAware(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExAcquireRundownProtectionCacheAware)(__VA_ARGS__)
#define nmr_wdk_verified_ExAcquireRundownProtectionCacheAwareEx(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExAcquireRundownProtectionCacheAwareEx)(__VA_ARGS__)
#define nmr_wdk_verified_ExReleaseRundownProtectionCacheAware(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExReleaseRundownProtectionCacheAware)(__VA_ARGS__)
#define nmr_wdk_verified_ExReleaseRundownProtectionCacheAwareEx(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExReleaseRundownProtectionCacheAwareEx)(__VA_ARGS__)
#define nmr_wdk_verified_ExWaitForRundownProtectionReleaseCacheAware(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExWaitForRundownProtectionReleaseCacheAware)(__VA_ARGS__)
#define nmr_wdk_verified_ExRundownCompletedCacheAware(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExRundownCompletedCacheAware)(__VA_ARGS__)
#define nmr_wdk_verified_ExReInitializeRundownProtectionCacheAware(...) \
  NMR_WDK_AT_PLACE(nmr_wdk_verified_ExReInitializeRundownProtectionCacheAware)(__VA_ARGS__)
#endif
