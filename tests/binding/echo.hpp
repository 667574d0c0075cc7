#pragma once
/// The interface that the tests of bindings call through, and a provider of it that watches what is done to
/// it.
#include <atomic>

#include <nmr/binding.hpp>

#include "calls/policies.hpp"
#include "platform/counted_completion.hpp"

struct EchoNpi {
  struct ProviderDispatch {
    int (*echo)(void* context, int value);
    /// Runs `inside(argument)` while the call is in progress.
    void (*visit)(void* context, void (*inside)(void* argument), void* argument);
  };
};

template <class Calls>
using EchoHandle = nmr::BasicBindingHandle<EchoNpi, Calls>;
template <class Calls>
using EchoBinding = nmr::BasicAttachment<EchoNpi, Calls>;
template <class Calls>
using EchoGuard = nmr::BasicCallGuard<EchoNpi, Calls>;
template <class Calls>
using EchoHold = nmr::BasicCallHold<EchoNpi, Calls>;

/// Answers while it lives. When it goes, its table and its context are spoilt, so that a call that comes too
/// late is seen without a sanitizer too.
class EchoProvider {
 public:
  EchoProvider() noexcept = default;
  EchoProvider(const EchoProvider&) = delete;
  EchoProvider& operator=(const EchoProvider&) = delete;
  ~EchoProvider() {
    alive_.store(0, std::memory_order_relaxed);
    table_.echo = &spoilt;
  }

  [[nodiscard]] const EchoNpi::ProviderDispatch* table() const noexcept { return &table_; }
  [[nodiscard]] void* context() noexcept { return this; }
  /// Calls that have entered.
  [[nodiscard]] int entered() const noexcept { return entered_.load(std::memory_order_relaxed); }

  /// What echo(value) answers; anything else comes from a provider that is gone.
  [[nodiscard]] static constexpr int answer(int value) noexcept { return value + 1; }

 private:
  static int echo(void* context, int value) {
    auto& self = *static_cast<EchoProvider*>(context);
    self.entered_.fetch_add(1, std::memory_order_relaxed);
    return self.alive_.load(std::memory_order_relaxed) == kAlive ? answer(value) : -1;
  }
  static void visit(void* context, void (*inside)(void*), void* argument) {
    static_cast<EchoProvider*>(context)->entered_.fetch_add(1, std::memory_order_relaxed);
    inside(argument);
  }
  static int spoilt(void*, int) { return -2; }

  enum : unsigned { kAlive = 0xA11FEu };
  std::atomic<unsigned> alive_{kAlive};
  std::atomic<int> entered_{0};
  EchoNpi::ProviderDispatch table_{&echo, &visit};
};

/// A provider and its binding.
template <class Calls>
struct EchoModule {
  EchoProvider provider;
  EchoBinding<Calls> binding{provider.table(), provider.context()};
};

/// Calls through the handle. Returns false if the call was refused or the answer was wrong.
template <class Calls>
bool calls_well(EchoHandle<Calls>& handle, int value = 7) {
  const auto guard = handle.try_call();
  return guard && guard->echo(guard.context(), value) == EchoProvider::answer(value);
}
