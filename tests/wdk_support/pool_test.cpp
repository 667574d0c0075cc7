#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include <nmr/wdk/support/verifier.hpp>

#include "support/alloc.hpp"
#include "support/misuse.hpp"
#include "wdk_support/levels.hpp"

namespace {

enum : ULONG { kTag = 0x67615431, kOther = 0x67615432 };  // '1Tag', '2Tag'; in memory the other way round

bool is_zero(const void* memory, std::size_t bytes) {
  const auto* const byte = static_cast<const unsigned char*>(memory);
  for (std::size_t i = 0; i < bytes; ++i) {
    if (byte[i] != 0) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("R150: pool memory is zeroed where that is asked for, and freed by its tag or without") {
  for (int turn = 0; turn < 8; ++turn) {  // memory that was used before comes again
    void* const zeroed[] = {ExAllocatePoolZero(NonPagedPoolNx, 100, kTag),
                            ExAllocatePool2(POOL_FLAG_PAGED, 100, kTag)};
    for (void* const memory : zeroed) {
      REQUIRE(memory != nullptr);
      CHECK(is_zero(memory, 100));
      RtlFillMemory(memory, 100, 0xa5);
      ExFreePoolWithTag(memory, kTag);
    }
  }
  void* const blocks[] = {ExAllocatePoolUninitialized(NonPagedPoolNx, 10, kTag),
                          ExAllocatePoolWithTag(PagedPool, 0, kTag), ExAllocatePool(NonPagedPool, 10),
                          ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 10, kTag)};
  for (void* const memory : blocks) {
    CHECK(memory != nullptr);
    ExFreePool(memory);
  }
  CHECK(nmr::wdk::pool_in_use().blocks == 0);
}

TEST_CASE("R150: pool memory that is to be aligned for the cache is") {
  void* const blocks[] = {ExAllocatePoolZero(NonPagedPoolNxCacheAligned, 65, kTag),
                          ExAllocatePoolUninitialized(PagedPoolCacheAligned, 1, kTag),
                          ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_CACHE_ALIGNED, 200, kTag)};
  for (void* const memory : blocks) {
    CHECK(reinterpret_cast<std::uintptr_t>(memory) % 64 == 0);
    ExFreePool(memory);
  }
}

TEST_CASE("R150: what is freed with another tag, twice, or was never allocated is reported and stays") {
  MisuseTrap trap;
  void* const memory = ExAllocatePoolZero(NonPagedPoolNx, 10, kTag);
  ExFreePoolWithTag(memory, kOther);
  CHECK(trap.count() == 1);
  CHECK(trap.operation().starts_with("ExFreePoolWithTag, called at "));
  CHECK(trap.rule() == "freed with another tag than it was allocated with");
  CHECK(nmr::wdk::pool_in_use(kTag).blocks == 1);
  ExFreePoolWithTag(memory, kTag);
  CHECK(trap.count() == 1);
  ExFreePool(memory);
  int mine = 0;
  ExFreePool(&mine);
  ExFreePool(nullptr);
  CHECK(trap.count() == 4);
  CHECK(trap.rule() == "not allocated, or freed already");
}

TEST_CASE(
    "R150: pool is refused where its level, its flags or its size forbid it, and where there is no memory") {
  MisuseTrap trap;
  CHECK(ExAllocatePool2(POOL_FLAG_NON_PAGED, 0, kTag) == nullptr);
  CHECK(ExAllocatePool2(POOL_FLAG_NON_PAGED, 10, 0) == nullptr);
  CHECK(ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED, 10, kTag) == nullptr);
  CHECK(ExAllocatePool2(POOL_FLAG_UNINITIALIZED, 10, kTag) == nullptr);
  CHECK(trap.count() == 4);
  void* const paged = ExAllocatePoolZero(PagedPool, 10, kTag);
  {
    const AtLevel dispatch(DISPATCH_LEVEL);
    void* const memory = ExAllocatePoolZero(NonPagedPoolNx, 10, kTag);
    CHECK(memory != nullptr);
    ExFreePool(memory);
    CHECK(trap.count() == 4);
    CHECK(ExAllocatePoolZero(PagedPool, 10, kTag) == nullptr);
    CHECK(trap.count() == 5);
    CHECK(trap.operation().starts_with("ExAllocatePoolZero, called at "));
    ExFreePool(paged);
    CHECK(trap.count() == 6);
  }
  CHECK(nmr::wdk::pool_in_use(kTag).blocks == 1);
  ExFreePool(paged);
  CHECK(ExAllocatePoolZero(NonPagedPoolNx, ~SIZE_T{0}, kTag) == nullptr);
  void* memory = &trap;
  {
    const alloc::FailNth fail(1);
    memory = ExAllocatePoolZero(NonPagedPoolNx, 10, kTag);
    CHECK(fail.happened());
  }
  CHECK(memory == nullptr);
  CHECK(nmr::wdk::pool_in_use().blocks == 0);
  CHECK(trap.count() == 6);
}

TEST_CASE("R151: what is left of the pool is known by its tag, and reported with where it was asked for") {
  void* const one = ExAllocatePoolZero(NonPagedPoolNx, 10, kTag);
  void* const two = ExAllocatePool2(POOL_FLAG_PAGED, 20, kTag);
  void* const other = ExAllocatePoolZero(NonPagedPoolNx, 40, kOther);
  CHECK(nmr::wdk::pool_in_use(kTag).blocks == 2);
  CHECK(nmr::wdk::pool_in_use(kTag).bytes == 30);
  CHECK(nmr::wdk::pool_in_use().bytes == 70);
  {
    MisuseTrap trap;
    CHECK(nmr::wdk::report_pool_leaks(kOther) == 1);
    CHECK(trap.count() == 1);
    CHECK(trap.operation().starts_with("allocation of 40 bytes, tag 2Tag, called at 0x"));
    CHECK(trap.rule() == "not freed");
    CHECK(nmr::wdk::report_pool_leaks() == 3);
    CHECK(trap.count() == 4);
  }
  for (void* const memory : {one, two, other}) ExFreePool(memory);
  CHECK(nmr::wdk::report_pool_leaks() == 0);
}
