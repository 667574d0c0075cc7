#pragma once
#include <csetjmp>
#include <cstddef>
#include <ucontext.h>

namespace model {

/// A stack of its own that the explorer switches to and from. ucontext makes it; the switches are _setjmp and
/// _longjmp, because swapcontext asks the kernel for the signal mask each time.
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

 private:
  static void enter(unsigned high, unsigned low);
  [[noreturn]] void loop() noexcept;

  ucontext_t context_;
  std::jmp_buf base_;
  std::jmp_buf here_;
  std::jmp_buf scheduler_;
  Body body_ = nullptr;
  void* argument_ = nullptr;
};

}  // namespace model
