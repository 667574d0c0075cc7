#pragma once
#include <concepts>
#include <new>
#include <type_traits>
#include <utility>

#include <nmr/binding/binding_handle.hpp>
#include <nmr/binding/npi.hpp>
#include <nmr/lifecycle/offer_core.hpp>
#include <nmr/platform/callback_boundary.hpp>

NMR_BEGIN_NAMESPACE

/// What both sides' offers have: who the peer is, and a context that the registry owns. For the thread that is in the
/// attach callback.
///
/// Lifetime      of an offer: the attach callback. Of what peer() gives: until this side's cleanup.
template <CallsPolicy Calls, class PeerCharacteristics>
class NMR_PUBLIC_TYPE BasicPeerOffer {
 public:
  NMR_LOCAL explicit BasicPeerOffer(detail::OfferCore<Calls>& core) noexcept : core_(core) {}
  BasicPeerOffer(const BasicPeerOffer&) = delete;
  BasicPeerOffer& operator=(const BasicPeerOffer&) = delete;

  /// Returns the name of this binding, for detach(). Unique among all that the registry ever makes.
  [[nodiscard]] NMR_LOCAL BindingId binding() const noexcept { return core_.side.binding.id; }
  /// Returns who is on the other side.
  [[nodiscard]] NMR_LOCAL const RegistrationInstance& peer() const noexcept {
    return core_.side.binding.peer_of(core_.side).registration.module.instance;
  }
  /// Returns the peer's NPI-specific characteristics, or null.
  [[nodiscard]] NMR_LOCAL const PeerCharacteristics* characteristics() const noexcept {
    return static_cast<const PeerCharacteristics*>(peer().characteristics);
  }

  /// Makes a binding context that the registry owns: destroyed after this side's cleanup callback, or when the
  /// attachment fails. A second one replaces the first, which is destroyed here.
  ///
  /// Returns       null if there is no memory, or after accept().
  /// Progress      allocates; runs constructor and destructor of T. What the constructor throws passes, and nothing has
  ///               changed.
  /// Precondition  before accept(), which gives the context away (trapped).
  template <class T, class... Arguments, class Unit = platform::ThisUnit>
  [[nodiscard]] NMR_LOCAL T* make_context(Arguments&&... arguments) {
    if (core_.agreed) {
      Calls::Atomics::misuse({"Offer", "make_context", "after accept()", &core_.side.registration});
      return nullptr;
    }
    T* const object = new (std::nothrow) T(static_cast<Arguments&&>(arguments)...);
    if (object == nullptr) return nullptr;
    core_.side.owned.reset();
    core_.side.owned = {object, [](void* owned) noexcept { delete static_cast<T*>(owned); }};
    return object;
  }

 protected:
  detail::OfferCore<Calls>& core_;
};

/// A provider, offered to a client (ClientAttachProvider).
template <Npi N, CallsPolicy Calls>
class NMR_PUBLIC_TYPE BasicProviderOffer
    : public BasicPeerOffer<Calls, typename CharacteristicsOf<N>::Provider> {
 public:
  using Handle = BasicBindingHandle<N, Calls>;
  using ClientDispatch = typename CallbacksOf<N>::ProviderDispatch;

  NMR_LOCAL explicit BasicProviderOffer(detail::OfferCore<Calls>& core) noexcept
      : BasicPeerOffer<Calls, typename CharacteristicsOf<N>::Provider>(core) {}

  /// Attaches to the provider, if it agrees (NmrClientAttachProvider). From then on the client's calls go through
  /// `handle`, and the provider may call the client, even before this returns: `context` must be ready. What the handle
  /// was attached to before is detached as if this side had asked for it, once the attach callback has returned.
  ///
  /// Returns       what the provider returned: kSuccess (return it from the callback, unchanged), kNoInterface or an
  ///               error: then nothing has changed, and it may be tried again with another table. kInvalidDeviceState:
  ///               it has succeeded already. kInvalidParameter: a handle of another registry.
  /// Progress      blocking for as long as the provider's callback, where that is serialised also for those of other
  ///               threads; with one-word counting and an occupied handle also for the calls through it. Throws
  ///               nothing; but if the thread is ended in the provider's callback (pthread_exit, cancellation) it is
  ///               unwound through here. Allocates nothing of its own.
  /// Ordering      what was done before happens-before the provider's callback and the provider's calls; that callback
  ///               happens-before the client's calls.
  /// Lifetime      the handle stays until this side's cleanup, also where another binding is in it by then.
  NMR_LOCAL Status accept(Handle& handle, void* context, const ClientDispatch* dispatch) {
    return this->core_.accept(&handle.cell(), context, dispatch);
  }
  /// As above, for a client that calls through ClientRegistration::for_each_provider() instead of a handle.
  NMR_LOCAL Status accept(void* context, const ClientDispatch* dispatch) {
    return this->core_.accept(nullptr, context, dispatch);
  }
  /// As above, where the NPI has no functions of the client's.
  NMR_LOCAL Status accept(Handle& handle, void* context)
    requires std::is_same_v<ClientDispatch, NoDispatch>
  {
    return accept(handle, context, nullptr);
  }
  /// As above, without a handle.
  NMR_LOCAL Status accept(void* context)
    requires std::is_same_v<ClientDispatch, NoDispatch>
  {
    return accept(context, nullptr);
  }
  template <std::same_as<Handle> H>
  Status accept(H*, const void* = nullptr, const void* = nullptr) = delete;  // the handle, not its address
};

/// A client that asks a provider to attach it (ProviderAttachClient).
template <Npi N, CallsPolicy Calls>
class NMR_PUBLIC_TYPE BasicClientOffer : public BasicPeerOffer<Calls, typename CharacteristicsOf<N>::Client> {
 public:
  using Handle = BasicBindingHandle<CallbacksOf<N>, Calls>;
  using ProviderDispatch = typename N::ProviderDispatch;

  NMR_LOCAL explicit BasicClientOffer(detail::OfferCore<Calls>& core) noexcept
      : BasicPeerOffer<Calls, typename CharacteristicsOf<N>::Client>(core) {}

  /// Agrees: the client's calls get `dispatch` and `context`, which must be ready. Takes effect when the callback
  /// returns success; until then no call may go to the client.
  ///
  /// Returns       kSuccess, to be returned from the callback.
  /// Progress      wait-free.
  /// Ordering      what this thread does before its callback returns happens-before the client's calls.
  NMR_LOCAL Status accept(void* context, const ProviderDispatch* dispatch) noexcept {
    return this->core_.agree(nullptr, context, dispatch);
  }
  /// As above, and from the attachment on this provider's calls to this client go through `handle`. What that was
  /// attached to before is detached. Without a handle they go through ProviderRegistration::for_each_client().
  ///
  /// Returns       as above; kInvalidParameter: a handle of another registry.
  /// Lifetime      the handle stays until this side's cleanup, also where another binding is in it by then.
  NMR_LOCAL Status accept(Handle& handle, void* context, const ProviderDispatch* dispatch) noexcept {
    return this->core_.agree(&handle.cell(), context, dispatch);
  }
  template <std::same_as<Handle> H>
  Status accept(H*, const void*, const void* = nullptr) = delete;  // the handle, not its address
};

NMR_END_NAMESPACE
