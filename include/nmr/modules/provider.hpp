#pragma once
#include <type_traits>

#include <nmr/modules/settings.hpp>
#include <nmr/modules/table_of.hpp>
#include <nmr/registry/nmr_registry.hpp>

NMR_BEGIN_NAMESPACE

/// One provider in one object: what it offers, its module and its registration. The constructor registers it, and the
/// destructor returns when its last call has left.
///
///   nmr::Provider<GreeterNpi> provider(registry, nmr::ModuleId(2), {nmr::member<&Greeter::greet>()}, greeter);
///
/// A layer over BasicNmrRegistry: what is said of register_provider() and of registrations holds here.
///
/// Lifetime      the object that is called outlives it, and so does the registry. Where it is a member of that object,
///               it is the last one: then all else is there when calls may come, and until none can any more.
template <RegistrableNpi N, CallsPolicy Calls>
class NMR_PUBLIC_TYPE BasicProvider {
 public:
  using Registry = BasicNmrRegistry<N, Calls>;
  using Registration = typename Registry::ProviderRegistration;
  using Offer = typename Registry::ClientOffer;
  using Dispatch = typename N::ProviderDispatch;
  using Settings = ModuleSettings<typename CharacteristicsOf<N>::Provider>;
  template <class Object>
  using Table = TableOf<Dispatch, std::type_identity_t<Object>>;
  template <class Object>
  using Hooks = ModuleHooks<std::type_identity_t<Object>, Offer>;

  /// Registers. status() says whether that succeeded; calls may come before this returns. The table is copied.
  ///
  /// Progress      as register_provider(). Throws nothing; where that is unwound, what has been registered is
  ///               deregistered.
  template <class Object, class Unit = platform::ThisUnit>
  NMR_LOCAL BasicProvider(Registry& registry, const Settings& settings, const Table<Object>& table,
                          Object& object, const Hooks<Object>& hooks = {})
      : table_(table.table()),
        object_(const_cast<void*>(static_cast<const void*>(&object))),
        wants_(hooks.wants.entry()),
        attached_(hooks.attached.entry()) {
    detail::describe(module_, settings);
    module_.attach_client = &attach<Unit>;
    module_.detach_client = hooks.detaching.entry();
    module_.cleanup_binding_context = hooks.detached.entry();
    status_ = registry.template register_provider<Unit>(module_, this, registration_);
  }
  BasicProvider(const BasicProvider&) = delete;
  BasicProvider& operator=(const BasicProvider&) = delete;
  /// Deregisters and waits, as the registration's destructor does; nothing where registering has failed.
  ///
  /// Precondition  not in a callback or a guarded call of its own (trapped; then it does not wait).
  NMR_LOCAL ~BasicProvider() = default;

  /// Returns what register_provider() has returned. Anything but kSuccess: nobody was asked, and no call will come.
  /// Not for callbacks, which may run before the constructor has returned.
  [[nodiscard]] NMR_LOCAL Status status() const noexcept { return status_; }

  /// Returns the registration: to call the clients back, to deregister early, to be told of the end, to see who is
  /// attached. It is not to be moved from.
  [[nodiscard]] NMR_LOCAL Registration& registration() noexcept { return registration_; }

  /// Deregisters, and has the destructor not wait, as BasicRegistration::abandon(): for a process that is to end though
  /// a call never returns.
  ///
  /// Progress      as deregister().
  /// Lifetime      *this, the object and their code stay until `detached` has run for each binding, or for good.
  NMR_LOCAL void abandon() noexcept { registration_.abandon(); }

 private:
  template <class Unit>
  NMR_LOCAL static Status attach(void* self, Offer& offer) {
    auto& provider = *static_cast<BasicProvider*>(self);
    if (provider.wants_ != nullptr && !provider.wants_(provider.object_, offer)) return Status::kNoInterface;
    const Status status = offer.accept(provider.object_, &provider.table_);
    if (provider.attached_ != nullptr) provider.attached_(provider.object_, offer);
    return status;
  }

  const Dispatch table_;
  void* const object_;
  bool (*const wants_)(void*, const Offer&);
  void (*const attached_)(void*, const Offer&);
  typename Registry::ProviderModule module_;
  Status status_ = Status::kPending;
  Registration registration_;  // last: it goes first, and waits
};

template <Npi N>
using Provider = BasicProvider<N, PerThreadCalls>;

NMR_END_NAMESPACE
