#pragma once
/// The process-wide barrier: the rare half of the asymmetric fence in fences.hpp.
#include <cstdlib>

#include <nmr/platform/config.hpp>
#include <nmr/platform/misuse.hpp>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(_WIN32)
extern "C" __declspec(dllimport) void __stdcall FlushProcessWriteBuffers();
#endif

NMR_BEGIN_NAMESPACE
namespace platform {

#if defined(__linux__)
/// What membarrier(2) calls them. Not its header: that is the kernel's, and a C library may be there without it.
enum : int { kMembarrierPrivateExpedited = 1 << 3, kMembarrierRegisterPrivateExpedited = 1 << 4 };
#endif

/// Returns true if the system offers the process-wide barrier and it works here, found out by running it
/// once: kernels without it and sandboxes that deny it answer only when asked (membarrier(2)).
[[nodiscard]] inline bool try_enable_heavy_fence() noexcept {
#if defined(__linux__)
  return ::syscall(__NR_membarrier, kMembarrierRegisterPrivateExpedited, 0, 0) == 0 &&
         ::syscall(__NR_membarrier, kMembarrierPrivateExpedited, 0, 0) == 0;
#elif defined(_WIN32)
  return true;
#else
  return false;
#endif
}

/// The barrier itself. A barrier that failed has not happened, so it can be run anew: a process that has been restored
/// from a checkpoint has to register again first. That may fail too, in a sandbox that was closed after the barrier had
/// worked. Nothing makes up for it then: callers are inside without a fence of their own. It is reported, and the
/// process ends even if the handler returns.
/// Progress      blocking: a system call that waits until each running thread has passed a barrier.
inline void heavy_fence() noexcept {
#if defined(__linux__)
  if (::syscall(__NR_membarrier, kMembarrierPrivateExpedited, 0, 0) == 0) [[likely]]
    return;
  if (try_enable_heavy_fence()) return;
  report_misuse(
      {"CallDomain", "heavy_fence", "the process-wide barrier is denied after it had worked", nullptr});
  std::abort();
#elif defined(_WIN32)
  FlushProcessWriteBuffers();
#else
  std::
      abort();  // a system that was given only the function above: to go on without a barrier would be unsound
#endif
}

}  // namespace platform
NMR_END_NAMESPACE
