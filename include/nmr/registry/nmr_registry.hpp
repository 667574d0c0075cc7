#pragma once
#include <nmr/lifecycle/registry_core.hpp>
#include <nmr/lifecycle/shared_layout.hpp>
#include <nmr/registry/module.hpp>
#include <nmr/registry/offer.hpp>
#include <nmr/registry/registration.hpp>
#include <nmr/registry/registration_fault.hpp>

NMR_BEGIN_NAMESPACE

/// Brings providers and clients of an NPI together (the Network Module Registrar): each new registration is offered to
/// every one of the other side; those that agree are attached and call each other through handles; when either leaves,
/// both are detached, and each is done when its last call has left.
///
/// Any number of threads may call it, also in callbacks and inside calls. In a signal handler: abandon() alone.
///
/// Lifetime      outlives its registrations and attached handles (trapped), and every call through them until its
///               leaving has returned. Where anything has been abandoned, the core that it has made for itself stays
///               for good.
template <RegistrableNpi N, CallsPolicy Calls>
class NMR_PUBLIC_TYPE BasicNmrRegistry {
  static_assert(!npi_id_of<N>().empty(), "kId is all zero: give the NPI a GUID of its own");

 public:
  using Core = BasicRegistryCore<Calls>;
  using ProviderModule = BasicProviderModule<N, Calls>;
  using ClientModule = BasicClientModule<N, Calls>;
  using ProviderRegistration = BasicRegistration<N, Calls, ModuleSide::kProvider>;
  using ClientRegistration = BasicRegistration<N, Calls, ModuleSide::kClient>;
  using ProviderOffer = BasicProviderOffer<N, Calls>;
  using ClientOffer = BasicClientOffer<N, Calls>;
  using Handle = typename ProviderOffer::Handle;
  using CallbackHandle = typename ClientOffer::Handle;

  template <class Unit = platform::ThisUnit>
  NMR_LOCAL BasicNmrRegistry() : core_(Core::make(Unit{})), calls_(core_.call_domain()), own_(true) {}
  /// Its calls and detaches do without the process-wide barrier of the system, which is not asked for.
  template <class Unit = platform::ThisUnit>
  NMR_LOCAL explicit BasicNmrRegistry(WithoutBarrier without)
      : core_(Core::make(without, Unit{})), calls_(core_.call_domain()), own_(true) {}
  /// A view of one NPI in a registry that several NPIs share.
  NMR_LOCAL explicit BasicNmrRegistry(Core& shared) noexcept
      : core_(shared), calls_(shared.call_domain()), own_(false) {}
  BasicNmrRegistry(const BasicNmrRegistry&) = delete;
  BasicNmrRegistry& operator=(const BasicNmrRegistry&) = delete;
  /// Precondition  no registration is left, but abandoned ones (trapped).
  NMR_LOCAL ~BasicNmrRegistry() {
    if (own_) core_.give_up();
  }

  /// From now on nobody waits: the destructor of a registration with the core abandons it, as if
  /// Registration::abandon() had been called. For a process that is to end whatever its threads are doing. Not for an
  /// image of another version, where it does nothing.
  ///
  /// Progress      wait-free: one store, also in a signal handler.
  /// Ordering      none: destructors on other threads see it for sure if they are ordered after it by other means.
  NMR_LOCAL void abandon() noexcept {
    if (is_of_this_version()) core_.abandon();
  }

  /// Returns the core, for other NPIs to share.
  [[nodiscard]] NMR_LOCAL Core& core() noexcept { return core_; }
  /// Returns the domain to make handles with: `Handle handle(registry.call_domain());`.
  [[nodiscard]] NMR_LOCAL typename Calls::Domain& call_domain() noexcept { return calls_; }
  /// Returns the same: its former name, for programs that have it.
  [[nodiscard]] NMR_LOCAL typename Calls::Domain& calls() noexcept { return calls_; }

  /// Registers a module (NmrRegisterClient, NmrRegisterProvider). Attach callbacks of all existing peers, and calls
  /// from them, may come before this returns: to register is the last step of a module's initialisation. A peer that
  /// declines is not an error here.
  ///
  /// `registration` must be empty; it is usable in the callbacks already, and stays empty on failure.
  ///
  /// Returns       kSuccess; kInvalidParameter: a missing attach callback, an empty module identifier, a wrong length,
  ///               or a registration that is not empty; kRevisionMismatch: a wrong version (registration_fault() says
  ///               which of these); kInsufficientResources. Then nothing has changed, and no peer was asked.
  /// Progress      blocking for the callbacks, where they are serialised also for those of other threads. Allocates,
  ///               before anybody is asked. A binding that is detached meanwhile, a swapped handle's among them, is
  ///               detached here, as by deregister(). Throws nothing; but if the thread is ended in an attach callback
  ///               (pthread_exit, cancellation), it is unwound through here: that peer has been refused with
  ///               kUnhandledException, the rest has not been offered, and `registration` stays registered.
  /// Ordering      what was done before happens-before each callback of the module, on whatever thread.
  /// Lifetime      module and registration_context stay until deregistration has completed.
  template <class Unit = platform::ThisUnit>
  NMR_LOCAL Status register_client(const ClientModule& module, void* registration_context,
                                   ClientRegistration& registration) {
    return add<ClientThunks<Unit>>(ModuleSide::kClient, module, registration_context, registration);
  }
  /// As above.
  template <class Unit = platform::ThisUnit>
  NMR_LOCAL Status register_provider(const ProviderModule& module, void* registration_context,
                                     ProviderRegistration& registration) {
    return add<ProviderThunks<Unit>>(ModuleSide::kProvider, module, registration_context, registration);
  }

  /// Returns why register_client() or register_provider() refuses such a module and registration, kNone where it takes
  /// them; asked afterwards, or before.
  [[nodiscard]] NMR_LOCAL RegistrationFault
  registration_fault(const ClientModule& module, const ClientRegistration& registration) const noexcept {
    return fault_of(module, module.attach_provider != nullptr, static_cast<bool>(registration));
  }
  /// As above.
  [[nodiscard]] NMR_LOCAL RegistrationFault
  registration_fault(const ProviderModule& module, const ProviderRegistration& registration) const noexcept {
    return fault_of(module, module.attach_client != nullptr, static_cast<bool>(registration));
  }

  /// Returns all registrations and bindings of the core as of one moment, with their states and what they wait for;
  /// none to an image of another version.
  ///
  /// Progress      blocking for the registry's mutex; allocates, without it. Throws std::bad_alloc.
  template <class Unit = platform::ThisUnit>
  [[nodiscard]] NMR_LOCAL RegistrySnapshot snapshot() {
    return is_of_this_version() ? core_.template snapshot<Unit>() : RegistrySnapshot{};
  }

 private:
  NMR_LOCAL static constexpr const char* ended() noexcept {
    return "the thread was ended (pthread_exit, cancellation) where it cannot be unwound";
  }

  // In the code of who registers, built as that is built.
  template <class Unit>
  struct ClientThunks {
    NMR_LOCAL static Status attach(const void* module, void* context, detail::OfferCore<Calls>& core) {
      ProviderOffer offer(core);
      const auto callback = static_cast<const ClientModule*>(module)->attach_provider;
      return platform::Callbacks<Unit>::contain(
          [&] { return callback(context, offer); }, core.side.registration.registry.unwinds,
          {"ClientRegistration", "attach_provider", ended(), &core.side.registration});
    }
    NMR_LOCAL static void detach(const void* module, void* context, DetachCompletion done) noexcept {
      void (*const callback)(void*, DetachCompletion) =
          static_cast<const ClientModule*>(module)->detach_provider;
      if (callback == nullptr) return;  // `done` is dropped
      platform::Callbacks<Unit>::bar([&] { callback(context, static_cast<DetachCompletion&&>(done)); },
                                     {"ClientRegistration", "detach_provider", ended(), module});
    }
    NMR_LOCAL static void cleanup(const void* module, void* context) noexcept {
      void (*const callback)(void*) = static_cast<const ClientModule*>(module)->cleanup_binding_context;
      platform::Callbacks<Unit>::bar([&] { callback(context); },
                                     {"ClientRegistration", "cleanup_binding_context", ended(), module});
    }
  };
  template <class Unit>
  struct ProviderThunks {
    NMR_LOCAL static Status attach(const void* module, void* context, detail::OfferCore<Calls>& core) {
      ClientOffer offer(core);
      const auto callback = static_cast<const ProviderModule*>(module)->attach_client;
      return platform::Callbacks<Unit>::contain(
          [&] { return callback(context, offer); }, core.side.registration.registry.unwinds,
          {"ProviderRegistration", "attach_client", ended(), &core.side.registration});
    }
    NMR_LOCAL static void detach(const void* module, void* context, DetachCompletion done) noexcept {
      void (*const callback)(void*, DetachCompletion) =
          static_cast<const ProviderModule*>(module)->detach_client;
      if (callback == nullptr) return;  // `done` is dropped
      platform::Callbacks<Unit>::bar([&] { callback(context, static_cast<DetachCompletion&&>(done)); },
                                     {"ProviderRegistration", "detach_client", ended(), module});
    }
    NMR_LOCAL static void cleanup(const void* module, void* context) noexcept {
      void (*const callback)(void*) = static_cast<const ProviderModule*>(module)->cleanup_binding_context;
      platform::Callbacks<Unit>::bar([&] { callback(context); },
                                     {"ProviderRegistration", "cleanup_binding_context", ended(), module});
    }
  };

  template <class Module>
  NMR_LOCAL RegistrationFault fault_of(const Module& module, bool has_attach, bool in_use) const noexcept {
    using enum RegistrationFault;
    if (!has_attach) return kNoAttachCallback;
    if (module.length != sizeof(Module)) return kWrongLength;
    if (module.module_id.empty()) return kNoModuleId;
    if (in_use) return kRegistrationInUse;
    if (module.version != 0) return kWrongVersion;
    return is_of_this_version() ? kNone : kOtherLibrary;
  }

  template <class Thunks, class Module, class Registration>
  NMR_LOCAL Status add(ModuleSide side, const Module& module, void* context, Registration& registration) {
    const Status refused = detail::status_of(registration_fault(module, registration));
    if (refused != Status::kSuccess) return refused;
    const typename Core::Module view{
        &module,
        &Thunks::attach,
        &Thunks::detach,
        module.cleanup_binding_context != nullptr ? &Thunks::cleanup : nullptr,
        {npi_id_of<N>(), module.module_id, module.number, module.npi_version, module.characteristics},
        module.executor,
        module.serialize_attach,
    };
    registration.core_ = &core_;
    return core_.add(side, view, context, registration.registration_);
  }

  /// Returns whether the core was made by code of this version. Nothing of it may be touched before that is known.
  [[nodiscard]] NMR_LOCAL bool is_of_this_version() const noexcept {
    return calls_.layout_version() == kLayoutVersion;
  }

  // Another version finds these where they are, and the version at the front of the domain.
  Core& core_;
  typename Calls::Domain& calls_;
  const bool own_;
};

template <RegistrableNpi N>
using NmrRegistry = BasicNmrRegistry<N, PerThreadCalls>;
template <Npi N>
using ProviderModule = BasicProviderModule<N, PerThreadCalls>;
template <Npi N>
using ClientModule = BasicClientModule<N, PerThreadCalls>;
template <Npi N>
using ProviderRegistration = BasicRegistration<N, PerThreadCalls, ModuleSide::kProvider>;
template <Npi N>
using ClientRegistration = BasicRegistration<N, PerThreadCalls, ModuleSide::kClient>;
template <Npi N>
using ProviderOffer = BasicProviderOffer<N, PerThreadCalls>;
template <Npi N>
using ClientOffer = BasicClientOffer<N, PerThreadCalls>;

NMR_END_NAMESPACE
