#pragma once
/// The words of Microsoft's compilers, and what their headers make of them, for GCC and Clang. Of C and of C++.
///
/// This page and those that include it stand in for the driver kit's where there is none. On Windows use the kit.
#include <stddef.h>

#if defined(__cplusplus)
#define EXTERN_C extern "C"
#define EXTERN_C_START extern "C" {
#define EXTERN_C_END }
#define C_ASSERT(condition) static_assert(condition, #condition)
#else
#define EXTERN_C extern
#define EXTERN_C_START
#define EXTERN_C_END
#define C_ASSERT(condition) _Static_assert(condition, #condition)
#endif

// Calling conventions: the processors that are left have one.
#define NTAPI
#define NTKERNELAPI
#define NTSYSAPI
#define __cdecl
#define __stdcall
#define __fastcall
#define FASTCALL

#ifndef __forceinline
#define __forceinline inline __attribute__((always_inline))
#endif
#define FORCEINLINE __forceinline
#define DECLSPEC_NOINLINE __attribute__((noinline))
#define DECLSPEC_NORETURN __attribute__((noreturn))
#define DECLSPEC_ALIGN(bytes) __attribute__((aligned(bytes)))
#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(64)
// A variable that several files define alike: the linker keeps one. In C++ one that is const has no name outside its
// file if it is not inline, and what is hidden keeps no plug-in mapped.
#if defined(__cplusplus)
#define DECLSPEC_SELECTANY inline __attribute__((visibility("hidden")))
#else
#define DECLSPEC_SELECTANY __attribute__((weak))
#endif

// `__declspec(word)`, for the words that such code uses.
#define __declspec(word) NMR_WDK_DECLSPEC_##word
#define NMR_WDK_DECLSPEC_selectany DECLSPEC_SELECTANY
#define NMR_WDK_DECLSPEC_noinline DECLSPEC_NOINLINE
#define NMR_WDK_DECLSPEC_noreturn DECLSPEC_NORETURN
#define NMR_WDK_DECLSPEC_align(bytes) DECLSPEC_ALIGN(bytes)
#define NMR_WDK_DECLSPEC_dllexport __attribute__((visibility("default")))
#define NMR_WDK_DECLSPEC_dllimport

// What a page defines in line stays in its image; what it declares is found in the one that has the definitions.
#if defined(__cplusplus)
#define NMR_WDK_IN_LINE __attribute__((visibility("hidden"))) inline
#else
#define NMR_WDK_IN_LINE static inline
#endif
#define NMR_WDK_API EXTERN_C __attribute__((visibility("default")))

// A constant that is declared for all, defined in the file with NMR_WDK_IMPLEMENTATION, and may be the program's own.
#define NMR_WDK_IF_DEFINED __attribute__((weak))  // null where no file defines it
#if defined(NMR_WDK_IMPLEMENTATION)
#define NMR_WDK_CONSTANT(type, name) EXTERN_C const type name NMR_WDK_IF_DEFINED
#else
#define NMR_WDK_CONSTANT(type, name) EXTERN_C const type name
#endif
