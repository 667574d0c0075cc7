#pragma once
/// Two threads that do the same at the same time, over and over, each on a processor of its own.
#include <pthread.h>

#include <array>
#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include "clock.hpp"

class PairOfThreads {
 public:
  PairOfThreads() {
    for (unsigned i = 0; i != threads_.size(); ++i) threads_[i] = std::thread([this, i] { work(i); });
  }
  ~PairOfThreads() {
    body_ = nullptr;
    round_.fetch_add(1);
    round_.notify_all();
    for (auto& thread : threads_) thread.join();
  }
  PairOfThreads(const PairOfThreads&) = delete;
  PairOfThreads& operator=(const PairOfThreads&) = delete;

  struct Times {
    double wall_ns;     // from the moment that both had begun to the end of the last
    double waiting_ns;  // how long one of the two was ready and did not run
  };
  /// Runs `body(thread)` on the first `count` of the threads.
  Times run(unsigned count, std::function<void(unsigned)> body) {
    body_ = std::move(body);
    count_ = count;
    begun_ = 0;
    ended_ = 0;
    round_.fetch_add(1);
    round_.notify_all();
    for (unsigned ended = 0; (ended = ended_.load()) != threads_.size();) ended_.wait(ended);
    double begin = times_[0].begin, end = times_[0].end, waiting = 0;
    for (unsigned i = 0; i != count; ++i) {
      begin = std::max(begin, times_[i].begin);
      end = std::max(end, times_[i].end);
      waiting += times_[i].end - times_[i].begin - times_[i].cpu;
    }
    return {end - begin, waiting};
  }

 private:
  struct alignas(128) ThreadTimes {
    double begin = 0, end = 0, cpu = 0;
  };

  void work(unsigned index) {
    pin(index);
    for (unsigned seen = 0;;) {
      round_.wait(seen);
      seen = round_.load();
      if (!body_) return;
      if (index < count_) measure(index);
      ended_.fetch_add(1);
      ended_.notify_all();
    }
  }
  void measure(unsigned index) {
    begun_.fetch_add(1);
    while (begun_.load() != count_) {
    }
    times_[index].begin = wall_ns();
    const double cpu = cpu_ns();
    body_(index);
    times_[index].cpu = cpu_ns() - cpu;
    times_[index].end = wall_ns();
  }
  static void pin(unsigned index) {
    cpu_set_t allowed;
    if (pthread_getaffinity_np(pthread_self(), sizeof allowed, &allowed) != 0) return;
    if (CPU_COUNT(&allowed) < 2) return;
    for (int cpu = 0, left = static_cast<int>(index); cpu != CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &allowed) || left-- != 0) continue;
      CPU_ZERO(&allowed);
      CPU_SET(cpu, &allowed);
      pthread_setaffinity_np(pthread_self(), sizeof allowed, &allowed);
      return;
    }
  }

  std::function<void(unsigned)> body_;
  unsigned count_ = 0;
  std::atomic<unsigned> round_{0}, ended_{0};
  alignas(128) std::atomic<unsigned> begun_{0};
  std::array<ThreadTimes, 2> times_;
  std::array<std::thread, 2> threads_;
};
