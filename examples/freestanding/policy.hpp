#pragma once
// The library over a kernel: atomics of the processor, and all else by calls of its own. Nothing here is of a hosted
// implementation.
#include <nmr/rundown/basic_rundown.hpp>

#include <nmr/platform/atomic.hpp>

#include "kernel.h"

struct KernelPolicy {
  template <class T>
  using Atomic = nmr::platform::Atomic<T>;

  class Event {
   public:
    Event() noexcept {}  // not defaulted: it is made where it is used, and never visible
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() = default;

    void set() noexcept { kernel_set_event(&event_); }
    void wait() noexcept { (void)kernel_wait(&event_, INT64_MAX); }
    bool wait_until(std::int64_t deadline) noexcept { return kernel_wait(&event_, deadline); }

   private:
    KernelEvent event_{0};
  };

  class ShortSection {
   public:
    ShortSection() noexcept : before_(kernel_raise_level()) {}
    ShortSection(const ShortSection&) = delete;
    ShortSection& operator=(const ShortSection&) = delete;
    ~ShortSection() { kernel_lower_level(before_); }

   private:
    unsigned before_;
  };

  enum : bool { kChecksWhenDestroyed = false };  // what a driver has of static storage is never destroyed

  static void relax(unsigned) noexcept { kernel_yield(); }
  static std::int64_t now_ns() noexcept { return kernel_now_ns(); }
  static void misuse(const nmr::MisuseReport& report) noexcept {
    kernel_bug_check(report.object, report.operation, report.rule);
  }
};

static_assert(nmr::RundownPolicy<KernelPolicy> && !nmr::SleepsPolicy<KernelPolicy>);
