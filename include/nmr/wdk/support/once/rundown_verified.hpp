#pragma once
// What the names of rundown_verified.h do. That page comes after this, with its macros.
#include <nmr/wdk/rundown.h>
#include <nmr/wdk/support/once/pool.hpp>
#include <nmr/wdk/support/once/rundown_verifier.hpp>
#include <nmr/wdk/support/verifier.hpp>

NMR_BEGIN_NAMESPACE
namespace wdk {

std::size_t report_rundown_leaks() { return rundown_verifier().report_all(); }

void forget_rundown_references(const void* memory, std::size_t bytes, const char* function,
                               const void* caller) noexcept {
  rundown_verifier().forget_all_in(memory, bytes, function, caller);
}

}  // namespace wdk
NMR_END_NAMESPACE

extern "C" {

NMR_WDK_API void nmr_wdk_rundown_place(const char* place);
void nmr_wdk_rundown_place(const char* place) { nmr::wdk::this_thread().rundown_place = place; }

NMR_WDK_API void NTAPI nmr_wdk_verified_ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef);
void NTAPI nmr_wdk_verified_ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) {
  (void)nmr::wdk::rundown_verifier().forget(RunRef,
                                            {"ExInitializeRundownProtection", __builtin_return_address(0)});
  ExInitializeRundownProtection(RunRef);
}
NMR_WDK_API BOOLEAN NTAPI nmr_wdk_verified_ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef);
BOOLEAN NTAPI nmr_wdk_verified_ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef) {
  return nmr::wdk::rundown_verifier().acquire(RunRef, 1,
                                              {"ExAcquireRundownProtection", __builtin_return_address(0)});
}
NMR_WDK_API BOOLEAN NTAPI nmr_wdk_verified_ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count);
BOOLEAN NTAPI nmr_wdk_verified_ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count) {
  return nmr::wdk::rundown_verifier().acquire(RunRef, Count,
                                              {"ExAcquireRundownProtectionEx", __builtin_return_address(0)});
}
NMR_WDK_API void NTAPI nmr_wdk_verified_ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef);
void NTAPI nmr_wdk_verified_ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef) {
  nmr::wdk::rundown_verifier().release(RunRef, 1,
                                       {"ExReleaseRundownProtection", __builtin_return_address(0)});
}
NMR_WDK_API void NTAPI nmr_wdk_verified_ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count);
void NTAPI nmr_wdk_verified_ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count) {
  nmr::wdk::rundown_verifier().release(RunRef, Count,
                                       {"ExReleaseRundownProtectionEx", __builtin_return_address(0)});
}
NMR_WDK_API void NTAPI nmr_wdk_verified_ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef);
void NTAPI nmr_wdk_verified_ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef) {
  nmr::wdk::rundown_verifier().wait(RunRef,
                                    {"ExWaitForRundownProtectionRelease", __builtin_return_address(0)});
}
NMR_WDK_API void NTAPI nmr_wdk_verified_ExRundownCompleted(PEX_RUNDOWN_REF RunRef);
void NTAPI nmr_wdk_verified_ExRundownCompleted(PEX_RUNDOWN_REF RunRef) {
  nmr::wdk::rundown_verifier().completed(RunRef, {"ExRundownCompleted", __builtin_return_address(0)});
}
NMR_WDK_API void NTAPI nmr_wdk_verified_ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef);
void NTAPI nmr_wdk_verified_ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) {
  nmr::wdk::rundown_verifier().reinitialize(RunRef,
                                            {"ExReInitializeRundownProtection", __builtin_return_address(0)});
}
NMR_WDK_API void NTAPI nmr_wdk_verified_ExInitializeRundownProtectionCacheAware(
    PEX_RUNDOWN_REF_CACHE_AWARE RunRef, SIZE_T RunRefSize);
void NTAPI nmr_wdk_verified_ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                                    SIZE_T RunRefSize) {
  (void)nmr::wdk::rundown_verifier().forget(
      RunRef, {"ExInitializeRundownProtectionCacheAware", __builtin_return_address(0)});
  ExInitializeRundownProtectionCacheAware(RunRef, RunRefSize);
}
NMR_WDK_API void NTAPI nmr_wdk_verified_ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
void NTAPI nmr_wdk_verified_ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  const std::size_t lost = nmr::wdk::rundown_verifier().forget(
      RunRef, {"ExFreeCacheAwareRundownProtection", __builtin_return_address(0)});
  if (lost != 0) nmr::wdk::ref_in(RunRef).release(lost);  // or its destructor reports them once more
  ExFreeCacheAwareRundownProtection(RunRef);
}
NMR_WDK_API BOOLEAN NTAPI
nmr_wdk_verified_ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
BOOLEAN NTAPI nmr_wdk_verified_ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  return nmr::wdk::rundown_verifier().acquire(
      RunRef, 1, {"ExAcquireRundownProtectionCacheAware", __builtin_return_address(0)});
}
NMR_WDK_API BOOLEAN NTAPI
nmr_wdk_verified_ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG Count);
BOOLEAN NTAPI nmr_wdk_verified_ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                                      ULONG Count) {
  return nmr::wdk::rundown_verifier().acquire(
      RunRef, Count, {"ExAcquireRundownProtectionCacheAwareEx", __builtin_return_address(0)});
}
NMR_WDK_API void NTAPI
nmr_wdk_verified_ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
void NTAPI nmr_wdk_verified_ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  nmr::wdk::rundown_verifier().release(RunRef, 1,
                                       {"ExReleaseRundownProtectionCacheAware", __builtin_return_address(0)});
}
NMR_WDK_API void NTAPI
nmr_wdk_verified_ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG Count);
void NTAPI nmr_wdk_verified_ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                                   ULONG Count) {
  nmr::wdk::rundown_verifier().release(
      RunRef, Count, {"ExReleaseRundownProtectionCacheAwareEx", __builtin_return_address(0)});
}
NMR_WDK_API void NTAPI
nmr_wdk_verified_ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
void NTAPI nmr_wdk_verified_ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  nmr::wdk::rundown_verifier().wait(
      RunRef, {"ExWaitForRundownProtectionReleaseCacheAware", __builtin_return_address(0)});
}
NMR_WDK_API void NTAPI nmr_wdk_verified_ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
void NTAPI nmr_wdk_verified_ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  nmr::wdk::rundown_verifier().completed(RunRef,
                                         {"ExRundownCompletedCacheAware", __builtin_return_address(0)});
}
NMR_WDK_API void NTAPI
nmr_wdk_verified_ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
void NTAPI nmr_wdk_verified_ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef) {
  nmr::wdk::rundown_verifier().reinitialize(
      RunRef, {"ExReInitializeRundownProtectionCacheAware", __builtin_return_address(0)});
}

}  // extern "C"
