#pragma once
/// Version, names and compiler attributes; and the two things a user may set before including any header:
///
///   NMR_MISUSE_HANDLER   name of a function `void f(const nmr::MisuseReport&) noexcept` at global scope that is
///                        told of misuse instead of the default, which prints and aborts.
///   NMR_NO_THREAD_POINTER   there is no register that tells threads apart, or it is not to be read: calls are
///                        counted with OneWordCalls, and self-waits are not known. Where no register is known
///                        nothing compiles before this has been said.
///
/// Files of one program that differ in these have different types: they do not link where they hand them to each
/// other, and do not mix where they do not. No setting changes a layout: host and plug-in need not agree on any.

// One line, and then nothing more: an include that is not found ends the compilation.
#if __cplusplus <= 201703L && (!defined(_MSVC_LANG) || _MSVC_LANG <= 201703L)
#include <nmr needs C++20: compile with -std=c++20>
#endif

#include <cstdint>
#if defined(_MSC_VER)
#include <intrin.h>  // what its compilers have in place of builtins, for all of platform
#endif

#define NMR_VERSION_MAJOR 0
#define NMR_VERSION_MINOR 1
#define NMR_VERSION_PATCH 0

// Slow ways stay out of the caller's instruction stream. GNU attributes, so that both GCC and Clang see them: Clang also
// where it stands in for MSVC, and does not define __GNUC__.
#if defined(__GNUC__) || defined(__clang__)
#define NMR_COLD [[gnu::cold, gnu::noinline]]
#define NMR_ALWAYS_INLINE [[gnu::always_inline]]
#define NMR_ASSUME(condition) ((condition) ? static_cast<void>(0) : __builtin_unreachable())
#elif defined(_MSC_VER)
#define NMR_COLD [[msvc::noinline]]
#define NMR_ALWAYS_INLINE [[msvc::forceinline]]
#define NMR_ASSUME(condition) __assume(condition)
#else
#define NMR_COLD
#define NMR_ALWAYS_INLINE
#define NMR_ASSUME(condition) static_cast<void>(0)
#endif

// All names carry the version, and what makes the same function another one: where two files of a program, or two
// images of a process, differ in it, neither gets the other's code.
#define NMR_JOIN_(version, handler, threads, debug) abi##version##_##handler##threads##debug
#define NMR_JOIN(version, handler, threads, debug) NMR_JOIN_(version, handler, threads, debug)
#ifdef NMR_MISUSE_HANDLER
#define NMR_HANDLER_NAME NMR_MISUSE_HANDLER
#else
#define NMR_HANDLER_NAME
#endif
#ifdef NMR_NO_THREAD_POINTER
#define NMR_THREADS_NAME _no_thread_pointer
#else
#define NMR_THREADS_NAME
#endif
#ifdef _GLIBCXX_DEBUG
#define NMR_DEBUG_NAME _debug  // other containers
#else
#define NMR_DEBUG_NAME
#endif
#define NMR_LAYOUT_VERSION 5
#define NMR_ABI NMR_JOIN(NMR_LAYOUT_VERSION, NMR_HANDLER_NAME, NMR_THREADS_NAME, NMR_DEBUG_NAME)

// Weak symbols that are visible are shared between images, and then one runs, and pins, the other's code. So nothing
// here is visible outside its image. Clang hides whatever is in the namespace. GCC warns of users' visible classes with
// members of hidden types: there a type that users name is visible, and its functions are hidden one by one.
#if defined(__clang__)
#define NMR_PUBLIC_TYPE
#define NMR_LOCAL
#define NMR_HIDDEN_NAMESPACE [[gnu::visibility("hidden")]]
#elif defined(__GNUC__) && !defined(_WIN32)
#define NMR_PUBLIC_TYPE [[gnu::visibility("default")]]
#define NMR_LOCAL [[gnu::visibility("hidden")]]
#define NMR_HIDDEN_NAMESPACE [[gnu::visibility("hidden")]]
#else
#define NMR_PUBLIC_TYPE
#define NMR_LOCAL
#define NMR_HIDDEN_NAMESPACE
#endif

#if defined(__GNUC__)
#define NMR_BEGIN_NAMESPACE                                                                         \
  _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wattributes\"") namespace nmr { \
    inline namespace NMR_HIDDEN_NAMESPACE NMR_ABI {
#define NMR_END_NAMESPACE \
  }                       \
  }                       \
  _Pragma("GCC diagnostic pop")
#else
#define NMR_BEGIN_NAMESPACE \
  namespace nmr {           \
  inline namespace NMR_ABI {
#define NMR_END_NAMESPACE \
  }                       \
  }
#endif

NMR_BEGIN_NAMESPACE

/// Returns the upper half of a product.
[[nodiscard]] NMR_ALWAYS_INLINE inline std::uintptr_t upper_half_of_product(std::uintptr_t a,
                                                                            std::uintptr_t b) noexcept {
#if defined(__SIZEOF_INT128__)
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uintptr_t>(static_cast<Wide>(a) * b >> 64);
#elif defined(_MSC_VER) && (defined(_M_X64) || defined(_M_ARM64))
  return __umulh(a, b);
#else
  static_assert(sizeof(std::uintptr_t) == 4);
  return static_cast<std::uintptr_t>(std::uint64_t{a} * b >> 32);
#endif
}

/// Changes whenever an object that host and plug-in share changes its layout; checked where they meet.
enum : unsigned { kLayoutVersion = NMR_LAYOUT_VERSION };

/// Bytes that two threads must not share to stay out of each other's way. Of the processor, not a setting.
#if defined(__s390x__)
enum : unsigned { kCacheLine = 256 };
#elif defined(__powerpc64__) || (defined(__APPLE__) && defined(__aarch64__))
enum : unsigned { kCacheLine = 128 };
#else
enum : unsigned { kCacheLine = 64 };
#endif

NMR_END_NAMESPACE
