#pragma once
/// A flow of control of its own that the explorer switches to and from: a stack where the system has them, a
/// thread elsewhere.
#include <csetjmp>
#include <cstddef>

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define NMR_MODEL_HAND_OFF
#endif
#endif
// Sanitizers do not follow a switch of stacks.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !__has_include(<ucontext.h>)
#define NMR_MODEL_HAND_OFF
#endif
#ifdef NMR_MODEL_TELLS_ACCESSES  // compiled as for a thread sanitizer, without one
#undef NMR_MODEL_HAND_OFF
#endif

#ifdef NMR_MODEL_HAND_OFF
#include <semaphore>
#include <thread>
#else
#include <ucontext.h>
#endif

namespace model {

class Fiber {
 public:
  using Body = void (*)(void* context);

  Fiber(std::byte* stack, std::size_t size);
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Makes the next resume() start `body` from the top. Whatever the fiber was doing is abandoned: no
  /// destructor of it runs. `body` must end in a suspend() that is never resumed.
  void restart(Body body, void* context) noexcept;

  void resume() noexcept;
  void suspend() noexcept;

#ifdef NMR_MODEL_HAND_OFF
  // Of all threads only one runs at a time, and it says which is next. About ten times slower. The stack is
  // not the program's: no plain access to it is checked.
  ~Fiber();

 private:
  void loop() noexcept;

  std::binary_semaphore resumed_{0}, suspended_{0};
  bool restarted_ = false;
  bool ends_ = false;
  std::jmp_buf base_;
  Body body_ = nullptr;
  void* argument_ = nullptr;
  std::thread thread_;
#else
  // ucontext makes the stack; the switches are _setjmp and _longjmp, because swapcontext asks the kernel for
  // the signal mask each time.
 private:
  static void enter(unsigned high, unsigned low);
  [[noreturn]] void loop() noexcept;

  ucontext_t context_;
  std::jmp_buf base_;
  std::jmp_buf here_;
  std::jmp_buf scheduler_;
  Body body_ = nullptr;
  void* argument_ = nullptr;
#endif
};

}  // namespace model
