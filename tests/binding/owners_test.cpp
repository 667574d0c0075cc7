// Owners whose end is allowed, though something that was made with them has ended or is still out.
#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <utility>

#include "binding/echo.hpp"
#include "support/in_place.hpp"
#include "support/misuse.hpp"

using nmr::Status;

TEST_CASE_TEMPLATE("a domain counts the handles that are attached, however many came and went", Calls,
                   PerThread, PerThreadRealFences, OneWord) {
  MisuseTrap trap;
  InPlace<typename Calls::Domain> domain;
  InPlace<EchoHandle<Calls>> stays(*domain);
  for (int i = 0; i < 100; ++i) EchoHandle<Calls>(*domain).detach();
  stays.end();
  domain.end();
  CHECK(trap.count() == 0);
}

TEST_CASE_TEMPLATE("a handle may end while a guard is out that it gave, and the guard is left later", Calls,
                   PerThread, PerThreadRealFences) {
  // Some of them in slots, some without.
  constexpr std::size_t kGuards = nmr::StdAtomics::kCallSlots + 2;
  const MisuseTrap trap;
  typename Calls::Domain domain;
  EchoModule<Calls> module;
  CountedCompletion done;
  std::optional<EchoHandle<Calls>> handle(std::in_place, domain);
  CHECK(handle->attach(module.binding) == Status::kSuccess);
  std::optional<EchoGuard<Calls>> guards[kGuards];
  for (auto& guard : guards) guard.emplace(handle->cell());
  CHECK(handle->detach(done));
  handle.reset();
  for (auto& guard : guards) {
    CHECK(done.runs() == 0);
    CHECK((*guard)->echo(guard->context(), 1) == EchoProvider::answer(1));
    guard.reset();
  }
  CHECK(done.runs() == 1);
  CHECK(module.binding.detached());
  CHECK(trap.count() == 0);
}
