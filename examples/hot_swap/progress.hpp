#pragma once
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

/// The signals that ask the program to end. They are blocked in all threads and waited for in one, so none
/// interrupts anything.
class EndSignals {
 public:
  /// Before any thread is started.
  static void block() {
    const sigset_t set = signals();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);  // who no longer reads what is printed must not keep files from being removed
  }

  /// Returns true when one has come, false when it is time.
  [[nodiscard]] static bool wait_until(std::chrono::steady_clock::time_point time) {
    const std::chrono::nanoseconds left =
        std::max(time - std::chrono::steady_clock::now(), std::chrono::steady_clock::duration::zero());
    timespec timeout{};
    timeout.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
    timeout.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
    const sigset_t set = signals();
    return ::sigtimedwait(&set, nullptr, &timeout) > 0;
  }

 private:
  static sigset_t signals() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGINT);
    ::sigaddset(&set, SIGTERM);
    struct sigaction hangup{};
    ::sigaction(SIGHUP, nullptr, &hangup);
    if (hangup.sa_handler != SIG_IGN) ::sigaddset(&set, SIGHUP);  // nohup asks that it goes on
    return set;
  }
};

/// What is shown while the program runs: one line that changes on a terminal, elsewhere a line each second.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  /// Returns when there should be something new.
  [[nodiscard]] Clock::time_point next() const { return next_; }

  /// Shows where things stand, if it is time to.
  void show(std::size_t swaps, std::size_t old_versions, Clock::duration left) {
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + interval_;
    const double seconds = std::max(std::chrono::duration<double>(left).count(), 0.0);
    std::fprintf(stderr, "%s%zu swaps, %zu old versions mapped, %s %.1f s left%s", terminal_ ? "\r" : "",
                 swaps, old_versions, seconds > 0 ? "calling," : "unloading,", seconds,
                 terminal_ ? "  " : "\n");
    std::fflush(stderr);
  }

  void clear() const {
    if (terminal_) std::fprintf(stderr, "\r%70s\r", "");
  }

 private:
  const bool terminal_ = ::isatty(STDERR_FILENO) != 0;
  const Clock::duration interval_ = std::chrono::milliseconds(terminal_ ? 200 : 1000);
  Clock::time_point next_ = Clock::now() + interval_;
};
