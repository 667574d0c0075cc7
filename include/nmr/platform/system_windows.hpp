#pragma once
/// Windows: see system.hpp. Its locks and conditions are a word each: there is nothing to create or to destroy, and
/// whoever unlocks or notifies does not touch the word once another may have it, so that its memory may be freed then.
///
/// <windows.h> would bring its macros to all who include this. What is declared here instead agrees with it, whichever
/// comes first.
#include <io.h>

#include <cstddef>
#include <cstdint>

#include <nmr/platform/clock.hpp>

union _LARGE_INTEGER;
struct _RTL_CONDITION_VARIABLE;
struct _RTL_SRWLOCK;

// Not all headers of Windows say of all of these that they are imported.
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdll-attribute-on-redeclaration"
#endif
extern "C" {
__declspec(dllimport) void __stdcall AcquireSRWLockExclusive(_RTL_SRWLOCK*);
__declspec(dllimport) void __stdcall ReleaseSRWLockExclusive(_RTL_SRWLOCK*);
__declspec(dllimport) int __stdcall SleepConditionVariableSRW(_RTL_CONDITION_VARIABLE*, _RTL_SRWLOCK*,
                                                              unsigned long, unsigned long);
__declspec(dllimport) void __stdcall WakeAllConditionVariable(_RTL_CONDITION_VARIABLE*);
__declspec(dllimport) int __stdcall QueryPerformanceCounter(_LARGE_INTEGER*);
__declspec(dllimport) int __stdcall QueryPerformanceFrequency(_LARGE_INTEGER*);
__declspec(dllimport) void __stdcall Sleep(unsigned long);
__declspec(dllimport) int __stdcall SwitchToThread();
__declspec(dllimport) unsigned long __stdcall GetActiveProcessorCount(unsigned short);
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

NMR_BEGIN_NAMESPACE
namespace platform::windows {

[[nodiscard]] inline std::int64_t now_ns() noexcept {
  std::int64_t ticks = 0;
  std::int64_t per_second = 1;
  QueryPerformanceCounter(reinterpret_cast<_LARGE_INTEGER*>(&ticks));
  QueryPerformanceFrequency(reinterpret_cast<_LARGE_INTEGER*>(&per_second));
  // In two parts: all ticks at once, in nanoseconds, would overflow after some minutes.
  return ticks / per_second * 1'000'000'000 + ticks % per_second * 1'000'000'000 / per_second;
}

/// The time limit that is none.
enum : unsigned long { kForEver = 0xFFFFFFFF };

/// Returns a duration in milliseconds, rounded up, as a time limit. One that is too long for that is cut short.
[[nodiscard]] inline unsigned long to_milliseconds(std::int64_t nanoseconds) noexcept {
  const std::int64_t rounded_up = nanoseconds / 1'000'000 + (nanoseconds % 1'000'000 > 0 ? 1 : 0);
  return rounded_up < kForEver ? static_cast<unsigned long>(rounded_up) : kForEver - 1;
}

class NMR_PUBLIC_TYPE Mutex {
 public:
  NMR_LOCAL Mutex() noexcept = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  NMR_LOCAL ~Mutex() = default;

  NMR_LOCAL void lock() noexcept { AcquireSRWLockExclusive(handle()); }
  NMR_LOCAL void unlock() noexcept { ReleaseSRWLockExclusive(handle()); }

 private:
  friend class Condition;
  [[nodiscard]] NMR_LOCAL _RTL_SRWLOCK* handle() noexcept { return reinterpret_cast<_RTL_SRWLOCK*>(&word_); }

  void* word_ = nullptr;  // SRWLOCK_INIT
};

class NMR_PUBLIC_TYPE Condition {
 public:
  NMR_LOCAL Condition() noexcept = default;
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;
  NMR_LOCAL ~Condition() = default;

  NMR_LOCAL void notify_all() noexcept { WakeAllConditionVariable(handle()); }
  NMR_LOCAL void wait(Mutex& mutex) noexcept {
    SleepConditionVariableSRW(handle(), mutex.handle(), kForEver, 0);
  }

  /// Returns false once the deadline has passed. May wake early, as every condition does.
  NMR_LOCAL bool wait_until(Mutex& mutex, Deadline deadline) noexcept {
    if (deadline == kNever) return wait(mutex), true;
    const std::int64_t now = now_ns();
    if (now >= deadline) return false;
    SleepConditionVariableSRW(handle(), mutex.handle(), to_milliseconds(deadline - now), 0);
    return true;
  }

 private:
  [[nodiscard]] NMR_LOCAL _RTL_CONDITION_VARIABLE* handle() noexcept {
    return reinterpret_cast<_RTL_CONDITION_VARIABLE*>(&word_);
  }

  void* word_ = nullptr;  // CONDITION_VARIABLE_INIT
};

class NMR_PUBLIC_TYPE SignalBlock {
 public:
  NMR_LOCAL SignalBlock() noexcept {}  // no signal interrupts a thread
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;
  NMR_LOCAL ~SignalBlock() {}
};

inline void yield_thread() noexcept { SwitchToThread(); }

/// Leaves the processor to whoever else wants it, of whatever priority.
inline void sleep_for_ns(std::int64_t nanoseconds) noexcept { Sleep(to_milliseconds(nanoseconds)); }

[[nodiscard]] inline unsigned processor_count() noexcept {
  const unsigned long count = GetActiveProcessorCount(0xFFFF);  // of all groups
  return count > 0 ? static_cast<unsigned>(count) : 1;
}

/// To the standard error.
inline void write_error(const char* text, std::size_t size) noexcept {
  (void)_write(2, text, static_cast<unsigned>(size));
}

}  // namespace platform::windows
NMR_END_NAMESPACE
