// Threads that are cancelled, or end, inside a call, and while they wait for a detach.
#include <doctest/doctest.h>

#include <chrono>
#include <optional>

#include "binding/echo.hpp"
#include "platform/cancelled_thread.hpp"

using nmr::OneWordCalls;
using nmr::PerThreadCalls;
using nmr::Status;

// Where a unit is compiled without exceptions its frames have nothing to run when they are unwound.
#if defined(__cpp_exceptions)
TEST_CASE_TEMPLATE("a thread that is cancelled or ends inside a call leaves it by unwinding", Calls,
                   PerThreadCalls, OneWordCalls) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  for (int way = 0; way != 4; ++way) {
    CHECK(handle.attach(module.binding) == Status::kSuccess);
    bool inside = false;
    CancelledThread thread([&] {
      auto guard = handle.try_call();
      EchoHold<Calls> hold;
      if (way >= 2) hold = guard.hold();
      inside = true;
      if (way % 2 == 0) pthread_exit(nullptr);
      pthread_cancel(pthread_self());
      pthread_testcancel();
    });
    CHECK(thread.join_ended());
    CHECK(inside);
    CHECK(handle.detach_and_wait() == Status::kSuccess);
  }
}

TEST_CASE_TEMPLATE("a thread that is the last one out because it is cancelled runs the completion", Calls,
                   PerThreadCalls, OneWordCalls) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CountedCompletion done;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  CancelledThread thread([&] {
    const auto guard = handle.try_call();
    CHECK(handle.detach(done));
    pthread_cancel(pthread_self());
    pthread_testcancel();
  });
  CHECK(thread.join_ended());
  CHECK(done.runs() == 1);
  CHECK(module.binding.detached());
}
#endif

TEST_CASE_TEMPLATE(
    "a thread that has been cancelled waits for a detach as any other, and acts on it afterwards", Calls,
    PerThreadCalls, OneWordCalls) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  auto held = std::make_optional(handle.try_call().hold());
  std::optional<Status> timed;
  std::optional<Status> detached;
  std::optional<Status> waited;
  CancelledThread with_limit([&] {
    pthread_cancel(pthread_self());
    timed = module.binding.wait_until_detached_for(std::chrono::milliseconds(1));
  });
  CHECK(with_limit.join_cancelled());
  CHECK(timed == Status::kTimeout);
  CancelledThread without_limit([&] {
    pthread_cancel(pthread_self());
    waited = module.binding.wait_until_detached();
  });
  CancelledThread detaches([&] {
    pthread_cancel(pthread_self());
    detached = handle.detach_and_wait();
  });
  while (handle.attached()) std::this_thread::yield();
  held.reset();
  CHECK(without_limit.join_cancelled());
  CHECK(detaches.join_cancelled());
  CHECK(waited == Status::kSuccess);
  CHECK(detached == Status::kSuccess);
}
