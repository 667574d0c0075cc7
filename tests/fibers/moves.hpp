#pragma once
/// What both programs of this folder share: an interface, checks that count, and what a thread is said to be inside of.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <nmr/nmr.hpp>

struct EchoNpi {
  struct ProviderDispatch {
    int (*echo)(void* context, int value);
  };
  struct ClientDispatch {
    int (*echo)(void* context, int value);
  };
  static constexpr nmr::NpiId kId{{1, 2, 3, {1, 2, 3, 4, 5, 6, 7, 8}}};
};
#if !defined(NMR_NO_THREAD_POINTER)
using Handle = nmr::BindingHandle<EchoNpi>;
using Attachment = nmr::Attachment<EchoNpi>;
#endif
using nmr::Status;

inline int failures = 0;
inline void check(bool good, const char* what, int line) {
  if (good) return;
  std::printf("line %d: %s\n", line, what);
  ++failures;
}
#define CHECK(...) check((__VA_ARGS__), #__VA_ARGS__, __LINE__)

inline int echo(void*, int value) { return value + 1; }

/// What a wait of this thread says of a binding that something keeps.
template <class AnyBinding>
bool says_inside(AnyBinding& binding) {
  return binding.wait_until_detached_for(std::chrono::nanoseconds(0)) == Status::kPossibleDeadlock;
}

/// Runs `f` on a thread of its own and waits for it.
template <class F>
void elsewhere(F f) {
  std::thread(f).join();
}

struct Count : nmr::Completion {
  Count()
      : nmr::Completion([](nmr::Completion&, void* self) noexcept { ++static_cast<Count*>(self)->runs; },
                        this) {}
  int runs = 0;
};
