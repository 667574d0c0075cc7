// Rundown protection in a file that is built to be verified; the other files of this program are not.
#define NMR_WDK_VERIFY_RUNDOWN
#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include <wdm.h>

#include <nmr/wdk/support/verifier.hpp>

#include "platform/threads.hpp"
#include "support/misuse.hpp"
#include "wdk_support/levels.hpp"

extern "C" {
BOOLEAN verified_enter(PEX_RUNDOWN_REF ref);
int verified_line(void);
void verified_leave_through_pointer(PEX_RUNDOWN_REF ref);
}

namespace {

/// Returns how a report says a line of a file.
std::string at(const char* file, int line) { return file + (":" + std::to_string(line)); }
std::string called_at(const char* function, int line) {
  return function + std::string(", called at ") + at(__FILE__, line);
}
/// Returns the last bytes of a text, as many as a report keeps of a place.
bool ends(const std::string& text, const std::string& end) {
  return text.ends_with(end.size() > 60 ? end.substr(end.size() - 60) : end);
}

constexpr ULONG kTag = 0x76697665;

struct Plain {
  EX_RUNDOWN_REF memory{};
  PEX_RUNDOWN_REF ref = &memory;
};

}  // namespace

TEST_CASE("R166: a release without an acquire is reported with its file and line, and does nothing") {
  Plain plain;
  const EX_RUNDOWN_REF before = plain.memory;
  const MisuseTrap trap;
  ExReleaseRundownProtection(plain.ref);
  const int line = __LINE__ - 1;
  CHECK(trap.count() == 1);
  CHECK(trap.object() == "EX_RUNDOWN_REF");
  CHECK(trap.operation().starts_with("ExReleaseRundownProtection, called at "));
  CHECK(ends(trap.operation(), called_at("", line)));
  CHECK(trap.rule() == "released, and not acquired before");
  CHECK(std::memcmp(&before, plain.ref, sizeof before) == 0);
  CHECK(::ExAcquireRundownProtectionEx(plain.ref, 2) == TRUE);
  ::ExReleaseRundownProtectionEx(plain.ref, 3);
  CHECK(trap.count() == 2);
  CHECK(ends(trap.operation(), called_at("", __LINE__ - 2)));
  ExReleaseRundownProtectionEx(plain.ref, 2);
  CHECK(trap.count() == 2);
  // After the end, and of the other kind.
  ExWaitForRundownProtectionRelease(plain.ref);
  CHECK(ExAcquireRundownProtection(plain.ref) == FALSE);
  ExReleaseRundownProtection(plain.ref);
  CHECK(trap.count() == 3);
  const PEX_RUNDOWN_REF_CACHE_AWARE aware = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 1);
  ExReleaseRundownProtectionCacheAware(aware);
  CHECK(trap.count() == 4);
  CHECK(trap.object() == "EX_RUNDOWN_REF_CACHE_AWARE");
  CHECK(ends(trap.operation(), called_at("", __LINE__ - 3)));
  ExFreeCacheAwareRundownProtection(aware);
  CHECK(trap.count() == 4);
}

TEST_CASE("R167: references that are lost are reported with the lines that acquired and released them") {
  const MisuseTrap trap;
  const auto lost = [&](const char* what, const std::string& places) {
    CAPTURE(trap.rule());
    return ends(trap.rule(), places) && trap.rule().starts_with(what);
  };
  Plain plain;
  SUBCASE("to initialise anew") {
    for (int i = 0; i != 3; ++i) CHECK(ExAcquireRundownProtection(plain.ref) == TRUE);
    const int acquired = __LINE__ - 1;
    ExReleaseRundownProtection(plain.ref);
    const int released = __LINE__ - 1;
    ExInitializeRundownProtection(plain.ref);
    CHECK(trap.count() == 1);
    CHECK(ends(trap.operation(), called_at("", __LINE__ - 2)));
    CHECK(lost("not released before: 2; acquired at ",
               at(__FILE__, acquired) + " x3; released at " + at(__FILE__, released) + " x1"));
    CHECK(ends(trap.rule(), "; released at " + at(__FILE__, released) + " x1"));
    CHECK(trap.rule().find(":" + std::to_string(acquired) + " x3; released at ") != std::string::npos);
    CHECK(ExAcquireRundownProtection(plain.ref) == TRUE);  // it is new
    ExReleaseRundownProtection(plain.ref);
  }
  SUBCASE("to free the pool memory that it lies in") {
    struct Device {
      int number;
      EX_RUNDOWN_REF ref;
    };
    auto* const device = static_cast<Device*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(Device), kTag));
    auto* const other = static_cast<Device*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(Device), kTag));
    CHECK(ExAcquireRundownProtection(&device->ref) == TRUE);
    const int acquired = __LINE__ - 1;
    CHECK(ExAcquireRundownProtection(&other->ref) == TRUE);
    ExFreePoolWithTag(device, kTag);
    CHECK(trap.count() == 1);
    CHECK(trap.operation().starts_with("ExFreePoolWithTag, called at 0x"));
    CHECK(lost("not released before: 1; acquired at ", at(__FILE__, acquired) + " x1"));
    ExReleaseRundownProtection(&other->ref);
    ExFreePoolWithTag(other, kTag);
    CHECK(trap.count() == 1);
  }
  SUBCASE("to free a cache-aware one") {
    const PEX_RUNDOWN_REF_CACHE_AWARE aware = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 1);
    CHECK(ExAcquireRundownProtectionCacheAware(aware) == TRUE);
    const int acquired = __LINE__ - 1;
    ExFreeCacheAwareRundownProtection(aware);
    CHECK(trap.count() == 1);
    CHECK(ends(trap.operation(), called_at("", __LINE__ - 2)));
    CHECK(lost("not released before: 1; acquired at ", at(__FILE__, acquired) + " x1"));
  }
  SUBCASE("to write zeros over it") {
    CHECK(ExAcquireRundownProtection(plain.ref) == TRUE);
    const int acquired = __LINE__ - 1;
    plain.memory = {};
    CHECK(ExAcquireRundownProtection(plain.ref) == TRUE);
    CHECK(trap.count() == 1);
    CHECK(lost("found without its references: 1; acquired at ", at(__FILE__, acquired) + " x1"));
    ExReleaseRundownProtection(plain.ref);
  }
  SUBCASE("to ask") {
    CHECK(nmr::wdk::report_rundown_leaks() == 0);
    CHECK(verified_enter(plain.ref) == TRUE);
    CHECK(nmr::wdk::report_rundown_leaks() == 1);
    CHECK(trap.count() == 1);
    CHECK(trap.rule().starts_with("not released: 1; acquired at "));
    CHECK(trap.rule().ends_with("verified.c:" + std::to_string(verified_line()) + " x1"));
    verified_leave_through_pointer(plain.ref);
  }
  const int before = trap.count();
  ExWaitForRundownProtectionRelease(plain.ref);
  CHECK(nmr::wdk::report_rundown_leaks() == 0);
  CHECK(trap.count() == before);
}

TEST_CASE("R168: a wait above APC_LEVEL, and what wants it run down, is reported with its file and line") {
  Plain plain;
  const PEX_RUNDOWN_REF_CACHE_AWARE aware = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 1);
  const MisuseTrap trap;
  int reports = 0;
  const auto reported = [&](int line, const char* rule) {
    return trap.count() == ++reports && ends(trap.operation(), called_at("", line)) && trap.rule() == rule;
  };
  ExReInitializeRundownProtection(plain.ref);
  CHECK(reported(__LINE__ - 1, "it has not run down"));
  ExRundownCompleted(plain.ref);
  CHECK(reported(__LINE__ - 1, "it has not run down"));
  ExReInitializeRundownProtectionCacheAware(aware);
  CHECK(reported(__LINE__ - 1, "it has not run down"));
  ExRundownCompletedCacheAware(aware);
  CHECK(reported(__LINE__ - 1, "it has not run down"));
  {
    const AtLevel dispatch(DISPATCH_LEVEL);
    ExWaitForRundownProtectionRelease(plain.ref);
    CHECK(reported(__LINE__ - 1, "called at level 2; it must be APC_LEVEL or below"));
    ExWaitForRundownProtectionReleaseCacheAware(aware);
    CHECK(reported(__LINE__ - 1, "called at level 2; it must be APC_LEVEL or below"));
  }
  CHECK(ExAcquireRundownProtection(plain.ref) == FALSE);  // they went on
  ExRundownCompleted(plain.ref);
  ExReInitializeRundownProtection(plain.ref);
  CHECK(ExAcquireRundownProtection(plain.ref) == TRUE);
  ExReleaseRundownProtection(plain.ref);
  ExRundownCompletedCacheAware(aware);
  ExReInitializeRundownProtectionCacheAware(aware);
  CHECK(ExAcquireRundownProtectionCacheAwareEx(aware, 2) == TRUE);
  ExReleaseRundownProtectionCacheAwareEx(aware, 2);
  ExFreeCacheAwareRundownProtection(aware);
  CHECK(trap.count() == reports);
}

TEST_CASE(
    "R169: the names that are verified are functions: called through pointers they are known by address") {
  Plain plain;
  BOOLEAN(NTAPI* const enter)(PEX_RUNDOWN_REF) = &ExAcquireRundownProtection;
  void(NTAPI* const leave)(PEX_RUNDOWN_REF) = ExReleaseRundownProtection;
  CHECK(enter(plain.ref) == TRUE);
  leave(plain.ref);
  const MisuseTrap trap;
  leave(plain.ref);
  CHECK(trap.count() == 1);
  CHECK(trap.operation().starts_with("ExReleaseRundownProtection, called at 0x"));
  // In C too; and what one language acquires the other releases.
  verified_leave_through_pointer(plain.ref);
  CHECK(trap.count() == 2);
  CHECK(verified_enter(plain.ref) == TRUE);
  ExReleaseRundownProtection(plain.ref);
  CHECK(enter(plain.ref) == TRUE);
  verified_leave_through_pointer(plain.ref);
  CHECK(trap.count() == 2);
}

TEST_CASE("R169: threads that enter and leave race a wait as they do without the verifier") {
  for (int round = 0; round != 20; ++round) {
    Plain plain;
    Threads users(2, [&](int) {
      while (ExAcquireRundownProtection(plain.ref)) ExReleaseRundownProtection(plain.ref);
    });
    dawdle(round * 200);
    ExWaitForRundownProtectionRelease(plain.ref);
    CHECK(ExAcquireRundownProtection(plain.ref) == FALSE);
    users.join();
    CHECK(nmr::wdk::report_rundown_leaks() == 0);
  }
}
