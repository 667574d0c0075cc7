#pragma once
/// Which thread this is, in one instruction and without thread-local storage.
///
/// It is read anew each time that it is asked for, hence `volatile`: a fiber or a coroutine may come back from a call
/// on another thread. What a compiler has for it (a builtin, the address of a thread-local variable) would not do: to
/// the compiler that is a constant of the whole function, which it keeps over any call.
#include <cstdint>
#include <nmr/platform/config.hpp>

NMR_BEGIN_NAMESPACE
namespace platform {

/// Returns a value that no two live threads share and that a thread keeps; never 0, but where there is none to
/// be had (NMR_NO_THREAD_POINTER).
[[nodiscard]] NMR_ALWAYS_INLINE inline std::uintptr_t thread_pointer() noexcept {
#if defined(NMR_NO_THREAD_POINTER)
  return 0;
#elif defined(_MSC_VER) && defined(_M_X64)
  return static_cast<std::uintptr_t>(
      __readgsqword(0x30));  // the thread's block, which begins with what NT has
#elif defined(_MSC_VER) && defined(_M_IX86)
  return static_cast<std::uintptr_t>(__readfsdword(0x18));
#elif defined(_MSC_VER) && defined(_M_ARM64)
  return static_cast<std::uintptr_t>(__getReg(18));
#elif defined(__GNUC__)
  std::uintptr_t thread;
#if defined(_WIN32) && defined(__x86_64__)
  __asm__ __volatile__("mov %%gs:0x30, %0" : "=r"(thread));
#elif defined(_WIN32) && defined(__i386__)
  __asm__ __volatile__("mov %%fs:0x18, %0" : "=r"(thread));
#elif defined(_WIN32) && defined(__aarch64__)
  __asm__ __volatile__("mov %0, x18" : "=r"(thread));
#elif defined(__APPLE__) && defined(__x86_64__)
  __asm__ __volatile__("mov %%gs:0, %0" : "=r"(thread));  // pthread_self()
#elif defined(__APPLE__) && defined(__aarch64__)
  __asm__ __volatile__("mrs %0, tpidrro_el0" : "=r"(thread));  // tpidr_el0 is 0 on every thread
  thread &= ~std::uintptr_t{7};  // the number of the processor, once
#elif defined(_WIN32) || defined(__APPLE__)
#define NMR_THREAD_POINTER_UNKNOWN
#elif defined(__x86_64__)
  __asm__ __volatile__("mov %%fs:0, %0" : "=r"(thread));
#elif defined(__i386__)
  __asm__ __volatile__("mov %%gs:0, %0" : "=r"(thread));
#elif defined(__aarch64__)
  __asm__ __volatile__("mrs %0, tpidr_el0" : "=r"(thread));
#elif defined(__arm__) && (__ARM_ARCH >= 7 || defined(__ARM_ARCH_6K__))
  __asm__ __volatile__("mrc p15, 0, %0, c13, c0, 3" : "=r"(thread));
#elif defined(__riscv)
  __asm__ __volatile__("mv %0, tp" : "=r"(thread));
#elif defined(__powerpc64__)
  __asm__ __volatile__("mr %0, 13" : "=r"(thread));
#elif defined(__powerpc__)
  __asm__ __volatile__("mr %0, 2" : "=r"(thread));
#elif defined(__s390x__)
  __asm__ __volatile__("ear %0, %%a0\n\tsllg %0, %0, 32\n\tear %0, %%a1" : "=d"(thread));
#elif defined(__mips__)
  __asm__ __volatile__(".set push\n\t.set mips32r2\n\trdhwr %0, $29\n\t.set pop" : "=r"(thread));
#elif defined(__loongarch__)
  __asm__ __volatile__("move %0, $tp" : "=r"(thread));
#elif defined(__sparc__)
  __asm__ __volatile__("mov %%g7, %0" : "=r"(thread));
#else
#define NMR_THREAD_POINTER_UNKNOWN
#endif
  return thread;
#else
#define NMR_THREAD_POINTER_UNKNOWN
#endif
}

#if defined(NMR_THREAD_POINTER_UNKNOWN)
#undef NMR_THREAD_POINTER_UNKNOWN
#error \
    "nmr: no register is known here that tells threads apart. Define NMR_NO_THREAD_POINTER and count calls \
with OneWordCalls (BasicBindingHandle<Npi, OneWordCalls>, BasicNmrRegistry<Npi, OneWordCalls>), or with \
BasicPerThreadCalls over a policy that has a thread_pointer() of its own."
#endif

/// Returns what mostly differs between threads and mostly stays the same on one, to spread them: where its stack
/// is, so to 64 KiB.
[[nodiscard]] inline std::uintptr_t stack_place() noexcept {
  const volatile char here = 0;
  return reinterpret_cast<std::uintptr_t>(&here) >> 16;
}

/// Whether thread_pointer() tells threads apart.
enum : bool {
#if defined(NMR_NO_THREAD_POINTER)
  kThreadPointerKnown = false
#else
  kThreadPointerKnown = true
#endif
};

}  // namespace platform
NMR_END_NAMESPACE
