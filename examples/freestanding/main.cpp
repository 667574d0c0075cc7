// Plays the kernel for driver.cpp: gives it the functions of kernel.h, sends it requests from several threads, and stops it
// under them.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "../expect.hpp"
#include "driver.h"
#include "kernel.h"

namespace {

std::mutex mutex;  // of all events
std::condition_variable changed;
std::atomic<int> times_stopped = 0;
thread_local unsigned level = 0;

}  // namespace

void kernel_set_event(KernelEvent* event) {
  const std::lock_guard lock(mutex);
  event->is_set = 1;
  changed.notify_all();
}
bool kernel_wait(KernelEvent* event, std::int64_t until_ns) {
  std::unique_lock lock(mutex);
  const auto is_set = [&] { return event->is_set != 0; };
  if (until_ns == INT64_MAX) {
    changed.wait(lock, is_set);
    return true;
  }
  return changed.wait_until(lock, std::chrono::steady_clock::time_point(std::chrono::nanoseconds(until_ns)),
                            is_set);
}
unsigned kernel_raise_level() { return level++; }
void kernel_lower_level(unsigned before) { level = before; }
void kernel_yield() { std::this_thread::yield(); }
std::int64_t kernel_now_ns() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}
void kernel_bug_check(const char* object, const char* operation, const char* rule) {
  std::fprintf(stderr, "%s, %s: %s\n", object, operation, rule);
  std::abort();
}
void kernel_driver_stopped() { ++times_stopped; }

int main() {
  int answer = 0;
  expect(!driver_request(1, &answer), "it refuses before it is started");
  for (int round = 0; round != 20; ++round) {
    driver_start();
    std::atomic<long> served = 0;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> users;
    for (int user = 0; user != 3; ++user) {
      users.emplace_back([&, user] {
        for (int got = 0; driver_request(user, &got); ++served) {
          if (got != 2 * user) ++wrong;
        }
        if (level != 0) ++wrong;
      });
    }
    while (served < 1000) std::this_thread::yield();
    if (round % 2 != 0) driver_begin_stop();  // tells when it is over, too
    driver_stop();
    expect(!driver_request(1, &answer), "it refuses when it has stopped");
    for (std::thread& user : users) user.join();
    expect(wrong == 0, "each request was served by a driver that had not stopped");
    expect(times_stopped == (round + 1) / 2, "it says once that it has stopped");
  }
  std::puts("the driver has served, and stopped under load, 20 times");
}
