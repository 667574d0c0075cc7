#pragma once
#include <concepts>
#include <cstdint>

#include <nmr/binding/detach_completion.hpp>
#include <nmr/binding/npi.hpp>
#include <nmr/calls/calls_policy.hpp>
#include <nmr/lifecycle/vocabulary.hpp>
#include <nmr/platform/completion.hpp>

NMR_BEGIN_NAMESPACE

/// An NPI that a registry can match: with an identifier `kId`, an NpiId that is not empty.
template <class T>
concept RegistrableNpi = Npi<T> && requires {
  { T::kId } -> std::convertible_to<NpiId>;
};

/// Returns an NPI's identifier, without leaving a symbol for it in the program.
template <RegistrableNpi N>
consteval NpiId npi_id_of() {
  return N::kId;
}

template <Npi N, CallsPolicy Calls>
class NMR_PUBLIC_TYPE BasicProviderOffer;
template <Npi N, CallsPolicy Calls>
class NMR_PUBLIC_TYPE BasicClientOffer;

/// What a client module registers (NPI_CLIENT_CHARACTERISTICS): its callbacks, and who it is.
///
/// No lock is held in any callback; each may register, deregister, detach, complete and enumerate. Attach callbacks may
/// throw, which refuses the peer. They run on the thread that registers the later of the two sides. Detach callbacks
/// run on the thread that deregistered, detached or swapped, or on the one that was attaching then. Cleanup runs on the
/// executor, or on the thread that comes to it: the last one out, or one of the peer's executor.
///
/// Ordering      for each side of a binding: attach happens-before detach, and that before cleanup. Both sides' detach
///               callbacks and all calls, both ways, happen-before either cleanup.
/// Lifetime      the registry keeps a pointer to it: it, and what it points to, stays until deregistration has
///               completed.
template <Npi N, CallsPolicy Calls>
struct NMR_PUBLIC_TYPE BasicClientModule {
  NMR_LOCAL constexpr BasicClientModule() noexcept = default;

  std::uint16_t version = 0;
  std::uint16_t length = sizeof(BasicClientModule);

  /// A provider is offered. Returns what offer.accept() returned, or declines with kNoInterface or an error.
  /// What succeeded() accepts is success, as in Windows: kTimeout, too, is no refusal. To fail after accept()
  /// has succeeded, other than by throwing, is misuse.
  Status (*attach_provider)(void* registration_context, BasicProviderOffer<N, Calls>& offer) = nullptr;
  /// Either side wants to leave: the client's calls are refused from now on. Must not block, nor free its
  /// context. The client is done when `done` has been dropped and its calls in flight have left. Called once
  /// for each attachment. May be null: done at once, but for those calls.
  void (*detach_provider)(void* binding_context, DetachCompletion done) noexcept = nullptr;
  /// Both sides are done: nobody will use the context again. May be null.
  void (*cleanup_binding_context)(void* binding_context) noexcept = nullptr;

  ModuleId module_id{};
  std::uint32_t number = 0;
  std::uint16_t npi_version = 0;
  const typename CharacteristicsOf<N>::Client* characteristics = nullptr;
  /// Where this side's cleanup runs, and what follows its last call; null: on the thread that comes to it,
  /// which may be one of the peer's executor. What ends with a binding's last cleanup, a deregistration above
  /// all, is told from there. Lives until the deregistration has completed.
  Executor* executor = nullptr;
  /// True: one attach callback at a time, other threads that offer wait. False: they may overlap. Two modules
  /// that both want it and register from inside their attach callbacks can wait for each other crosswise.
  /// Needs a policy with thread pointers, and callbacks that end on the thread that they began on.
  bool serialize_attach = false;
};

/// What a provider module registers (NPI_PROVIDER_CHARACTERISTICS). As BasicClientModule.
template <Npi N, CallsPolicy Calls>
struct NMR_PUBLIC_TYPE BasicProviderModule {
  NMR_LOCAL constexpr BasicProviderModule() noexcept = default;

  std::uint16_t version = 0;
  std::uint16_t length = sizeof(BasicProviderModule);

  /// A client asks to be attached. Returns offer.accept(...), or declines with kNoInterface or an error.
  Status (*attach_client)(void* registration_context, BasicClientOffer<N, Calls>& offer) = nullptr;
  /// As BasicClientModule::detach_provider. Calls from the client that are in flight are still to be served.
  void (*detach_client)(void* binding_context, DetachCompletion done) noexcept = nullptr;
  void (*cleanup_binding_context)(void* binding_context) noexcept = nullptr;

  ModuleId module_id{};
  std::uint32_t number = 0;
  std::uint16_t npi_version = 0;
  const typename CharacteristicsOf<N>::Provider* characteristics = nullptr;
  Executor* executor = nullptr;
  bool serialize_attach = false;
};

NMR_END_NAMESPACE
