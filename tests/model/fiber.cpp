// A checking longjmp takes a jump to another stack for an error.
#undef _FORTIFY_SOURCE
#include "fiber.hpp"

#include <cstdint>
#include <cstring>

namespace model {

#ifdef NMR_MODEL_HAND_OFF

Fiber::Fiber(std::byte*, std::size_t) : thread_([this] { loop(); }) {}

Fiber::~Fiber() {
  ends_ = restarted_ = true;
  resumed_.release();
  thread_.join();
}

void Fiber::loop() noexcept {
  resumed_.acquire();
  // What is abandoned is jumped out of, not unwound: much of it is noexcept, and what it would destroy is
  // forgotten with its heap. Sanitizers follow a jump down the thread's own stack. (That of threads follows
  // longjmp, but with _longjmp it runs out of memory of its own.)
  (void)setjmp(base_);
  if (ends_) return;
  restarted_ = false;
  body_(argument_);
  for (;;) suspend();
}

void Fiber::restart(Body body, void* context) noexcept {
  body_ = body;
  argument_ = context;
  restarted_ = true;
}

void Fiber::resume() noexcept {
  resumed_.release();
  suspended_.acquire();
}

void Fiber::suspend() noexcept {
  suspended_.release();
  resumed_.acquire();
  if (restarted_) std::longjmp(base_, 1);
}

#else

Fiber::Fiber(std::byte* stack, std::size_t size) {
  getcontext(&context_);
  context_.uc_stack.ss_sp = stack;
  context_.uc_stack.ss_size = size;
  context_.uc_link = nullptr;
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  // makecontext passes ints, so the pointer goes in two halves.
  makecontext(&context_, reinterpret_cast<void (*)()>(&Fiber::enter), 2, static_cast<unsigned>(self >> 32),
              static_cast<unsigned>(self));
  if (_setjmp(scheduler_) == 0) setcontext(&context_);
}

void Fiber::enter(unsigned high, unsigned low) {
  reinterpret_cast<Fiber*>(static_cast<std::uintptr_t>(high) << 32 | low)->loop();
}

void Fiber::loop() noexcept {
  // This frame never ends, so that base_ stays a place to come back to.
  if (_setjmp(base_) == 0) _longjmp(scheduler_, 1);
  body_(argument_);
  for (;;) suspend();
}

void Fiber::restart(Body body, void* context) noexcept {
  body_ = body;
  argument_ = context;
  std::memcpy(&here_, &base_, sizeof here_);
}

void Fiber::resume() noexcept {
  if (_setjmp(scheduler_) == 0) _longjmp(here_, 1);
}

void Fiber::suspend() noexcept {
  if (_setjmp(here_) == 0) _longjmp(scheduler_, 1);
}

#endif

}  // namespace model
