#include <doctest/doctest.h>

#include <wdm.h>

#include <csignal>

#include "support/death.hpp"
#include "support/misuse.hpp"

TEST_CASE("R170: a UUID is drawn anew each time, and marked as random") {
  UUID drawn[100];
  for (UUID& uuid : drawn) {
    CHECK(ExUuidCreate(&uuid) == STATUS_SUCCESS);
    CHECK((uuid.Data3 & 0xf000) == 0x4000);
    CHECK((uuid.Data4[0] & 0xc0) == 0x80);
    for (const UUID* earlier = drawn; earlier != &uuid; ++earlier) CHECK_FALSE(IsEqualGUID(*earlier, uuid));
  }
}

TEST_CASE("R170: above PASSIVE_LEVEL no UUID is drawn, and that is reported") {
  UUID uuid{1, 2, 3, {4}};
  const UUID before = uuid;
  KIRQL old;
  KeRaiseIrql(APC_LEVEL, &old);
  MisuseTrap trap;
  CHECK(ExUuidCreate(&uuid) == STATUS_UNSUCCESSFUL);
  KeLowerIrql(old);
  CHECK(trap.count() == 1);
  CHECK(IsEqualGUID(uuid, before));
}

TEST_CASE("R171: a processor's index and its number lead to each other") {
  const ULONG count = KeQueryMaximumProcessorCount();
  CHECK(count == KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS));
  KAFFINITY active = 0;
  CHECK(KeQueryActiveProcessorCount(&active) == count);
  CHECK(KeQueryActiveProcessorCount(nullptr) == count);
  for (ULONG index = 0; index < count; ++index) {
    PROCESSOR_NUMBER number{7, 7, 7};
    CHECK(KeGetProcessorNumberFromIndex(index, &number) == STATUS_SUCCESS);
    CHECK(number.Group == 0);
    CHECK(number.Number == index);
    CHECK(number.Reserved == 0);
    CHECK(KeGetProcessorIndexFromNumber(&number) == index);
    CHECK((active & 1) == 1);
    active >>= 1;
  }
  CHECK(active == 0);
}

TEST_CASE("R171: what is no processor has no index and no number") {
  PROCESSOR_NUMBER number{7, 7, 7};
  CHECK(KeGetProcessorNumberFromIndex(KeQueryMaximumProcessorCount(), &number) == STATUS_INVALID_PARAMETER);
  CHECK(number.Group == 7);
  PROCESSOR_NUMBER behind{0, static_cast<UCHAR>(KeQueryMaximumProcessorCount()), 0};
  CHECK(KeGetProcessorIndexFromNumber(&behind) == INVALID_PROCESSOR_INDEX);
  PROCESSOR_NUMBER other_group{1, 0, 0};
  CHECK(KeGetProcessorIndexFromNumber(&other_group) == INVALID_PROCESSOR_INDEX);
}

TEST_CASE("R172: what fails fast ends the process") {
  CHECK(run_in_child([] { RtlFailFast(FAST_FAIL_INVALID_ARG); }).signal == SIGABRT);
}
