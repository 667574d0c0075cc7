#pragma once
#include <nmr/lifecycle/registry_state.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// What an attach callback is given, without its types: the binding on offer, and what the callback says to
/// it.
template <CallsPolicy Calls>
struct NMR_PUBLIC_TYPE OfferCore {
  using Side = BindingSide<Calls>;
  using Cell = typename Calls::Cell;

  NMR_LOCAL OfferCore(Side& whose) noexcept : side(whose) {}
  OfferCore(const OfferCore&) = delete;
  OfferCore& operator=(const OfferCore&) = delete;

  /// The client accepts: asks the provider, and attaches both sides if it agrees (NmrClientAttachProvider).
  NMR_LOCAL Status accept(Cell* handle, void* with, const void* table) {
    return side.registration.registry.accept(*this, handle, with, table);
  }
  /// The provider agrees: says what the client's calls get, and through which handle its own go.
  NMR_LOCAL Status agree(Cell* handle, void* with, const void* table) noexcept {
    if (handle != nullptr && &handle->domain() != &side.registration.registry.calls)
      return Status::kInvalidParameter;
    cell = handle;
    context = with;
    dispatch = table;
    agreed = true;
    return Status::kSuccess;
  }

  /// Returns what the other side's module was registered as: `module` of its Module.
  [[nodiscard]] NMR_LOCAL const void* peer_module() const noexcept {
    return side.binding.peer_of(side).registration.module.module;
  }
  /// Returns what the other side has given to be called with. The client's is known when the provider is asked, the
  /// provider's when accept() has succeeded.
  [[nodiscard]] NMR_LOCAL const void* peer_dispatch() const noexcept { return side.outgoing.dispatch(); }
  [[nodiscard]] NMR_LOCAL void* peer_context() const noexcept { return side.outgoing.context(); }

  Side& side;  // of the module that is asked
  Cell* cell = nullptr;
  void* context = nullptr;
  const void* dispatch = nullptr;
  bool agreed = false;  // accept() or agree() has succeeded
  typename Calls::Target* replaced = nullptr;  // what accepting took out of occupied handles
};

}  // namespace detail
NMR_END_NAMESPACE
