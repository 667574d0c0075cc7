#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>

#include "binding/echo.hpp"
#include "platform/threads.hpp"
#include "support/misuse.hpp"

using nmr::Status;
using std::chrono::milliseconds;

static_assert(sizeof(nmr::BindingHandle<EchoNpi>) <= 64);
static_assert(sizeof(EchoHandle<OneWord>) <= 64);
static_assert(sizeof(EchoHold<PerThread>) == sizeof(void*));
static_assert(!std::is_copy_constructible_v<EchoGuard<PerThread>> &&
              !std::is_move_constructible_v<EchoGuard<PerThread>>);
static_assert(!std::is_copy_constructible_v<EchoHandle<PerThread>> &&
              !std::is_move_constructible_v<EchoHandle<PerThread>>);
static_assert(!std::is_copy_constructible_v<EchoBinding<PerThread>> &&
              !std::is_move_constructible_v<EchoBinding<PerThread>>);
static_assert(
    noexcept(std::declval<EchoHandle<PerThread>&>().try_call()) &&
    noexcept(std::declval<EchoHandle<PerThread>&>().attach(std::declval<EchoBinding<PerThread>&>())) &&
    noexcept(std::declval<EchoHandle<PerThread>&>().detach()) &&
    noexcept(std::declval<EchoHandle<PerThread>&>().detach_and_wait()) &&
    noexcept(std::declval<EchoBinding<PerThread>&>().wait_until_detached()));

TEST_CASE_TEMPLATE("an empty handle refuses, and detaching it has nothing to wait for", Calls, PerThread,
                   PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  CHECK_FALSE(handle.attached());
  auto guard = handle.try_call();
  CHECK_FALSE(static_cast<bool>(guard));
  CHECK_FALSE(static_cast<bool>(guard.hold()));
  guard.leave();
  CountedCompletion done;
  CHECK_FALSE(handle.detach(done));
  CHECK(done.runs() == 1);
  CHECK_FALSE(handle.detach());
  CHECK(handle.detach_and_wait() == Status::kSuccess);
}

TEST_CASE_TEMPLATE("what is attached is called, what is detached is not, and it may be attached again", Calls,
                   PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CHECK(module.binding.detached());
  for (int turn = 1; turn <= 3; ++turn) {
    CHECK(handle.attach(module.binding) == Status::kSuccess);
    CHECK(handle.attached());
    CHECK_FALSE(module.binding.detached());
    CHECK(calls_well(handle));
    CHECK(module.provider.entered() == turn);
    CountedCompletion done;
    CHECK(handle.detach(done));
    CHECK(done.runs() == 1);
    CHECK_FALSE(handle.attached());
    CHECK(module.binding.detached());
    CHECK_FALSE(static_cast<bool>(handle.try_call()));
  }
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  CHECK(handle.detach());
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  CHECK(handle.detach_and_wait() == Status::kSuccess);
  CHECK(module.binding.wait_until_detached() == Status::kSuccess);
}

TEST_CASE_TEMPLATE("R53: once detach was called new calls are refused, and those inside finish", Calls,
                   PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  CountedCompletion done;
  {
    const auto guard = handle.try_call();
    CHECK(handle.detach(done));
    CHECK_FALSE(static_cast<bool>(handle.try_call()));
    CHECK_FALSE(static_cast<bool>(handle.try_call_prepared()));
    CHECK(guard->echo(guard.context(), 1) == EchoProvider::answer(1));
    CHECK(done.runs() == 0);
    CHECK_FALSE(module.binding.detached());
  }
  CHECK(done.runs() == 1);
  CHECK(module.binding.detached());
}

TEST_CASE_TEMPLATE("R54: a refusal is a value, and the callee is not entered", Calls, PerThread,
                   PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  CHECK(handle.detach());
  int refused = 0;
  for (int i = 0; i < 100; ++i) refused += calls_well(handle) ? 0 : 1;
  CHECK(refused == 100);
  CHECK(module.provider.entered() == 0);
}

TEST_CASE_TEMPLATE("R55: the last of the calls in flight completes the detach, once, on its own thread",
                   Calls, PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  constexpr int kCallers = 5;
  std::atomic<int> inside{0};
  std::atomic<int> may_leave{0};
  std::thread::id threads[kCallers];
  CountedCompletion done;
  {
    Threads callers(kCallers, [&](int i) {
      threads[i] = std::this_thread::get_id();
      const auto guard = handle.try_call();
      inside.fetch_add(guard ? 1 : 0);
      spin_until([&] { return may_leave.load() > i; });
    });
    spin_until([&] { return inside.load() == kCallers; });
    CHECK(handle.detach(done));
    CHECK(done.runs() == 0);
    may_leave.store(kCallers - 1);
    // All but the last go, at their own pace: it alone keeps the detach pending.
    CHECK(module.binding.wait_until_detached_for(milliseconds(1)) == Status::kTimeout);
    CHECK(done.runs() == 0);
    may_leave.store(kCallers);
    CHECK(module.binding.wait_until_detached() == Status::kSuccess);
  }
  CHECK(done.runs() == 1);
  bool on_a_caller = false;
  for (const auto& thread : threads) on_a_caller = on_a_caller || thread == done.thread();
  CHECK(on_a_caller);
}

TEST_CASE_TEMPLATE("R58: a call in flight may detach its own binding: pending, and completed when it leaves",
                   Calls, PerThread, PerThreadRealFences, OneWord) {
  struct Self {
    EchoHandle<Calls>& handle;
    CountedCompletion done;
    bool detached = false;
    int runs_inside = -1;
    bool refused = false;
  };
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  Self self{handle, {}};
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  {
    const auto guard = handle.try_call();
    guard->visit(
        guard.context(),
        [](void* argument) {
          Self& inside = *static_cast<Self*>(argument);
          inside.detached = inside.handle.detach(inside.done);
          inside.runs_inside = inside.done.runs();
          inside.refused = !inside.handle.try_call();
        },
        &self);
    CHECK(self.detached);
    CHECK(self.refused);
    CHECK(self.runs_inside == 0);
    CHECK(self.done.runs() == 0);
  }
  CHECK(self.done.runs() == 1);
  CHECK(module.binding.detached());
}

TEST_CASE_TEMPLATE(
    "R106: waiting from inside a guarded call is an error value; the detach goes on all the same", Calls,
    PerThread, PerThreadRealFences) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  {
    auto guard = handle.try_call();
    CHECK(module.binding.wait_until_detached() == Status::kPossibleDeadlock);
    CHECK(module.binding.wait_until_detached_for(milliseconds(1)) == Status::kPossibleDeadlock);
    CHECK(handle.attached());
    CHECK(handle.detach_and_wait() == Status::kPossibleDeadlock);
    CHECK_FALSE(handle.attached());
    CHECK_FALSE(module.binding.detached());
    CHECK(module.binding.wait_until_detached() == Status::kPossibleDeadlock);
    guard.leave();
    CHECK(module.binding.detached());
    CHECK(module.binding.wait_until_detached() == Status::kSuccess);
  }
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  {
    // Another thread's call is no reason to fail: one can wait for that.
    std::atomic<bool> inside{false};
    std::atomic<bool> leave{false};
    Threads caller(1, [&](int) {
      const auto guard = handle.try_call();
      inside.store(true);
      spin_until([&] { return leave.load(); });
    });
    spin_until([&] { return inside.load(); });
    CHECK(module.binding.wait_until_detached_for(milliseconds(1)) == Status::kTimeout);
    CHECK(handle.detach());
    CHECK(module.binding.wait_until_detached_for(milliseconds(1)) == Status::kTimeout);
    leave.store(true);
    CHECK(module.binding.wait_until_detached() == Status::kSuccess);
  }
}

TEST_CASE_TEMPLATE("attaching what is attached or drains is refused, and changes nothing", Calls, PerThread,
                   PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoHandle<Calls> other(domain);
  EchoModule<Calls> module;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  CHECK(handle.attach(module.binding) == Status::kInvalidDeviceState);
  CHECK(other.attach(module.binding) == Status::kInvalidDeviceState);
  CHECK_FALSE(other.attached());
  CHECK(calls_well(handle));
  {
    const auto guard = handle.try_call();
    CHECK(handle.detach());
    CHECK(other.attach(module.binding) == Status::kInvalidDeviceState);
    CHECK(guard->echo(guard.context(), 3) == EchoProvider::answer(3));
  }
  CHECK(other.attach(module.binding) == Status::kSuccess);
  CHECK(calls_well(other));
  CHECK_FALSE(calls_well(handle));
  CHECK(other.detach());
}

TEST_CASE_TEMPLATE(
    "attaching into an occupied handle swaps: the old one is detached, the next calls go to the new one",
    Calls, PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> one;
  EchoModule<Calls> two;
  CHECK(handle.attach(one.binding) == Status::kSuccess);
  CHECK(calls_well(handle));
  for (int turn = 1; turn <= 3; ++turn) {
    CHECK(handle.attach(two.binding) == Status::kSuccess);
    CHECK(one.binding.detached());
    CHECK(calls_well(handle));
    CHECK(two.provider.entered() == turn);
    CHECK(handle.attach(one.binding) == Status::kSuccess);
    CHECK(two.binding.detached());
    CHECK(calls_well(handle));
    CHECK(one.provider.entered() == turn + 1);
  }
  CHECK(handle.detach_and_wait() == Status::kSuccess);
}

TEST_CASE_TEMPLATE("counted per thread, one may swap what one is inside of: it drains beside the new one",
                   Calls, PerThread, PerThreadRealFences) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> one;
  EchoModule<Calls> two;
  CHECK(handle.attach(one.binding) == Status::kSuccess);
  {
    const auto old_call = handle.try_call();
    CHECK(handle.attach(two.binding) == Status::kSuccess);
    CHECK_FALSE(one.binding.detached());
    CHECK(calls_well(handle));
    CHECK(two.provider.entered() == 1);
    CHECK(old_call->echo(old_call.context(), 5) == EchoProvider::answer(5));
    CHECK(one.provider.entered() == 1);
    CHECK(one.binding.wait_until_detached() == Status::kPossibleDeadlock);
  }
  CHECK(one.binding.detached());
  CHECK(handle.detach_and_wait() == Status::kSuccess);
}

TEST_CASE_TEMPLATE(
    "a provider without functions or without a context is attached, called and detached as any other", Calls,
    PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoBinding<Calls> nothing(nullptr, nullptr);
  CHECK(handle.attach(nothing) == Status::kSuccess);
  CountedCompletion done;
  {
    auto guard = handle.try_call();
    CHECK(static_cast<bool>(guard));
    CHECK(guard.operator->() == nullptr);
    CHECK(guard.context() == nullptr);
    CHECK(handle.detach(done));
    auto hold = guard.hold();
    CHECK(static_cast<bool>(hold));
    CHECK(hold.operator->() == nullptr);
    CHECK(hold.context() == nullptr);
    CHECK(done.runs() == 0);
  }
  CHECK(done.runs() == 1);
}

TEST_CASE_TEMPLATE("waiting may begin before anybody detaches, on any number of threads", Calls, PerThread,
                   PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  std::atomic<int> about_to_wait{0};
  std::atomic<int> told{0};
  Threads waiters(4, [&](int i) {
    about_to_wait.fetch_add(1);
    Status status = Status::kTimeout;
    while (i % 2 == 0 && status == Status::kTimeout) {
      status = module.binding.wait_until_detached_for(std::chrono::microseconds(100));
    }
    if (i % 2 != 0) status = module.binding.wait_until_detached();
    told.fetch_add(status == Status::kSuccess ? 1 : 0);
  });
  spin_until([&] { return about_to_wait.load() == 4; });
  CHECK(told.load() == 0);
  CHECK(handle.detach());
  waiters.join();
  CHECK(told.load() == 4);
}

TEST_CASE_TEMPLATE("destroying a handle while something is attached is trapped", Calls, PerThread,
                   PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  MisuseTrap trap;
  {
    EchoModule<Calls> module;
    {
      EchoHandle<Calls> handle(domain);
      CHECK(handle.attach(module.binding) == Status::kSuccess);
    }
    CHECK(trap.count() == 1);
    CHECK(trap.object() == "BindingHandle");
    CHECK(trap.operation() == "~BindingHandle");
  }
  CHECK(trap.count() == 3);  // nobody can detach it any more, so the binding goes, and with it its references
  CHECK(trap.object() == "RundownRef");
  {
    EchoHandle<Calls> never_attached(domain);
  }
  CHECK(trap.count() == 3);
}

namespace {

/// As if the domain had been made by an image with another layout.
struct OtherLayout : OneWord {
  struct Domain : OneWord::Domain {
    using OneWord::Domain::Domain;
    [[nodiscard]] unsigned layout_version() const noexcept { return nmr::kLayoutVersion + 1; }
  };
  struct Cell : OneWord::Cell {
    explicit Cell(Domain& its_domain) noexcept : OneWord::Cell(its_domain), domain_(&its_domain) {}
    [[nodiscard]] Domain& domain() const noexcept { return *domain_; }

   private:
    Domain* domain_;
  };
};

}  // namespace

TEST_CASE("a domain of another layout is refused, before anything of it is used") {
  OtherLayout::Domain domain;
  EchoHandle<OtherLayout> handle(domain);
  EchoModule<OtherLayout> module;
  CHECK(handle.attach(module.binding) == Status::kRevisionMismatch);
  CHECK_FALSE(handle.attached());
  CHECK(module.binding.detached());
}
