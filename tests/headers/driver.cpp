// A driver over the policy of examples/freestanding, and its kernel: nothing here is of a hosted implementation.
// tests/headers/check.py looks at what this includes and at what its object file wants, links it with nothing, loads that
// and runs it.
#include <nmr/platform/pause.hpp>

#include "policy.hpp"

namespace {

// Each object counts for itself here.
constinit KernelPolicy::Atomic<unsigned> level{0};
constinit KernelPolicy::Atomic<unsigned> misused{0};
constinit KernelPolicy::Atomic<std::uint64_t> clock{0};

using Ref = nmr::BasicRundownRef<KernelPolicy>;
using Guard = nmr::BasicRundownGuard<Ref>;

struct Milliseconds {  // a driver has no <chrono>
  // NOLINTBEGIN(readability-identifier-naming): the names of a std::chrono::duration
  struct period {
    enum : std::int64_t { num = 1, den = 1000 };
  };
  // NOLINTEND(readability-identifier-naming)
  std::int64_t count() const noexcept { return ms; }
  std::int64_t ms;
};

constinit Ref device;
constinit Ref closed{Ref::BornRunDown{}};
int told = 0;
constinit nmr::Completion unloaded{
    [](nmr::Completion&, void* count) noexcept { ++*static_cast<int*>(count); }, &told};

bool serve() noexcept {
  const Guard guard(device);
  return static_cast<bool>(guard);
}

}  // namespace

void kernel_set_event(KernelEvent* event) { __atomic_store_n(&event->is_set, 1, __ATOMIC_RELEASE); }
bool kernel_wait(KernelEvent* event, std::int64_t until_ns) {
  while (__atomic_load_n(&event->is_set, __ATOMIC_ACQUIRE) == 0) {
    if (until_ns != INT64_MAX && kernel_now_ns() >= until_ns) return false;
    nmr::platform::pause();
  }
  return true;
}
unsigned kernel_raise_level() { return level.fetch_add(1, nmr::order::relaxed); }
void kernel_lower_level(unsigned before) { level.store(before, nmr::order::relaxed); }
void kernel_yield() { nmr::platform::pause(); }
std::int64_t kernel_now_ns() { return static_cast<std::int64_t>(clock.fetch_add(1, nmr::order::relaxed)); }
void kernel_bug_check(const char*, const char*, const char*) { misused.fetch_add(1, nmr::order::relaxed); }

/// Returns the number of the first thing that is not as it should be; 0 if there is none.
extern "C" int driver_runs() {
  if (!serve() || !device.try_acquire(2)) return 1;
  if (closed.try_acquire()) return 2;
  if (device.begin_rundown(unloaded) != nmr::RundownState::kPending || serve()) return 3;
  if (device.wait_for_rundown_for(Milliseconds{1})) return 4;
  device.release();
  Guard last(device, Guard::Adopt{});
  if (told != 0 || device.run_down_already()) return 5;
  last.reset();
  if (told != 1 || !device.wait_for_rundown_until_ns(0)) return 6;
  device.wait_for_rundown();
  device.run_down();
  device.reinitialize();
  if (!serve()) return 7;
  device.run_down();
  if (misused.load(nmr::order::relaxed) != 0) return 8;
  device.reinitialize();
  device.release();  // one too many
  if (misused.load(nmr::order::relaxed) != 1) return 9;
  return level.load(nmr::order::relaxed) != 0 ? 10 : 0;
}
