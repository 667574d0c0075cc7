#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "platform/threads.hpp"
#include "support/misuse.hpp"
#include "wdk_support/levels.hpp"

namespace {

/// As a driver has it; and what it says of itself.
bool paged() {
  PAGED_CODE();
  return true;
}

}  // namespace

TEST_CASE("R142: a thread has a level of its own, that is raised and lowered") {
  CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
  KIRQL old = HIGH_LEVEL;
  KeRaiseIrql(APC_LEVEL, &old);
  CHECK(old == PASSIVE_LEVEL);
  CHECK(KeRaiseIrqlToDpcLevel() == APC_LEVEL);
  CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL);
  KIRQL of_another = HIGH_LEVEL;
  std::thread([&] { of_another = KeGetCurrentIrql(); }).join();
  CHECK(of_another == PASSIVE_LEVEL);
  KeLowerIrql(PASSIVE_LEVEL);
  CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
}

TEST_CASE("R142: to raise the level down, or to lower it up, is reported and changes nothing") {
  const AtLevel dispatch(DISPATCH_LEVEL);
  MisuseTrap trap;
  KIRQL old = HIGH_LEVEL;
  KeRaiseIrql(APC_LEVEL, &old);
  CHECK(trap.count() == 1);
  CHECK(trap.operation().starts_with("KeRaiseIrql, called at "));
  CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL);
  CHECK(old == DISPATCH_LEVEL);
  KeLowerIrql(HIGH_LEVEL);
  CHECK(trap.count() == 2);
  CHECK(trap.operation().starts_with("KeLowerIrql, called at "));
  CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL);
}

TEST_CASE("R142: PAGED_CODE reports a level above APC_LEVEL, and names the function") {
  MisuseTrap trap;
  CHECK(paged());
  {
    const AtLevel apc(APC_LEVEL);
    CHECK(paged());
  }
  CHECK(trap.count() == 0);
  const AtLevel dispatch(DISPATCH_LEVEL);
  CHECK(paged());
  CHECK(trap.count() == 1);
  CHECK(trap.operation() == "paged");
  CHECK(trap.rule() == "called at level 2; it must be APC_LEVEL or below");
}

TEST_CASE("R142: critical regions nest, and are left as often as they are entered") {
  MisuseTrap trap;
  CHECK(KeAreApcsDisabled() == FALSE);
  KeEnterCriticalRegion();
  KeEnterCriticalRegion();
  KeLeaveCriticalRegion();
  CHECK(KeAreApcsDisabled() == TRUE);
  KeLeaveCriticalRegion();
  CHECK(KeAreApcsDisabled() == FALSE);
  CHECK(trap.count() == 0);
  KeLeaveCriticalRegion();
  CHECK(trap.count() == 1);
  CHECK(KeAreApcsDisabled() == FALSE);
}
