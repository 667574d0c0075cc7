// A driver with a policy of its own: nothing here is of a hosted implementation. tests/headers/check.py looks at what
// this includes and at what its object file wants, links it with nothing, loads that and runs it.
#include <nmr/rundown/basic_rundown.hpp>

#include <nmr/platform/atomic.hpp>
#include <nmr/platform/pause.hpp>

namespace {

// In a kernel each of these is one of its calls, as said behind it.
struct KernelPolicy {
  template <class T>
  using Atomic = nmr::platform::Atomic<T>;

  class Event {
   public:
    Event() noexcept {}  // KeInitializeEvent(&event_, NotificationEvent, FALSE)
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() = default;

    void set() noexcept { set_.store(1, nmr::order::release); }  // KeSetEvent(&event_, 0, FALSE)
    void wait() noexcept {  // KeWaitForSingleObject(&event_, Executive, KernelMode, FALSE, nullptr)
      while (!is_set()) nmr::platform::pause();
    }
    bool wait_until(
        std::int64_t deadline) noexcept {  // the same, with a time limit: STATUS_SUCCESS or STATUS_TIMEOUT
      while (!is_set()) {
        if (now_ns() >= deadline) return false;
        nmr::platform::pause();
      }
      return true;
    }

   private:
    bool is_set() const noexcept { return set_.load(nmr::order::acquire) != 0; }

    Atomic<unsigned> set_{0};
  };

  class ShortSection {
   public:
    ShortSection() noexcept {
      level.fetch_add(1, nmr::order::relaxed);
    }  // KeRaiseIrql(DISPATCH_LEVEL, &before_)
    ShortSection(const ShortSection&) = delete;
    ShortSection& operator=(const ShortSection&) = delete;
    ~ShortSection() { level.fetch_sub(1, nmr::order::relaxed); }  // KeLowerIrql(before_)
  };

  enum : bool { kChecksWhenDestroyed = false };  // those here are static

  static void relax(unsigned) noexcept { nmr::platform::pause(); }  // YieldProcessor()
  static std::int64_t now_ns() noexcept {  // KeQueryInterruptTimePrecise(), times 100
    return static_cast<std::int64_t>(clock.fetch_add(1, nmr::order::relaxed));
  }
  static void misuse(const nmr::MisuseReport&) noexcept {
    misused.fetch_add(1, nmr::order::relaxed);
  }  // KeBugCheckEx

  // Each object counts for itself in this test; a driver has none of these.
  static Atomic<unsigned> level;
  static Atomic<unsigned> misused;
  static Atomic<std::uint64_t> clock;
};
constinit KernelPolicy::Atomic<unsigned> KernelPolicy::level{0};
constinit KernelPolicy::Atomic<unsigned> KernelPolicy::misused{0};
constinit KernelPolicy::Atomic<std::uint64_t> KernelPolicy::clock{0};

static_assert(nmr::RundownPolicy<KernelPolicy> && !nmr::SleepsPolicy<KernelPolicy>);

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
  if (KernelPolicy::misused.load(nmr::order::relaxed) != 0) return 8;
  device.reinitialize();
  device.release();  // one too many
  if (KernelPolicy::misused.load(nmr::order::relaxed) != 1) return 9;
  return KernelPolicy::level.load(nmr::order::relaxed) != 0 ? 10 : 0;
}
