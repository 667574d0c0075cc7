// How long a detach takes, and how soon the last call's end is known.
#include <pthread.h>

#include <atomic>
#include <vector>

#include "bars.hpp"
#include "clock.hpp"
#include "echo.hpp"

namespace {

/// Threads that have called through a handle once, and then sleep until they are let go.
class IdleCallers {
 public:
  IdleCallers(nmr::BindingHandle<EchoNpi>& handle, std::size_t count) : handle_(handle) { add(count); }
  ~IdleCallers() {
    gone_.store(true);
    gone_.notify_all();
    for (const pthread_t thread : threads_) pthread_join(thread, nullptr);
  }
  IdleCallers(const IdleCallers&) = delete;
  IdleCallers& operator=(const IdleCallers&) = delete;

  /// Returns how many there are now: less than asked for if the system gives no more threads.
  std::size_t add(std::size_t count) {
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    for (; count != 0; --count) {
      pthread_t thread;
      if (pthread_create(&thread, &small, &IdleCallers::run, this) != 0) break;
      threads_.push_back(thread);
    }
    pthread_attr_destroy(&small);
    for (std::size_t now = 0; (now = registered_.load()) != threads_.size();) registered_.wait(now);
    return threads_.size();
  }

 private:
  static void* run(void* self) {
    auto& callers = *static_cast<IdleCallers*>(self);
    {
      const auto guard = callers.handle_.try_call();
    }
    callers.registered_.fetch_add(1);
    callers.registered_.notify_all();
    callers.gone_.wait(false);
    return nullptr;
  }

  nmr::BindingHandle<EchoNpi>& handle_;
  std::atomic<std::size_t> registered_{0};
  std::atomic<bool> gone_{false};
  std::vector<pthread_t> threads_;
};

struct Attachment {
  nmr::CallDomain domain;
  nmr::Attachment<EchoNpi> binding{kEchoTable, nullptr};
  nmr::BindingHandle<EchoNpi> handle{domain};

  Attachment() { (void)handle.attach(binding); }
  ~Attachment() { (void)handle.detach_and_wait(); }

  double idle_detach_ns() {
    const double begin = wall_ns();
    handle.detach();
    const double end = wall_ns();
    (void)handle.attach(binding);
    return end - begin;
  }
  /// Of a binding that this thread is inside of.
  double busy_detach_ns() {
    double end = 0, begin = 0;
    {
      const auto guard = handle.try_call();
      begin = wall_ns();
      handle.detach();
      end = wall_ns();
    }
    (void)handle.attach(binding);
    return end - begin;
  }
  /// From the last call's leaving to the completion.
  double completion_ns() {
    struct Noted {
      double at = 0;
      nmr::Completion completion{
          [](nmr::Completion&, void* self) noexcept { static_cast<Noted*>(self)->at = wall_ns(); }, this};
    } noted;
    auto guard = handle.try_call();
    handle.detach(noted.completion);
    const double begin = wall_ns();
    guard.leave();
    (void)handle.attach(binding);
    return noted.at - begin;
  }
};

template <class F>
double median_us(int samples, F sample) {
  std::vector<double> all;
  for (int i = 0; i != samples; ++i) all.push_back(sample());
  return median(all) / 1e3;
}

void with_few_threads(Report& report, int samples) {
  Attachment attachment;
  {
    const auto guard = attachment.handle.try_call();
  }  // registers this thread
  std::vector<double> idle, busy, completion;
  for (int i = 0; i != samples; ++i) {
    idle.push_back(attachment.idle_detach_ns());
    busy.push_back(attachment.busy_detach_ns());
    completion.push_back(attachment.completion_ns());
  }
  report.at_most(9, "detach of an idle binding, 1 registered thread, us", median(idle) / 1e3, 10);
  report.at_most(9, "detach with a call in flight / idle", median(busy) / median(idle), 2.5);
  report.at_most(10, "last call leaves to completion runs, us", median(completion) / 1e3, 2);
}

void with_many_threads(Report& report, int samples) {
  Attachment attachment;
  IdleCallers callers(attachment.handle, 250);
  const auto measure = [&] { return median_us(samples, [&] { return attachment.idle_detach_ns(); }); };
  const double at_250 = measure();
  callers.add(250);
  const double at_500 = measure();
  if (callers.add(500) != 1000)
    return report.note("bar 9 needs 1,000 threads, which the system does not give");
  const double at_1000 = measure();
  char text[120];
  std::snprintf(text, sizeof text, "idle detach, us: %.1f with 250 threads, %.1f with 500, %.1f with 1,000",
                at_250, at_500, at_1000);
  report.note(text);
  report.at_most(9, "detach of an idle binding, 1,000 registered threads, us", at_1000, 200);
  report.at_most(9, "growth from 500 to 1,000 threads / from 250 to 500 (linear: 2)",
                 (at_1000 - at_500) / std::max(at_500 - at_250, 0.1), 3);
}

}  // namespace

void detach_bars(Report& report, const Options& options) {
  const int samples = options.by_length<int>(11, 201, 1001);
  with_few_threads(report, samples);
  with_many_threads(report, samples);
}
