#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "binding/echo.hpp"
#include "platform/threads.hpp"
#include "support/misuse.hpp"

using nmr::Status;

static_assert(std::is_nothrow_move_constructible_v<EchoHold<PerThread>> &&
              std::is_nothrow_move_assignable_v<EchoHold<PerThread>> &&
              !std::is_copy_constructible_v<EchoHold<PerThread>>);
static_assert(std::is_nothrow_move_constructible_v<nmr::DetachCompletion> &&
              std::is_nothrow_move_assignable_v<nmr::DetachCompletion> &&
              !std::is_copy_constructible_v<nmr::DetachCompletion>);

TEST_CASE_TEMPLATE(
    "a hold is called through like its call, keeps the detach pending, and leaves the guard empty", Calls,
    PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  auto guard = handle.try_call();
  EchoHold<Calls> hold = guard.hold();
  CHECK_FALSE(static_cast<bool>(guard));
  CHECK(static_cast<bool>(hold));
  CHECK(hold.context() == module.provider.context());
  CHECK_FALSE(static_cast<bool>(guard.hold()));
  CountedCompletion done;
  CHECK(handle.detach(done));
  CHECK(done.runs() == 0);
  CHECK(hold->echo(hold.context(), 4) == EchoProvider::answer(4));
  hold.leave();
  CHECK_FALSE(static_cast<bool>(hold));
  CHECK(done.runs() == 1);
  hold.leave();
  CHECK(done.runs() == 1);
}

TEST_CASE_TEMPLATE("a hold moves, is empty when moved from, and leaves what it is assigned over", Calls,
                   PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoHandle<Calls> other(domain);
  EchoModule<Calls> one;
  EchoModule<Calls> two;
  CHECK(handle.attach(one.binding) == Status::kSuccess);
  CHECK(other.attach(two.binding) == Status::kSuccess);
  EchoHold<Calls> hold = handle.try_call().hold();
  CountedCompletion done_one;
  CountedCompletion done_two;
  CHECK(handle.detach(done_one));
  EchoHold<Calls> moved(std::move(hold));
  CHECK_FALSE(static_cast<bool>(hold));
  EchoHold<Calls>& self = moved;
  moved = std::move(self);
  CHECK(static_cast<bool>(moved));
  CHECK(done_one.runs() == 0);
  moved = other.try_call().hold();
  CHECK(done_one.runs() == 1);
  CHECK(other.detach(done_two));
  CHECK(moved->echo(moved.context(), 1) == EchoProvider::answer(1));
  CHECK(two.provider.entered() == 1);
  hold = EchoHold<Calls>();
  moved = EchoHold<Calls>();
  CHECK(done_two.runs() == 1);
}

TEST_CASE_TEMPLATE(
    "holds are taken and duplicated while the binding drains, and an empty one duplicates to empty", Calls,
    PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  auto guard = handle.try_call();
  CountedCompletion done;
  CHECK(handle.detach(done));
  std::vector<EchoHold<Calls>> holds;
  holds.push_back(guard.hold());
  for (std::size_t i = 0; i < 10; ++i) holds.push_back(holds[i].duplicate());
  while (!holds.empty()) {
    CHECK(done.runs() == 0);
    CHECK(holds.back()->echo(holds.back().context(), 2) == EchoProvider::answer(2));
    holds.pop_back();
  }
  CHECK(done.runs() == 1);
  const EchoHold<Calls> empty;
  CHECK_FALSE(static_cast<bool>(empty.duplicate()));
}

TEST_CASE_TEMPLATE(
    "R57: a call that completes asynchronously keeps the binding until then, whichever thread ends it", Calls,
    PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  for (int turn = 0; turn < 20; ++turn) {
    CHECK(handle.attach(module.binding) == Status::kSuccess);
    std::atomic<bool> may_end{false};
    std::atomic<int> answer{0};
    std::thread::id ended_on;
    CountedCompletion done;
    Threads worker;
    {
      auto guard = handle.try_call();
      worker.add([&, hold = guard.hold()](int) mutable {
        spin_until([&] { return may_end.load(); });
        ended_on = std::this_thread::get_id();
        answer.store(hold->echo(hold.context(), 6));
        hold.leave();
      });
    }
    CHECK(handle.detach(done));
    CHECK(done.runs() == 0);
    CHECK_FALSE(module.binding.detached());
    may_end.store(true);
    CHECK(module.binding.wait_until_detached() == Status::kSuccess);
    worker.join();
    CHECK(answer.load() == EchoProvider::answer(6));
    CHECK(done.runs() == 1);
    CHECK(done.thread() == ended_on);
  }
}

TEST_CASE_TEMPLATE(
    "waiting while one holds is not mistaken for waiting inside a call: a hold is of no thread", Calls,
    PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  EchoHold<Calls> hold = handle.try_call().hold();
  CHECK(handle.detach());
  CHECK(module.binding.wait_until_detached_for(std::chrono::milliseconds(1)) == Status::kTimeout);
  Threads(1, [&](int) { hold.leave(); }).join();
  CHECK(module.binding.wait_until_detached() == Status::kSuccess);
}

TEST_CASE("a detach completion says done once: when it is completed, or at its end") {
  CountedCompletion done;
  {
    nmr::DetachCompletion completion(done);
    CHECK(static_cast<bool>(completion));
    nmr::DetachCompletion moved(std::move(completion));
    CHECK_FALSE(static_cast<bool>(completion));
    CHECK(done.runs() == 0);
    moved.complete();
    CHECK(done.runs() == 1);
    CHECK_FALSE(static_cast<bool>(moved));
  }
  CHECK(done.runs() == 1);
  {
    nmr::DetachCompletion dropped(done);
  }
  CHECK(done.runs() == 2);
  {
    nmr::DetachCompletion empty;
  }
  CountedCompletion other;
  {
    nmr::DetachCompletion kept(done);
    kept = nmr::DetachCompletion(other);  // what it held before is dropped: done
    CHECK(done.runs() == 3);
    CHECK(other.runs() == 0);
    nmr::DetachCompletion& self = kept;
    kept = std::move(self);
    CHECK(other.runs() == 0);
  }
  CHECK(other.runs() == 1);
}

TEST_CASE("completing a detach twice, or through what was moved from, is trapped and has no effect") {
  CountedCompletion done;
  MisuseTrap trap;
  nmr::DetachCompletion completion(done);
  completion.complete();
  completion.complete();
  CHECK(trap.count() == 1);
  CHECK(trap.object() == "DetachCompletion");
  CHECK(trap.operation() == "complete");
  CHECK(done.runs() == 1);
  nmr::DetachCompletion next(done);
  nmr::DetachCompletion moved(std::move(next));
  next.complete();
  CHECK(trap.count() == 2);
  CHECK(done.runs() == 1);
  moved.complete();
  CHECK(done.runs() == 2);
}

TEST_CASE_TEMPLATE("R117: a guard and a hold tell whether a detach has begun, and keep what they go to",
                   Calls, PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CountedCompletion done;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  const EchoHold<Calls> hold = handle.try_call().hold();
  auto guard = handle.try_call();
  CHECK(guard.still_attached());
  CHECK(hold.still_attached());
  CHECK(handle.detach(done));
  CHECK_FALSE(guard.still_attached());
  CHECK_FALSE(hold.still_attached());
  CHECK(guard->echo(guard.context(), 3) == EchoProvider::answer(3));
  CHECK(done.runs() == 0);
}

TEST_CASE_TEMPLATE("R117: a guard tells whether what it goes to has been replaced", Calls, PerThread,
                   PerThreadRealFences) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> one;
  EchoModule<Calls> two;
  CHECK(handle.attach(one.binding) == Status::kSuccess);
  auto before = handle.try_call();
  CHECK(handle.attach(two.binding) == Status::kSuccess);
  auto after = handle.try_call();
  CHECK_FALSE(before.still_attached());
  CHECK(after.still_attached());
  before.leave();
  CHECK(one.binding.detached());
  after.leave();
  CHECK(handle.detach_and_wait() == Status::kSuccess);
}

TEST_CASE_TEMPLATE("R117: who asks between the calls under one guard lets a detach end", Calls, PerThread,
                   PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  std::atomic<bool> inside{false};
  Threads caller(1, [&](int) {
    const auto guard = handle.try_call();
    while (guard.still_attached()) {
      (void)guard->echo(guard.context(), 1);
      inside = true;
    }
  });
  spin_until([&] { return inside.load(); });
  CHECK(handle.detach_and_wait() == Status::kSuccess);
  caller.join();
  CHECK(module.binding.detached());
}
