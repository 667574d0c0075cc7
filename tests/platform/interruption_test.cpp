// What comes in the midst of a wait: signals, and the cancellation of its thread.
#include <doctest/doctest.h>

#include <csignal>

#include <nmr/platform/std_atomics.hpp>
#include <nmr/rundown/std_rundown.hpp>

#include "platform/cancelled_thread.hpp"

namespace {
volatile std::sig_atomic_t handled = 0;
}

TEST_CASE("a signal that comes while signals are blocked is handled after that") {
  struct sigaction action{};
  struct sigaction before{};
  action.sa_handler = [](int) { handled = handled + 1; };
  sigaction(SIGUSR1, &action, &before);
  handled = 0;
  {
    nmr::platform::SignalBlock outer;
    {
      nmr::platform::SignalBlock inner;
      raise(SIGUSR1);
      CHECK(handled == 0);
    }
    CHECK(handled == 0);  // the inner one puts back what was, not everything
  }
  CHECK(handled == 1);
  raise(SIGUSR1);
  CHECK(handled == 2);
  sigaction(SIGUSR1, &before, nullptr);
}

TEST_CASE("a thread that is cancelled while it waits for an event acts on it when its wait is over") {
  nmr::Event event;
  bool told = false;
  CancelledThread untimed([&] {
    pthread_cancel(pthread_self());
    event.wait();
  });
  CancelledThread timed([&] {
    pthread_cancel(pthread_self());
    told =
        event.wait_until(nmr::platform::now_ns() + 1'000'000, [](nmr::Completion&) noexcept { return true; });
  });
  CHECK(timed.join_cancelled());
  CHECK_FALSE(told);
  event.run();
  CHECK(untimed.join_cancelled());
}

TEST_CASE("a thread that is cancelled while it waits for another's short section acts on it after that") {
  CancelledThread thread([] {
    pthread_cancel(pthread_self());
    for (const unsigned turn : {0u, 63u, 64u, 127u, 128u, ~0u}) nmr::StdAtomics::relax(turn);
  });
  CHECK(thread.join_cancelled());
}
