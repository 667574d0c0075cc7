// Bindings that nobody waits for, and calls that end by an exception of the provider's own.
#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>

#include <nmr/binding.hpp>

using nmr::Status;

namespace {

struct ThrowingNpi {
  struct ProviderDispatch {
    int (*call)(void* context, int value);
  };
};

/// Allocated, and freed by whoever leaves last.
template <class Calls>
struct Owned : nmr::BasicAttachment<ThrowingNpi, Calls> {
  Owned(const ThrowingNpi::ProviderDispatch* dispatch, int& number)
      : nmr::BasicAttachment<ThrowingNpi, Calls>(dispatch, nullptr), freed_ones(number) {}
  ~Owned() { ++freed_ones; }
  int& freed_ones;
  nmr::Completion freed{[](nmr::Completion&, void* self) noexcept { delete static_cast<Owned*>(self); },
                        this};
};

constexpr ThrowingNpi::ProviderDispatch kEcho{[](void*, int value) { return value; }};

}  // namespace

TEST_CASE_TEMPLATE("a binding that is abandoned is freed by the last that leaves", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  typename Calls::Domain domain;
  nmr::BasicBindingHandle<ThrowingNpi, Calls> handle(domain);
  int freed = 0;
  auto* const owned = new Owned<Calls>(&kEcho, freed);
  CHECK(handle.attach(*owned) == Status::kSuccess);
  CHECK(owned->abandon(owned->freed) == Status::kInvalidDeviceState);
  SUBCASE("with a call") {
    auto guard = handle.try_call();
    CHECK(handle.detach());
    CHECK(owned->abandon(owned->freed) == Status::kSuccess);
    CHECK(freed == 0);
    CHECK(guard->call(nullptr, 3) == 3);
    guard.leave();
  }
  SUBCASE("with a hold, replaced") {
    auto hold = handle.try_call().hold();
    nmr::BasicAttachment<ThrowingNpi, Calls> next(&kEcho, nullptr);
    CHECK(handle.attach(next) == Status::kSuccess);
    CHECK(owned->abandon(owned->freed) == Status::kSuccess);
    CHECK(freed == 0);
    hold.leave();
    CHECK(handle.detach());
  }
  SUBCASE("with nobody inside") {
    CHECK(handle.detach());
    CHECK(owned->abandon(owned->freed) == Status::kSuccess);
  }
  CHECK(freed == 1);
}

TEST_CASE_TEMPLATE("a translated call leaves when the exception has been dealt with", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  static bool alive;
  typename Calls::Domain domain;
  nmr::BasicBindingHandle<ThrowingNpi, Calls> handle(domain);
  const auto call = [&](int value) {
    return nmr::call_translated(
        handle, -1, [&](auto& guard) { return guard->call(nullptr, value); },
        [&] { return alive ? -2 : -3; });
  };
  CHECK(call(4) == -1);
  static const auto detach = [](auto& from) {
    static nmr::Completion gone([](nmr::Completion&, void*) noexcept { alive = false; }, nullptr);
    return from.detach(gone);
  };
  static nmr::BasicBindingHandle<ThrowingNpi, Calls>* place;
  place = &handle;
  const ThrowingNpi::ProviderDispatch dispatch{[](void*, int value) {
    CHECK(detach(*place));  // elsewhere, meanwhile
#if defined(__cpp_exceptions)
    if (value < 0) throw std::runtime_error("its own");
#endif
    return value;
  }};
  nmr::BasicAttachment<ThrowingNpi, Calls> binding(&dispatch, nullptr);
  alive = true;
  CHECK(handle.attach(binding) == Status::kSuccess);
  CHECK(call(4) == 4);
  CHECK_FALSE(alive);
#if defined(__cpp_exceptions)
  alive = true;
  CHECK(handle.attach(binding) == Status::kSuccess);
  CHECK(call(-4) == -2);  // the last call was inside when the handler ran
  CHECK_FALSE(alive);
  CHECK(call(4) == -1);
#endif
}
