// What a call through a handle does to memory: counted by a policy in place of the atomics, and, with the stock
// types, kept from writing to whatever it shares with other threads.
#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <set>
#include <thread>
#include <utility>

#include "binding/echo.hpp"
#include "support/own_page.hpp"

namespace {

using Acting = ChosenThread<CountingAtomics>;
using Counted = nmr::BasicPerThreadCalls<Acting>;

/// Returns the cache lines that were written to since the last reset, in pairs: neighbours are fetched together.
std::set<std::uintptr_t> lines_written() {
  std::set<std::uintptr_t> lines;
  REQUIRE(counts().writes <= OperationCounts::kMaxWritten);
  for (int i = 0; i != counts().writes; ++i) {
    lines.insert(reinterpret_cast<std::uintptr_t>(counts().written[i]) / 128);
  }
  return lines;
}

/// Precondition: the thread is registered.
void check_cost_of_a_call(int stores) {
  CHECK(counts().stores == stores);
  CHECK(counts().read_modify_writes == 0);
  CHECK(counts().full_fences == 0);
  CHECK(counts().heavy_fences == 0);
  CHECK(counts().locks == 0);
}

/// Everything that the threads that call have in common, in pages of its own.
struct Shared {
  nmr::CallDomain domain;
  EchoHandle<PerThread> handle{domain};
  EchoHandle<PerThread> never_attached{domain};
  EchoBinding<PerThread> binding;

  explicit Shared(EchoProvider& provider) : binding(provider.table(), provider.context()) {}
};

}  // namespace

TEST_CASE("a guarded call has no lock, no read-modify-write and no fence, and stores twice") {
  Acting::act_as(1);
  Counted::Domain domain;
  EchoHandle<Counted> handle(domain);
  EchoModule<Counted> module;
  REQUIRE(handle.attach(module.binding) == nmr::Status::kSuccess);
  CHECK(calls_well(handle));  // registers the thread
  for (const bool leaves_early : {false, true}) {
    counts().reset();
    {
      auto guard = handle.try_call();
      CHECK(static_cast<bool>(guard));
      CHECK(guard->echo(guard.context(), 7) == EchoProvider::answer(7));
      if (leaves_early) guard.leave();
    }
    check_cost_of_a_call(2);
  }
  counts().reset();
  {
    const auto outer = handle.try_call();
    const auto inner = handle.try_call();
    CHECK((outer && inner));
  }
  check_cost_of_a_call(4);
  CHECK(handle.detach_and_wait() == nmr::Status::kSuccess);
  counts().reset();
  CHECK_FALSE(calls_well(handle));
  check_cost_of_a_call(2);  // to a slot, and back
}

TEST_CASE("a prepared call costs what any other does; what a guard and a handle are asked costs nothing") {
  Acting::act_as(1);
  Counted::Domain domain;
  EchoHandle<Counted> handle(domain);
  EchoModule<Counted> module;
  REQUIRE(handle.attach(module.binding) == nmr::Status::kSuccess);
  counts().reset();
  CHECK_FALSE(static_cast<bool>(handle.try_call_prepared()));
  check_cost_of_a_call(0);
  REQUIRE(domain.prepare_thread());
  counts().reset();
  {
    const auto guard = handle.try_call_prepared();
    CHECK((guard && handle.attached()));
    CHECK(guard.context() == module.provider.context());
    CHECK(guard->echo(guard.context(), 7) == EchoProvider::answer(7));
  }
  check_cost_of_a_call(2);
  CHECK(handle.detach_and_wait() == nmr::Status::kSuccess);
  counts().reset();
  CHECK_FALSE((handle.try_call_prepared() || handle.attached()));
  check_cost_of_a_call(2);
}

TEST_CASE("a hold is one read-modify-write when it is taken and one when it is left, and none else") {
  Acting::act_as(1);
  Counted::Domain domain;
  EchoHandle<Counted> handle(domain);
  EchoModule<Counted> module;
  REQUIRE(handle.attach(module.binding) == nmr::Status::kSuccess);
  CHECK(calls_well(handle));
  auto guard = handle.try_call();
  counts().reset();
  auto hold = guard.hold();
  CHECK(counts().read_modify_writes == 1);
  CHECK(counts().stores == 1);  // the guard is left
  counts().reset();
  CHECK(hold->echo(hold.context(), 7) == EchoProvider::answer(7));
  EchoHold<Counted> moved = std::move(hold);
  check_cost_of_a_call(0);
  auto second = moved.duplicate();
  CHECK(counts().read_modify_writes == 1);
  moved.leave();
  CHECK(counts().read_modify_writes == 2);
  second = {};
  CHECK(counts().read_modify_writes == 3);
  CHECK(counts().stores == 0);
  CHECK(counts().locks == 0);
  CHECK(counts().full_fences == 0);
  CHECK(handle.detach_and_wait() == nmr::Status::kSuccess);
}

TEST_CASE("to ask between calls whether a guard is still attached is one load") {
  Acting::act_as(1);
  Counted::Domain domain;
  EchoHandle<Counted> handle(domain);
  EchoModule<Counted> module;
  REQUIRE(handle.attach(module.binding) == nmr::Status::kSuccess);
  {
    const auto guard = handle.try_call();
    counts().reset();
    CHECK(guard.still_attached());
    CHECK(counts().loads == 1);
    check_cost_of_a_call(0);
  }
  CHECK(handle.detach_and_wait() == nmr::Status::kSuccess);
}

TEST_CASE("what two threads write in a guarded call lies on different lines") {
  Counted::Domain domain;
  EchoHandle<Counted> handle(domain);
  EchoModule<Counted> module;
  REQUIRE(handle.attach(module.binding) == nmr::Status::kSuccess);
  std::set<std::uintptr_t> lines[2];
  for (const std::uintptr_t thread : {1u, 2u, 1u, 2u}) {
    Acting::act_as(thread);
    CHECK(calls_well(handle));
  }
  for (const std::uintptr_t thread : {0u, 1u}) {
    Acting::act_as(thread + 1);
    counts().reset();
    CHECK(calls_well(handle));
    lines[thread] = lines_written();
    CHECK(lines[thread].size() == 1);
  }
  CHECK(lines[0] != lines[1]);
  CHECK(handle.detach_and_wait() == nmr::Status::kSuccess);
}

TEST_CASE("a guarded call writes neither to its handle, nor to the binding, nor to the domain") {
  EchoProvider provider;
  OwnPage<Shared> shared(provider);
  REQUIRE(shared->handle.attach(shared->binding) == nmr::Status::kSuccess);
  const auto call = [&shared] {
    if (!calls_well(shared->handle)) std::abort();  // registers the thread
    shared.lock();
    int right = 0;
    for (int i = 0; i != 100; ++i) {
      right += calls_well(shared->handle) ? 1 : 0;
      const auto outer = shared->handle.try_call();
      right += calls_well(shared->handle) ? 1 : 0;  // inside a call
      auto left = shared->handle.try_call();
      left.leave();
      const auto prepared = shared->handle.try_call_prepared();
      right += prepared && prepared->echo(prepared.context(), 7) == EchoProvider::answer(7) ? 1 : 0;
      right += !calls_well(shared->never_attached) && outer && !left ? 1 : 0;
    }
    shared.unlock();
    return right;
  };
  CHECK(call() == 400);
  int on_another_thread = 0;
  std::thread([&] { on_another_thread = call(); }).join();
  CHECK(on_another_thread == 400);
  CHECK(shared->handle.detach_and_wait() == nmr::Status::kSuccess);
}
