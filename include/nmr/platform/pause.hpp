#pragma once
#include <nmr/platform/config.hpp>

NMR_BEGIN_NAMESPACE
namespace platform {

/// What a processor wants to be told in a loop that waits for another.
inline void pause() noexcept {
#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
  _mm_pause();
#elif defined(_MSC_VER) && defined(_M_ARM64)
  __yield();
#elif defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ __volatile__("yield");
#endif
}

}  // namespace platform
NMR_END_NAMESPACE
