#pragma once
#include <type_traits>

#include <nmr/binding/binding_handle.hpp>
#include <nmr/modules/call_through.hpp>
#include <nmr/modules/settings.hpp>
#include <nmr/modules/table_of.hpp>
#include <nmr/registry/nmr_registry.hpp>

NMR_BEGIN_NAMESPACE

/// One client in one object: a handle to call through, its module and its registration. It attaches to each provider
/// that comes, or that it wants, and is detached for good from the one before: calls go to the newest one, and are
/// refused when that has gone. The constructor registers it, and the destructor returns when its last call has left.
///
///   nmr::Client<GreeterNpi> client(registry, nmr::ModuleId(1));
///   if (const auto printed = client.call<&GreeterNpi::ProviderDispatch::greet>("world")) return *printed;
///
/// A layer over BasicNmrRegistry and BasicBindingHandle: what is said there of register_client(), of registrations and
/// of handles holds here. Any number of threads may call.
///
/// Lifetime      outlives every call through it, as a handle does. The registry and the object that is called back
///               outlive it. Where it is a member of that object, it is the last one.
template <RegistrableNpi N, CallsPolicy Calls>
class NMR_PUBLIC_TYPE BasicClient {
 public:
  using Registry = BasicNmrRegistry<N, Calls>;
  using Registration = typename Registry::ClientRegistration;
  using Offer = typename Registry::ProviderOffer;
  using Handle = typename Registry::Handle;
  using Guard = typename Handle::Guard;
  using Dispatch = typename Offer::ClientDispatch;
  using Settings = ModuleSettings<typename CharacteristicsOf<N>::Client>;
  template <class Object>
  using Table = TableOf<Dispatch, std::type_identity_t<Object>>;
  template <class Object>
  using Hooks = ModuleHooks<std::type_identity_t<Object>, Offer>;

  /// Registers a client that nobody calls back. status() says whether that succeeded. Providers that are there are
  /// attached before this returns.
  ///
  /// Progress      as register_client(). Throws nothing; where that is unwound, what has been registered is
  ///               deregistered.
  template <class Unit = platform::ThisUnit>
  NMR_LOCAL BasicClient(Registry& registry, const Settings& settings) : handle_(registry.call_domain()) {
    static_assert(
        kNeverCalledBack,
        "providers of this NPI call their clients: give the table of these functions, and the object");
    enroll<Unit>(registry, settings);
  }
  /// As above, and tells an object of its bindings.
  template <class Object, class Unit = platform::ThisUnit>
  NMR_LOCAL BasicClient(Registry& registry, const Settings& settings, Object& object,
                        const Hooks<Object>& hooks)
      : handle_(registry.call_domain()), object_(address_of(object)) {
    static_assert(kNeverCalledBack,
                  "providers of this NPI call their clients: give the table of these functions, too");
    obey(hooks);
    enroll<Unit>(registry, settings);
  }
  /// As above, where providers call the object back: through `table`, which is copied.
  template <class Object, class Unit = platform::ThisUnit>
  NMR_LOCAL BasicClient(Registry& registry, const Settings& settings, const Table<Object>& table,
                        Object& object, const Hooks<Object>& hooks = {})
      : handle_(registry.call_domain()), table_(table.table()), object_(address_of(object)) {
    obey(hooks);
    enroll<Unit>(registry, settings);
  }
  BasicClient(const BasicClient&) = delete;
  BasicClient& operator=(const BasicClient&) = delete;
  /// Deregisters and waits, as the registration's destructor does; nothing where registering has failed.
  ///
  /// Precondition  not in a callback or a guarded call of its own (trapped; then it does not wait).
  NMR_LOCAL ~BasicClient() = default;

  /// Returns what register_client() has returned. Anything but kSuccess: nothing was attached, and all calls are
  /// refused. Not for callbacks, which may run before the constructor has returned.
  [[nodiscard]] NMR_LOCAL Status status() const noexcept { return status_; }

  /// Calls a function of the provider's table, `client.call<&Npi::ProviderDispatch::f>(arguments...)`, with the
  /// provider's context before the arguments.
  ///
  /// The result is a value: a reference or a pointer may be into the provider, which may be gone when this returns, and
  /// does not compile here. Nor is a value good that hides one (a std::string_view). try_call() gives a guard to keep.
  ///
  /// Returns       what the function returns; nothing if the call was refused.
  /// Progress      as try_call(), the function, and leaving the guard. What the function throws passes: see
  ///               call_translated(), with handle(), for types of the provider's own.
  /// Precondition  the entry is not null.
  template <auto kEntry, class... Arguments, class Unit = platform::ThisUnit>
  NMR_ALWAYS_INLINE NMR_LOCAL auto call(Arguments&&... arguments) {
    return detail::call_through<typename N::ProviderDispatch, kEntry>(handle_,
                                                                      static_cast<Arguments&&>(arguments)...);
  }

  /// As BasicBindingHandle::try_call(): the guard of a call, empty if it is refused.
  [[nodiscard]] NMR_ALWAYS_INLINE NMR_LOCAL Guard try_call() noexcept { return handle_.try_call(); }

  /// Returns the handle that calls go through: for try_call_prepared(), call_translated(), and whether it is attached.
  [[nodiscard]] NMR_LOCAL Handle& handle() noexcept { return handle_; }

  /// Returns the registration: to deregister early, to be told of the end, to see who is attached and who was declined.
  /// It is not to be moved from.
  [[nodiscard]] NMR_LOCAL Registration& registration() noexcept { return registration_; }

  /// Deregisters, and has the destructor not wait, as BasicRegistration::abandon(): for a process that is to end though
  /// a call never returns.
  ///
  /// Progress      as deregister().
  /// Lifetime      *this, the object and their code stay until `detached` has run for each binding, or for good.
  NMR_LOCAL void abandon() noexcept { registration_.abandon(); }

 private:
  enum : bool { kNeverCalledBack = std::is_same_v<Dispatch, NoDispatch> };

  template <class Object>
  NMR_LOCAL static void* address_of(Object& object) noexcept {
    return const_cast<void*>(static_cast<const void*>(&object));
  }
  template <class Hooks>
  NMR_LOCAL void obey(const Hooks& hooks) noexcept {
    wants_ = hooks.wants.entry();
    attached_ = hooks.attached.entry();
    module_.detach_provider = hooks.detaching.entry();
    module_.cleanup_binding_context = hooks.detached.entry();
  }
  template <class Unit>
  NMR_LOCAL void enroll(Registry& registry, const Settings& settings) {
    detail::describe(module_, settings);
    module_.attach_provider = &attach<Unit>;
    status_ = registry.template register_client<Unit>(module_, this, registration_);
  }
  template <class Unit>
  NMR_LOCAL static Status attach(void* self, Offer& offer) {
    auto& client = *static_cast<BasicClient*>(self);
    if (client.wants_ != nullptr && !client.wants_(client.object_, offer)) return Status::kNoInterface;
    const Status status = offer.accept(client.handle_, client.object_, &client.table_);
    if (succeeded(status) && client.attached_ != nullptr) client.attached_(client.object_, offer);
    return status;
  }

  Handle handle_;
  const Dispatch table_{};
  void* const object_ = nullptr;
  bool (*wants_)(void*, const Offer&) = nullptr;
  void (*attached_)(void*, const Offer&) = nullptr;
  typename Registry::ClientModule module_;
  Status status_ = Status::kPending;
  Registration registration_;  // last: it goes first, and waits
};

template <Npi N>
using Client = BasicClient<N, PerThreadCalls>;

NMR_END_NAMESPACE
