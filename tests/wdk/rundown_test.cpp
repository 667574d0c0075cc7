// Rundown protection by its Windows names.
#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <vector>

#include <rundown.h>

#include "platform/threads.hpp"
#include "support/misuse.hpp"

namespace {

/// The functions for one kind of reference, under one name each; and a reference of that kind.
struct Plain {
  EX_RUNDOWN_REF ref;
  Plain() { std::memset(&ref, 0, sizeof ref); }  // zeros, and no ExInitialize
  BOOLEAN acquire() { return ExAcquireRundownProtection(&ref); }
  BOOLEAN acquire(ULONG count) { return ExAcquireRundownProtectionEx(&ref, count); }
  void release() { ExReleaseRundownProtection(&ref); }
  void release(ULONG count) { ExReleaseRundownProtectionEx(&ref, count); }
  void wait() { ExWaitForRundownProtectionRelease(&ref); }
  void completed() { ExRundownCompleted(&ref); }
  void reinitialize() { ExReInitializeRundownProtection(&ref); }
};
struct CacheAware {
  PEX_RUNDOWN_REF_CACHE_AWARE ref;
  explicit CacheAware(PEX_RUNDOWN_REF_CACHE_AWARE which) : ref(which) {}
  BOOLEAN acquire() { return ExAcquireRundownProtectionCacheAware(ref); }
  BOOLEAN acquire(ULONG count) { return ExAcquireRundownProtectionCacheAwareEx(ref, count); }
  void release() { ExReleaseRundownProtectionCacheAware(ref); }
  void release(ULONG count) { ExReleaseRundownProtectionCacheAwareEx(ref, count); }
  void wait() { ExWaitForRundownProtectionReleaseCacheAware(ref); }
  void completed() { ExRundownCompletedCacheAware(ref); }
  void reinitialize() { ExReInitializeRundownProtectionCacheAware(ref); }
};
struct Allocated : CacheAware {
  Allocated() : CacheAware(ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 1)) {
    REQUIRE(ref != nullptr);
  }
  Allocated(const Allocated&) = delete;
  Allocated& operator=(const Allocated&) = delete;
  ~Allocated() { ExFreeCacheAwareRundownProtection(ref); }
};
/// In memory of its own that is not aligned and ends where it says.
struct InPlace : CacheAware {
  std::unique_ptr<unsigned char[]> memory =
      std::make_unique<unsigned char[]>(ExSizeOfRundownProtectionCacheAware() + 8);
  InPlace() : CacheAware(nullptr) {
    std::memset(memory.get(), 0xcd, ExSizeOfRundownProtectionCacheAware() + 8);
    ref = reinterpret_cast<PEX_RUNDOWN_REF_CACHE_AWARE>(memory.get() + 8);
    ExInitializeRundownProtectionCacheAware(ref, ExSizeOfRundownProtectionCacheAware());
  }
};

}  // namespace

TEST_CASE_TEMPLATE("R128, R129, R85, R90, R92, R93, R95, R96: given, refused, waited for and opened again",
                   Ref, Plain, Allocated, InPlace) {
  Ref ref;
  for (int life = 0; life != 3; ++life) {
    CHECK(ref.acquire() == TRUE);
    ref.release();
    CHECK(ref.acquire(0) == TRUE);
    ref.release(0);
    ref.wait();  // nobody is inside: at once
    CHECK(ref.acquire() == FALSE);
    CHECK(ref.acquire(0) == FALSE);
    ref.wait();
    ref.completed();
    ref.completed();
    ref.wait();
    CHECK(ref.acquire() == FALSE);
    ref.reinitialize();
  }
  const MisuseTrap trap;
  ref.reinitialize();
  CHECK(trap.count() == 1);
  ref.completed();
  CHECK(trap.count() == 2);
  CHECK(ref.acquire() == TRUE);  // nothing has changed
  ref.release();
}

TEST_CASE_TEMPLATE("R128, R129, R86: what is run down before it is published refuses until it is opened", Ref,
                   Plain, Allocated, InPlace) {
  Ref ref;
  ref.wait();  // as drivers make one that is born run down
  Threads user(1, [&](int) { CHECK(ref.acquire() == FALSE); });
  user.join();
  ref.reinitialize();
  CHECK(ref.acquire(2) == TRUE);
  ref.release(2);
}

TEST_CASE_TEMPLATE("R128, R129, R87 to R89, R91, R97, R107: several at once, in any split, from any thread",
                   Ref, Plain, Allocated, InPlace) {
  Ref ref;
  std::atomic<int> inside = 8;
  CHECK(ref.acquire(5) == TRUE);
  CHECK(ref.acquire() == TRUE);
  CHECK(ref.acquire(2) == TRUE);
  Threads others(2, [&](int) {  // none was taken here
    while (ref.acquire()) ref.release();  // until the wait has begun, with all of them out
    CHECK(ref.acquire(2) == FALSE);
    inside -= 4;
    ref.release(3);
    ref.release();
  });
  ref.wait();
  CHECK(inside == 0);
  others.join();
}

TEST_CASE_TEMPLATE("R128, R129, R94: several threads wait for one end, and all return", Ref, Plain, Allocated,
                   InPlace) {
  Ref ref;
  for (int round = 0; round != 50; ++round) {
    CHECK(ref.acquire() == TRUE);
    std::atomic<bool> left = false;
    StartLine start(3);
    Threads waiters(2, [&](int) {
      start.arrive_and_wait();
      ref.wait();
      CHECK(left);
    });
    start.arrive_and_wait();
    dawdle(round * 30);
    left = true;
    ref.release();
    waiters.join();
    ref.reinitialize();
  }
}

TEST_CASE_TEMPLATE("R128, R129, R98: a release too many is reported by the end, and wraps nothing", Ref,
                   Plain, Allocated, InPlace) {
  Ref ref;
  CHECK(ref.acquire() == TRUE);
  ref.release();
  const MisuseTrap trap;
  ref.release();
  ref.wait();
  CHECK(trap.count() == 1);
  CHECK(ref.acquire() == FALSE);
  ref.reinitialize();
  CHECK(ref.acquire() == TRUE);
  ref.release();
  ref.wait();
  CHECK(trap.count() == 1);
}

TEST_CASE(
    "R128, R99: as many as a ULONG says are given where they can be counted, else refused and reported") {
  Plain ref;
  constexpr ULONG kMany = ~ULONG{0};
  const MisuseTrap trap;
  const bool fits = kMany <= nmr::RundownRef::max_refs();
  CHECK(ref.acquire(kMany) == (fits ? TRUE : FALSE));
  if (fits) ref.release(kMany);
  CHECK(trap.count() == (fits ? 0 : 1));
  ref.wait();
}

TEST_CASE("R128, R102: to be refused changes no bit of it, and asks for no release") {
  Plain ref;
  ref.wait();
  const EX_RUNDOWN_REF before = ref.ref;
  for (int i = 0; i != 10; ++i) CHECK(ref.acquire(static_cast<ULONG>(i)) == FALSE);
  CHECK(std::memcmp(&before, &ref.ref, sizeof before) == 0);
  ref.wait();
}

TEST_CASE("R128, R135: zeros and ExInitialize are the same, and misuse is reported") {
  EX_RUNDOWN_REF zeros{};
  EX_RUNDOWN_REF ref;
  std::memset(&ref, 0xcd, sizeof ref);
  ExInitializeRundownProtection(&ref);
  CHECK(std::memcmp(&ref, &zeros, sizeof ref) == 0);
  CHECK(ExAcquireRundownProtection(&zeros) == TRUE);
  ExReleaseRundownProtection(&zeros);
  CHECK(std::memcmp(&ref, &zeros, sizeof ref) == 0);
  const MisuseTrap trap;
  ExReleaseRundownProtection(&zeros);
  CHECK(trap.count() == 1);
  CHECK(trap.object() == "RundownRef");
  ExWaitForRundownProtectionRelease(&zeros);
  CHECK(ExAcquireRundownProtection(&zeros) == FALSE);
}

TEST_CASE("R135: memory of zeros that a compiler writes is seen by the first acquire") {
  for (int i = 0; i != 100; ++i) {
    struct Object {
      int value;
      EX_RUNDOWN_REF ref;
    };
    Object object = {};
    CHECK(ExAcquireRundownProtection(&object.ref) == TRUE);
    ExReleaseRundownProtection(&object.ref);
    ExWaitForRundownProtectionRelease(&object.ref);
    object = {};
    CHECK(ExAcquireRundownProtection(&object.ref) == TRUE);
  }
}

TEST_CASE("R136: any room is used, as many shards as fit, and what is too small is left alone") {
  using Ref = nmr::ShardedRundownRef;
  constexpr std::size_t kMost = Ref::bytes_in_place(8);
  CHECK(Ref::bytes_in_place(1) < Ref::bytes_in_place(2));
  CHECK(Ref::bytes_in_place(5) == kMost);
  alignas(Ref) unsigned char memory[kMost + 1];
  for (std::size_t bytes = 0; bytes <= kMost; bytes += bytes < Ref::bytes_in_place(1) - 1 ? 31 : 1) {
    std::memset(memory, 0xcd, sizeof memory);
    Ref* const ref = Ref::make_in_place(memory, bytes);
    CHECK((ref == nullptr) == (bytes < Ref::bytes_in_place(1)));
    CHECK(memory[bytes] == 0xcd);
    if (ref == nullptr) {
      CHECK(memory[0] == 0xcd);
      continue;
    }
    CHECK(ref->try_acquire(2));
    ref->release(2);
    ref->run_down();
    CHECK(!ref->try_acquire());
    CHECK(memory[bytes] == 0xcd);
    ref->~Ref();
  }
}

TEST_CASE_TEMPLATE("R128, R129, R100, R101: users race a wait, whose caller then frees all", Ref, Plain,
                   Allocated, InPlace) {
  for (int round = 0; round != 50; ++round) {
    auto object = std::make_unique<int>(1);
    Ref ref;
    std::atomic<int> wrong = 0;
    Threads users(2, [&](int) {
      while (ref.acquire()) {
        if (*object != 1) ++wrong;
        ref.release();
      }
    });
    dawdle(round * 50);
    ref.wait();
    *object = 2;
    object.reset();
    users.join();
    CHECK(wrong == 0);
  }
}
