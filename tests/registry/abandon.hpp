#pragma once
/// What tests give up.
#include <optional>

#include "registry/fixture.hpp"

template <class Calls>
using RegistryOf = nmr::BasicNmrRegistry<TestNpi, Calls>;

inline int answer(void*, int value) { return value + 1; }
inline constexpr TestNpi::ProviderDispatch kAnswers{&answer};

/// A pair without contexts, so that nothing has to outlive it but the modules, and the handle of one-word counting.
template <class Calls>
struct Pair {
  using Registry = RegistryOf<Calls>;
  using Handle = typename Registry::Handle;

  Pair() {
    client.module_id = nmr::ModuleId(std::uint64_t{1});
    client.attach_provider = [](void* self, typename Registry::ProviderOffer& offer) {
      return offer.accept(*static_cast<Pair*>(self)->handle, self, nullptr);
    };
    client.detach_provider = [](void*, nmr::DetachCompletion) noexcept {};
    client.cleanup_binding_context = [](void* self) noexcept { ++static_cast<Pair*>(self)->cleanups; };
    provider.module_id = nmr::ModuleId(std::uint64_t{2});
    provider.attach_client = [](void* self, typename Registry::ClientOffer& offer) {
      return offer.accept(self, &kAnswers);
    };
    provider.detach_client = [](void*, nmr::DetachCompletion) noexcept {};
    provider.cleanup_binding_context = client.cleanup_binding_context;
    CHECK(registry->register_client(client, this, of_client) == Status::kSuccess);
    CHECK(registry->register_provider(provider, this, of_provider) == Status::kSuccess);
  }
  /// As at the end of a scope, or of the process.
  void destroy(bool and_handle) {
    of_provider = {};
    of_client = {};
    if (and_handle) handle.reset();
    registry.reset();
  }
  /// Of a registry that has stayed, once every call has returned.
  void free_core() { delete core; }

  std::atomic<int> cleanups{0};
  typename Registry::ClientModule client;
  typename Registry::ProviderModule provider;
  std::optional<Registry> registry{std::in_place};
  typename Registry::Core* core = &registry->core();
  std::optional<Handle> handle{registry->call_domain()};
  typename Registry::ClientRegistration of_client;
  typename Registry::ProviderRegistration of_provider;
};
