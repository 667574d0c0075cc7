#pragma once
#include <chrono>
#include <cstdint>

#include <nmr/platform/std_atomics.hpp>
#include <nmr/wdk/support/interlocked.h>
#include <nmr/wdk/support/machine.h>
#include <nmr/wdk/support/once/irql.hpp>

NMR_BEGIN_NAMESPACE
namespace wdk {

/// Returns the time since 1601 in 100 ns.
[[nodiscard]] inline std::int64_t system_time() noexcept {
  enum : std::int64_t { kFrom1601To1970 = 116'444'736'000'000'000 };
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since_1970).count() / 100 + kFrom1601To1970;
}

}  // namespace wdk
NMR_END_NAMESPACE

ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber) {
  static LONG threads = 0;
  static thread_local const ULONG number =
      static_cast<ULONG>(InterlockedIncrement(&threads) - 1) % KeQueryMaximumProcessorCountEx(0);
  if (ProcNumber != nullptr) *ProcNumber = {0, static_cast<UCHAR>(number), 0};
  return number;
}
ULONG KeQueryMaximumProcessorCountEx(USHORT GroupNumber) {
  if (GroupNumber != 0 && GroupNumber != ALL_PROCESSOR_GROUPS) return 0;
  const unsigned count = nmr::platform::processor_count();
  return count < 64 ? count : 64;  // as many as a group has
}

PKTHREAD KeGetCurrentThread() { return reinterpret_cast<PKTHREAD>(&nmr::wdk::this_thread()); }

NTSTATUS KeExpandKernelStackAndCalloutEx(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, SIZE_T Size, BOOLEAN,
                                         PVOID) {
  if (Size > MAXIMUM_EXPANSION_SIZE) return STATUS_INVALID_PARAMETER_3;
  if (!nmr::wdk::at_most(DISPATCH_LEVEL, "stack", "KeExpandKernelStackAndCalloutEx", nullptr,
                         __builtin_return_address(0)))
    return STATUS_UNSUCCESSFUL;
  Callout(Parameter);
  return STATUS_SUCCESS;
}

LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency) {
  if (PerformanceFrequency != nullptr) PerformanceFrequency->QuadPart = 10'000'000;
  LARGE_INTEGER ticks;
  ticks.QuadPart = nmr::platform::now_ns() / 100;
  return ticks;
}
VOID KeQuerySystemTime(PLARGE_INTEGER CurrentTime) { CurrentTime->QuadPart = nmr::wdk::system_time(); }
ULONG64 KeQueryInterruptTime() { return static_cast<ULONG64>(nmr::platform::now_ns() / 100); }
