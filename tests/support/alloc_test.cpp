#include <doctest/doctest.h>

#include <new>
#include <thread>

#include "support/alloc.hpp"

// Calls operator new itself: a compiler may leave out the new and delete of an expression.

TEST_CASE("the counting allocator counts what any thread allocates and frees") {
  const alloc::Scope scope;
  void* const block = ::operator new(1);
  const auto held = scope.live();
  std::thread([block] { ::operator delete(block); }).join();
  const auto left = scope.live();
  CHECK(held == 1);
  CHECK(left == 0);
  CHECK(scope.made() >= 1);
}

TEST_CASE("the counting allocator fails the one allocation that it was told to") {
  void* blocks[3];
  bool too_early = true;
  bool happened = false;
  {
    const alloc::FailNth fail(2);
    too_early = fail.happened();
    for (void*& block : blocks) block = ::operator new(64, std::align_val_t(64), std::nothrow);
    happened = fail.happened();
  }
  CHECK(blocks[0] != nullptr);
  CHECK(blocks[1] == nullptr);
  CHECK(blocks[2] != nullptr);
  CHECK_FALSE(too_early);
  CHECK(happened);
  for (void* block : blocks) ::operator delete(block, std::align_val_t(64), std::nothrow);
}
