#include <doctest/doctest.h>
#include <pthread.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "binding/echo.hpp"
#include "platform/threads.hpp"

using nmr::Status;

namespace {

// What the handler works with: a signal brings nothing along.
std::atomic<bool (*)()> call_from_handler{nullptr};
std::atomic<int> handled{0};
std::atomic<int> answered_in_handler{0};
std::atomic<int> wrong_in_handler{0};

template <class Calls>
EchoHandle<Calls>*& handle_of_handler() noexcept {
  static EchoHandle<Calls>* handle = nullptr;
  return handle;
}

void on_signal(int) {
  if (call_from_handler.load()()) answered_in_handler.fetch_add(1);
  handled.fetch_add(1);
}

class SignalHandler {
 public:
  SignalHandler() noexcept {
    struct sigaction action{};
    action.sa_handler = &on_signal;
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, &before_);
  }
  SignalHandler(const SignalHandler&) = delete;
  SignalHandler& operator=(const SignalHandler&) = delete;
  ~SignalHandler() { sigaction(SIGUSR1, &before_, nullptr); }

 private:
  struct sigaction before_{};
};

}  // namespace

TEST_CASE_TEMPLATE(
    "a signal handler calls through a handle whose calls it interrupts, while another thread detaches", Calls,
    PerThread, PerThreadRealFences, OneWord) {
  constexpr int kSignals = 300;
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  handle_of_handler<Calls>() = &handle;
  handled.store(0);
  answered_in_handler.store(0);
  wrong_in_handler.store(0);
  call_from_handler.store([]() -> bool {
    // Two calls, so that the handler is inside one while it takes another slot; the last one may complete a
    // detach.
    auto outer = handle_of_handler<Calls>()->try_call();
    auto inner = handle_of_handler<Calls>()->try_call();
    if (!outer) return false;
    if (outer->echo(outer.context(), 1) != EchoProvider::answer(1)) wrong_in_handler.fetch_add(1);
    outer.leave();
    if (inner && inner->echo(inner.context(), 2) != EchoProvider::answer(2)) wrong_in_handler.fetch_add(1);
    return true;
  });
  const SignalHandler installed;
  std::atomic<bool> stop{false};
  std::atomic<bool> may_interrupt{false};
  std::atomic<int> wrong{0};
  std::atomic<int> answered{0};
  std::atomic<int> detached{0};
  Threads caller(1, [&](int) {
    bool has_called = false;
    while (!stop.load(std::memory_order_relaxed)) {
      const auto guard = handle.try_call();
      if (!guard) continue;
      if (guard->echo(guard.context(), 3) != EchoProvider::answer(3)) wrong.fetch_add(1);
      answered.fetch_add(1, std::memory_order_relaxed);
      if (!has_called) may_interrupt.store(true);
      has_called = true;
    }
  });
  Threads detacher(1, [&](int) {
    while (!stop.load(std::memory_order_relaxed)) {
      CountedCompletion done;
      if (handle.attach(module.binding) != Status::kSuccess) wrong.fetch_add(1);
      const int before = answered.load();
      spin_until([&] { return answered.load() != before || stop.load(); });
      if (!handle.detach(done)) wrong.fetch_add(1);
      spin_until([&] { return done.runs() != 0; });
      detached.fetch_add(done.runs());
    }
  });
  spin_until([&] { return may_interrupt.load(); });
  for (int i = 1; i <= kSignals; ++i) {
    if (pthread_kill(caller.native_handle(0), SIGUSR1) != 0) wrong.fetch_add(1);
    spin_until([&] { return handled.load() >= i; });
  }
  stop.store(true);
  detacher.join();
  caller.join();
  CHECK(wrong.load() == 0);
  CHECK(wrong_in_handler.load() == 0);
  CHECK(handled.load() == kSignals);
  CHECK(answered_in_handler.load() > 0);
  CHECK(detached.load() > 0);
  MESSAGE(answered_in_handler.load() << " of " << kSignals << " handlers were answered, " << detached.load()
                                     << " detaches");
}
