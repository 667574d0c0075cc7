#pragma once
#include <chrono>
#include <cstdint>
#include <cstring>
#include <random>

#include <nmr/platform/callback_boundary.hpp>
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

NTSTATUS ExUuidCreate(UUID* Uuid) {
  if (!nmr::wdk::at_most(PASSIVE_LEVEL, "UUID", "ExUuidCreate", Uuid, __builtin_return_address(0)))
    return STATUS_UNSUCCESSFUL;
  auto draw = [Uuid]() -> NTSTATUS {
    std::random_device random;
    std::uint32_t bits[4];
    for (std::uint32_t& word : bits) word = random();
    UUID drawn;
    static_assert(sizeof drawn == sizeof bits);
    std::memcpy(&drawn, bits, sizeof drawn);
    drawn.Data3 = static_cast<USHORT>((drawn.Data3 & 0x0fff) | 0x4000);
    drawn.Data4[0] = static_cast<UCHAR>((drawn.Data4[0] & 0x3f) | 0x80);
    *Uuid = drawn;
    return STATUS_SUCCESS;
  };
  auto without = []() -> NTSTATUS { return STATUS_RETRY; };
  return nmr::platform::Callbacks<nmr::platform::ThisUnit>::translate<NTSTATUS>(draw, without);
}
