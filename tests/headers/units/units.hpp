#pragma once
/// What two translation units of one program share that are built with different settings: both instantiate all of it.
#include <chrono>
#include <cstdio>
#include <memory>

#include <nmr/nmr.hpp>

struct UnitNpi {
  struct ProviderDispatch {
    int (*call)(void* context);
  };
  struct ClientDispatch {
    int (*call)(void* context);
  };
  static constexpr nmr::NpiId kId{{1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}}};
};
using Registry = nmr::NmrRegistry<UnitNpi>;

/// A context whose construction fails where it is asked to, in code that the linker lends to nobody.
struct Context {
  explicit Context(void (*may_throw)()) { may_throw(); }
  static void* operator new(std::size_t size, const std::nothrow_t& none) noexcept {
    ++blocks();
    return ::operator new(size, none);
  }
  static void operator delete(void* block) noexcept {
    --blocks();
    ::operator delete(block);
  }
  static void operator delete(void* block, const std::nothrow_t&) noexcept { operator delete(block); }
  static int& blocks() noexcept;  // in use
};

/// Registers a provider that makes a context and agrees, and calls `visit` with each client that has attached, by a
/// pointer: so that both units have a function of that name. `visit` may throw, where `guarded` lets it.
using Visit = void (*)(nmr::CallGuard<nmr::CallbacksOf<UnitNpi>>& guard);
struct Provider {
  nmr::ProviderModule<UnitNpi> module;
  nmr::ProviderRegistration<UnitNpi> registration;
};

/// What a typed module calls, and asks, which throws where it is told to.
struct Typed {
  int call() {
    may_throw();
    return 7;
  }
  bool wants(const nmr::Client<UnitNpi>::Offer&) { return call() != 0; }
  void (*may_throw)() = [] {};
};

/// Each is there in both units.
struct Unit {
  std::unique_ptr<Registry> (*make_registry)();
  nmr::Status (*enter)(Registry& registry, Provider& provider);
  void (*visit)(Provider& provider, Visit visit);
  nmr::Status (*leave)(Provider& provider);
  /// Returns what a call of a typed module by another gives, or -1 if it is refused.
  int (*call)(Registry& registry, Typed& provides, Typed& calls);
};
const Unit& built_otherwise() noexcept;

namespace {

inline int answer(void*) { return 7; }
constexpr UnitNpi::ProviderDispatch kAnswers{&answer};
constexpr UnitNpi::ClientDispatch kClientAnswers{&answer};

const Unit kThisUnit{
    [] { return std::make_unique<Registry>(); },
    [](Registry& registry, Provider& provider) {
      provider.module.module_id = nmr::ModuleId(std::uint64_t{2});
      provider.module.attach_client = [](void*, nmr::ClientOffer<UnitNpi>& offer) {
        (void)offer.make_context<Context>(+[] {});
        return offer.accept(nullptr, &kAnswers);
      };
      provider.module.detach_client = [](void*, nmr::DetachCompletion) noexcept {};
      return registry.register_provider(provider.module, nullptr, provider.registration);
    },
    [](Provider& provider, Visit visit) { provider.registration.for_each_client(visit); },
    [](Provider& provider) {
      (void)provider.registration.deregister();
      return provider.registration.wait_for_deregister_complete_for(std::chrono::seconds(10));
    },
    [](Registry& registry, Typed& provides, Typed& calls) {
      const nmr::Provider<UnitNpi> provider(registry, nmr::ModuleId(3), {nmr::member<&Typed::call>()},
                                            provides);
      nmr::Client<UnitNpi> client(registry, nmr::ModuleId(4), {nmr::member<&Typed::call>()}, calls,
                                  {.wants = nmr::member<&Typed::wants>()});
      return client.call<&UnitNpi::ProviderDispatch::call>().value_or(-1);
    },
};

}  // namespace
