#pragma once
/// Whether a thread is gone, asked without its having told.
#include <cstdint>
#include <nmr/platform/config.hpp>
#include <nmr/platform/thread_pointer.hpp>

#if defined(__linux__)
#include <errno.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#endif

NMR_BEGIN_NAMESPACE
namespace platform {

#if defined(__linux__)

/// Returns true if there is no memory where a thread's own data would be.
[[nodiscard]] inline bool is_unmapped(std::uintptr_t address) noexcept {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  unsigned char resident = 0;
  return mincore(reinterpret_cast<void*>(address & ~(page - 1)), 1, &resident) != 0 && errno == ENOMEM;
}

/// Returns whether a word has this value, without touching memory that may be gone: the kernel compares it before
/// it would wait for a change, here for no time. In private, so that nobody's wake-up is taken from him.
[[nodiscard]] inline bool word_is(std::uintptr_t address, int value) noexcept {
  constexpr int kFutexWaitPrivate = 0x80;  // futex(2)
  timespec no_time{};
  return syscall(SYS_futex, address, kFutexWaitPrivate, value, &no_time, nullptr, 0) != 0 &&
         errno == ETIMEDOUT;
}

/// Returns where the C library keeps a thread's number, counted from its thread pointer; 0 if that is not known. The
/// kernel clears it when the thread is gone, and joining sets it to -1.
[[nodiscard]] inline std::intptr_t offset_of_thread_number() noexcept {
#if defined(__GLIBC__) && defined(SYS_futex) && defined(PR_GET_TID_ADDRESS)
  const int* own = nullptr;
  if (prctl(PR_GET_TID_ADDRESS, &own) != 0) return 0;
  const auto offset = static_cast<std::intptr_t>(reinterpret_cast<std::uintptr_t>(own) - thread_pointer());
  const bool among_own_data = -0x4000 < offset && offset < 0x4000;
  return among_own_data && *own == static_cast<int>(syscall(SYS_gettid)) ? offset : 0;
#else
  return 0;
#endif
}

/// Returns true if no thread has this thread pointer. False may also mean that it is not known: where the memory is
/// still there, and the C library is not glibc, or a sandbox does not let it be asked.
[[nodiscard]] inline bool thread_has_ended(std::uintptr_t thread) noexcept {
  const int before = errno;
  bool ended = is_unmapped(thread);
  if (!ended) {
    const std::intptr_t offset = offset_of_thread_number();
    const std::uintptr_t number = thread + static_cast<std::uintptr_t>(offset);
    ended = offset != 0 && (word_is(number, 0) || word_is(number, -1));
  }
  errno = before;
  return ended;
}

#else

[[nodiscard]] inline bool thread_has_ended(std::uintptr_t) noexcept { return false; }

#endif

}  // namespace platform
NMR_END_NAMESPACE
