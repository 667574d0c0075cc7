#include <doctest/doctest.h>

#include <wdm.h>

#include "support/counting_atomics.hpp"
#include "support/misuse.hpp"
#include "wdk_support/levels.hpp"

TEST_CASE(
    "R152: to wait for rundown protection above APC_LEVEL is reported with the place of the call, and "
    "waits") {
  EX_RUNDOWN_REF ref{};
  PEX_RUNDOWN_REF_CACHE_AWARE const aware = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 1);
  REQUIRE(aware != nullptr);
  MisuseTrap trap;
  {
    const AtLevel dispatch(DISPATCH_LEVEL);
    CHECK(ExAcquireRundownProtection(&ref) == TRUE);
    CHECK(ExAcquireRundownProtectionCacheAware(aware) == TRUE);
    ExReleaseRundownProtection(&ref);
    ExReleaseRundownProtectionCacheAware(aware);
    CHECK(trap.count() == 0);
    ExWaitForRundownProtectionRelease(&ref);
    CHECK(trap.count() == 1);
    CHECK(trap.operation().starts_with("ExWaitForRundownProtectionRelease, called at 0x"));
    CHECK(trap.rule() == "called at level 2; it must be APC_LEVEL or below");
    ExWaitForRundownProtectionReleaseCacheAware(aware);
    CHECK(trap.count() == 2);
    CHECK(trap.object() == "EX_RUNDOWN_REF_CACHE_AWARE");
    CHECK(ExAcquireRundownProtection(&ref) == FALSE);
    CHECK(ExAcquireRundownProtectionCacheAware(aware) == FALSE);
    ExReInitializeRundownProtection(&ref);
    CHECK(trap.count() == 2);
  }
  ExWaitForRundownProtectionRelease(&ref);
  CHECK(trap.count() == 2);
  ExFreeCacheAwareRundownProtection(aware);
}

TEST_CASE("R152: to acquire and to release rundown protection locks nothing, also where it is refused") {
  // What the names are, with what they do to shared memory counted.
  nmr::BasicRundownRef<CountingAtomics> ref;
  nmr::BasicShardedRundownRef<CountingAtomics> aware;
  counts().reset();
  bool good = true;
  for (int i = 0; i < 3; ++i) good &= ref.try_acquire() && aware.try_acquire();
  for (int i = 0; i < 3; ++i) ref.release(), aware.release();
  CHECK(good);
  CHECK(counts().read_modify_writes >= 12);
  CHECK(counts().locks == 0);
  CHECK(counts().heavy_fences == 0);
  ref.begin_rundown();
  aware.begin_rundown();
  counts().reset();
  const bool refused = !ref.try_acquire() && !aware.try_acquire();
  const int locks = counts().locks;
  CHECK(refused);
  CHECK(locks == 0);
}
