#include <doctest/doctest.h>
#include <sys/time.h>

#include <atomic>
#include <csignal>
#include <optional>

#include "binding/echo.hpp"
#include "platform/threads.hpp"
#include "support/death.hpp"

using nmr::Status;

namespace {

/// Ends the child with the number of the first expectation that does not hold.
void expect(bool holds, int number) {
  if (!holds) _exit(number);
}

/// Whoever has a mutex of this kind keeps it for as long as the test wants.
struct Keeps : nmr::StdAtomics {
  static inline std::atomic<bool> wanted{false};
  static inline std::atomic<bool> kept{false};

  class Mutex : public nmr::StdAtomics::Mutex {
   public:
    void unlock() noexcept {
      kept = true;
      spin_until([] { return !wanted.load(); });
      nmr::StdAtomics::Mutex::unlock();
    }
  };
};

}  // namespace

TEST_CASE_TEMPLATE("the child of a fork calls through a handle, detaches it and attaches it again", Calls,
                   PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  CHECK(calls_well(handle));
  const Death child = run_in_child([&] {
    expect(calls_well(handle), 1);
    CountedCompletion done;
    {
      const auto guard = handle.try_call();
      expect(handle.detach(done) && done.runs() == 0, 2);
    }
    expect(done.runs() == 1, 3);
    expect(!calls_well(handle), 4);
    expect(handle.attach(module.binding) == Status::kSuccess && calls_well(handle), 5);
    expect(handle.detach_and_wait() == Status::kSuccess, 6);
  });
  CHECK(child.signal == 0);
  CHECK(child.status == 0);
  CHECK(child.output == "");
  CHECK(calls_well(handle));  // the parent has seen nothing of it
  CHECK(handle.detach_and_wait() == Status::kSuccess);
}

TEST_CASE_TEMPLATE("a call that was in progress at the fork is left in both, and ends a detach in both",
                   Calls, PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  CountedCompletion done;
  std::optional<EchoGuard<Calls>> guard;
  guard.emplace(handle.cell());
  CHECK(handle.detach(done));
  const Death child = run_in_child([&] {
    expect(done.runs() == 0, 1);
    guard.reset();
    expect(done.runs() == 1, 2);
  });
  CHECK(child.signal == 0);
  CHECK(child.status == 0);
  CHECK(done.runs() == 0);
  guard.reset();
  CHECK(done.runs() == 1);
}

TEST_CASE_TEMPLATE("what another thread was inside of at the fork never drains in the child; all else does",
                   Calls, PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> busy(domain);
  EchoHandle<Calls> idle(domain);
  EchoModule<Calls> busy_module;
  EchoModule<Calls> idle_module;
  CHECK(busy.attach(busy_module.binding) == Status::kSuccess);
  CHECK(idle.attach(idle_module.binding) == Status::kSuccess);
  std::atomic<bool> inside{false};
  std::atomic<bool> leave{false};
  Threads other(1, [&](int) {
    const auto guard = busy.try_call();
    inside.store(true);
    spin_until([&] { return leave.load(); });
  });
  spin_until([&] { return inside.load(); });
  const Death child = run_in_child([&] {
    CountedCompletion busy_done;
    CountedCompletion idle_done;
    expect(busy.detach(busy_done) && busy_done.runs() == 0, 1);
    expect(calls_well(idle), 2);
    {
      const auto guard = idle.try_call();
      expect(idle.detach(idle_done) && idle_done.runs() == 0, 3);
    }
    expect(idle_done.runs() == 1, 4);
    expect(busy_done.runs() == 0, 5);
    _exit(0);  // without destroying what never drained
  });
  CHECK(child.signal == 0);
  CHECK(child.status == 0);
  leave.store(true);
  other.join();
  CHECK(busy.detach_and_wait() == Status::kSuccess);
  CHECK(idle.detach_and_wait() == Status::kSuccess);
}

// Where it is deaf to its signals instead, it stays for good, and this test runs out of time.
TEST_CASE("a child that waits for a mutex which another thread had at the fork still dies of a signal") {
  using Calls = nmr::BasicPerThreadCalls<Keeps>;
  Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  Keeps::wanted = true;
  Threads other(1, [&](int) { (void)domain.prepare_thread(); });
  spin_until([] { return Keeps::kept.load(); });
  const Death child = run_in_child([&] {
    std::signal(SIGALRM, SIG_DFL);
    const itimerval soon{{0, 0}, {0, 20'000}};
    setitimer(ITIMER_REAL, &soon, nullptr);
    (void)domain.prepare_thread();
  });
  Keeps::wanted = false;
  other.join();
  CHECK(child.signal == SIGALRM);
}
