// What handles, bindings, guards and holds allocate: nothing, but for the record of a thread that calls for the first
// time.
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include "binding/echo.hpp"
#include "support/alloc.hpp"

TEST_CASE_TEMPLATE("no allocation: a prepared call, a detach from inside a call, and giving a binding up",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  REQUIRE(handle.attach(module.binding) == nmr::Status::kSuccess);

  int right = 0;
  CountedCompletion freed;
  {
    const alloc::Scope scope;
    right += !handle.try_call_prepared() == std::is_same_v<Calls, nmr::PerThreadCalls>;  // not prepared
    CHECK(scope.made() == 0);
  }
  REQUIRE(domain.prepare_thread());
  const alloc::Scope scope;
  {
    auto guard = handle.try_call_prepared();
    auto hold = handle.try_call().hold();
    if constexpr (std::is_same_v<Calls, nmr::PerThreadCalls>) {  // a word does not know who is inside
      right += handle.detach_and_wait() == nmr::Status::kPossibleDeadlock;
    } else {
      right += handle.detach();
    }
    right += !handle.try_call_prepared();
    right += module.binding.abandon(freed) == nmr::Status::kSuccess;
    guard.leave();
    right += freed.runs() == 0;
    hold.leave();
  }
  right += freed.runs() == 1;
  right += module.binding.wait_until_detached() == nmr::Status::kSuccess;
  const std::size_t made = scope.made();
  CHECK(made == 0);
  CHECK(right == 7);
}

TEST_CASE_TEMPLATE(
    "no allocation: attaching, swapping, calling, holding and detaching, somebody inside or not", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> first;
  EchoModule<Calls> second;
  REQUIRE(handle.attach(first.binding) == nmr::Status::kSuccess);
  CHECK(calls_well(handle));  // registers the thread
  REQUIRE(handle.detach());

  int right = 0;
  CountedCompletion replaced;
  CountedCompletion done;
  const alloc::Scope scope;
  right += handle.attach(first.binding) == nmr::Status::kSuccess;
  right += handle.attach(second.binding, replaced) == nmr::Status::kSuccess;
  right += calls_well(handle);
  {
    std::optional<EchoGuard<Calls>> guard(std::in_place, handle.cell());
    EchoHold<Calls> hold = guard->hold();
    EchoHold<Calls> another = hold.duplicate();
    guard.emplace(handle.cell());
    right += handle.detach(done);  // a call and two holds are inside
    right += !calls_well(handle);
    right += second.binding.wait_until_detached_for(std::chrono::nanoseconds(1)) != nmr::Status::kSuccess;
    guard->leave();
    hold.leave();
  }
  right += second.binding.detached();
  right += handle.attach(first.binding) == nmr::Status::kSuccess;
  right += handle.detach_and_wait() == nmr::Status::kSuccess;
  right += !handle.detach();
  const std::size_t made = scope.made();
  CHECK(made == 0);
  CHECK(right == 10);
  CHECK(replaced.runs() == 1);
  CHECK(done.runs() == 1);
}
