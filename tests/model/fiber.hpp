#pragma once
#include <csetjmp>
#include <cstddef>
#include <memory>
#include <ucontext.h>

namespace model {

/// A stack of its own that the explorer switches to and from. ucontext makes it; the switches are _setjmp and
/// _longjmp, because swapcontext asks the kernel for the signal mask each time.
class Fiber {
 public:
  using Body = void (*)(void* context);

  Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Makes the next resume() start `body` from the top. Whatever the fiber was doing is abandoned: no destructor of
  /// it runs. `body` must end in a suspend() that is never resumed.
  void restart(Body body, void* context) noexcept;

  void resume() noexcept;
  void suspend() noexcept;

  [[nodiscard]] bool on_stack(const void* address) const noexcept;

 private:
  enum : std::size_t { kStackSize = 128 * 1024 };

  static void enter(unsigned high, unsigned low);
  [[noreturn]] void loop() noexcept;

  std::unique_ptr<std::byte[]> stack_;
  ucontext_t context_;
  std::jmp_buf base_;
  std::jmp_buf here_;
  std::jmp_buf scheduler_;
  Body body_ = nullptr;
  void* argument_ = nullptr;
};

}  // namespace model
