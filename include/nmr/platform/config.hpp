#pragma once
/// Version, compiler attributes and the three things a user may set before including any header:
///
///   NMR_MISUSE_HANDLER   name of a function `void f(const nmr::MisuseReport&) noexcept` at global
///                        scope that is told of misuse instead of the default, which prints and aborts.
///   NMR_CACHE_LINE       bytes that two threads must not share to stay out of each other's way.
///   NMR_NO_THREAD_POINTER   there is no register that tells threads apart, or it is not to be read: calls are
///                        counted with OneWordCalls, and self-waits are not known. Where no register is known
///                        nothing compiles before this has been said.
///
/// All must be the same in everything that is linked into one image.

#define NMR_VERSION_MAJOR 0
#define NMR_VERSION_MINOR 1
#define NMR_VERSION_PATCH 0

#ifndef NMR_CACHE_LINE
#define NMR_CACHE_LINE 64
#endif

// Slow ways stay out of the caller's instruction stream. GNU attributes, so that both GCC and Clang see them.
#if defined(__GNUC__)
#define NMR_COLD [[gnu::cold, gnu::noinline]]
#define NMR_ALWAYS_INLINE [[gnu::always_inline]]
#define NMR_ASSUME(condition) ((condition) ? static_cast<void>(0) : __builtin_unreachable())
#else
#define NMR_COLD
#define NMR_ALWAYS_INLINE
#define NMR_ASSUME(condition) static_cast<void>(0)
#endif

namespace nmr {

/// Changes whenever an object that host and plug-in share changes its layout; checked where they meet.
enum : unsigned { kLayoutVersion = 3 };

enum : unsigned { kCacheLine = NMR_CACHE_LINE };

}  // namespace nmr
