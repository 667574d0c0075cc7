#pragma once
#include <nmr/platform/contain.hpp>
#include <nmr/wdk/binding_name.hpp>

NMR_BEGIN_NAMESPACE
namespace wdk {

/// A callback of a module's, by its Windows name. What it throws is reported, and goes no further.
struct Callback {
  const char* object;
  const char* name;
  const void* module;

  /// Returns what it returns; kUnhandledException where it throws. The end of its thread passes, if it can.
  template <class F>
  Status call(F f) const {
    auto calls = [&] { return static_cast<Status>(f()); };
    auto threw = [&] {
      report_misuse({object, name, "the callback threw an exception", module});
      return Status::kUnhandledException;
    };
    return platform::Callbacks<platform::ThisUnit>::template translate<Status>(calls, threw);
  }
  /// As above, where its thread must not end in it.
  template <class F>
  Status call_to_the_end(F f) const noexcept {
    Status status = Status::kUnhandledException;
    platform::Callbacks<platform::ThisUnit>::bar(
        [&] { status = call(f); },
        {object, name, "the thread was ended (pthread_exit, cancellation) where it cannot be unwound",
         module});
    return status;
  }
};

/// The name of a side, from before it is asked to attach. Taken away where it is not attached, however that comes.
class Naming {
 public:
  Naming(HandleTable& names, BindingName& what, HandleKind kind, const RegistrationName& owner) noexcept
      : names_(names), what_(what) {
    LockGuard lock(names_.mutex);
    what_.owner = &owner;
    what_.completed = false;  // a provider may have refused before, under another name
    handle = names_.open(what_, kind);
  }
  Naming(const Naming&) = delete;
  Naming& operator=(const Naming&) = delete;
  ~Naming() {
    LockGuard lock(names_.mutex);
    what_.offer = nullptr;
    if (!attached) names_.close(what_);
  }

  HANDLE handle;
  bool attached = false;

 private:
  HandleTable& names_;
  BindingName& what_;
};

/// A client module, as the engine calls it.
struct ClientSide {
  using Characteristics = NPI_CLIENT_CHARACTERISTICS;

  static constexpr ModuleSide side() noexcept { return ModuleSide::kClient; }
  static constexpr HandleKind kind() noexcept { return HandleKind::kClient; }
  static const NPI_REGISTRATION_INSTANCE& instance(const Characteristics& module) noexcept {
    return module.ClientRegistrationInstance;
  }
  static auto attach_of(const Characteristics& module) noexcept { return module.ClientAttachProvider; }
  static auto detach_of(const Characteristics& module) noexcept { return module.ClientDetachProvider; }
  static auto cleanup_of(const Characteristics& module) noexcept {
    return module.ClientCleanupBindingContext;
  }
  static Callback detach_callback(const void* module) noexcept {
    return {"client module", "ClientDetachProvider", module};
  }
  static Callback cleanup_callback(const void* module) noexcept {
    return {"client module", "ClientCleanupBindingContext", module};
  }

  static Status attach(const void* module, void* context, Offer& offer);
};

/// A provider module, as the engine calls it.
struct ProviderSide {
  using Characteristics = NPI_PROVIDER_CHARACTERISTICS;

  static constexpr ModuleSide side() noexcept { return ModuleSide::kProvider; }
  static constexpr HandleKind kind() noexcept { return HandleKind::kProvider; }
  static const NPI_REGISTRATION_INSTANCE& instance(const Characteristics& module) noexcept {
    return module.ProviderRegistrationInstance;
  }
  static auto attach_of(const Characteristics& module) noexcept { return module.ProviderAttachClient; }
  static auto detach_of(const Characteristics& module) noexcept { return module.ProviderDetachClient; }
  static auto cleanup_of(const Characteristics& module) noexcept {
    return module.ProviderCleanupBindingContext;
  }
  static Callback detach_callback(const void* module) noexcept {
    return {"provider module", "ProviderDetachClient", module};
  }
  static Callback cleanup_callback(const void* module) noexcept {
    return {"provider module", "ProviderCleanupBindingContext", module};
  }

  static Status attach(const void* module, void* context, Offer& offer);
};

/// Returns what a module of a side was registered with, in the thunks below.
template <class Side>
const typename Side::Characteristics& characteristics_of(const void* module) noexcept {
  return *static_cast<const typename Side::Characteristics*>(
      static_cast<const RegistrationName*>(module)->characteristics);
}

inline Status ClientSide::attach(const void* module, void* context, Offer& offer) {
  const auto& owner = *static_cast<const RegistrationName*>(module);
  BindingName& name = offer.side;
  Naming naming(owner.names, name, HandleKind::kClientBinding, owner);
  {
    LockGuard lock(owner.names.mutex);
    name.offer = &offer;
    name.attaching_thread = StdAtomics::thread_pointer();
  }
  const auto& provider = characteristics_of<ProviderSide>(offer.peer_module()).ProviderRegistrationInstance;
  const Status status = Callback{"client module", "ClientAttachProvider", module}.call([&] {
    return characteristics_of<ClientSide>(module).ClientAttachProvider(naming.handle, context, &provider);
  });
  naming.attached = offer.agreed && succeeded(status);
  return status;
}

inline Status ProviderSide::attach(const void* module, void* context, Offer& offer) {
  const auto& owner = *static_cast<const RegistrationName*>(module);
  BindingName& name = offer.side;
  Naming naming(owner.names, name, HandleKind::kProviderBinding, owner);
  const auto& client = characteristics_of<ClientSide>(offer.peer_module()).ClientRegistrationInstance;
  const auto& client_name = *static_cast<const BindingName*>(offer.peer_context());
  void* own_context = nullptr;
  const void* own_dispatch = nullptr;
  const Status status = Callback{"provider module", "ProviderAttachClient", module}.call([&] {
    return characteristics_of<ProviderSide>(module).ProviderAttachClient(
        naming.handle, context, &client, client_name.context, offer.peer_dispatch(), &own_context,
        &own_dispatch);
  });
  if (!succeeded(status)) return status;
  name.context = own_context;
  (void)offer.agree(nullptr, &name, own_dispatch);
  naming.attached = true;
  return status;
}

/// How a module of either side is detached.
template <class Side>
struct DetachThunks {
  static void detach(const void* module, void* context, DetachCompletion done) noexcept {
    HandleTable& names = static_cast<const RegistrationName*>(module)->names;
    auto& name = *static_cast<BindingName*>(context);
    {
      LockGuard lock(names.mutex);
      name.detach = BindingName::Detach::kInCallback;
    }
    const Callback callback = Side::detach_callback(module);
    const Status status = callback.call_to_the_end(
        [&] { return Side::detach_of(characteristics_of<Side>(module))(name.context); });
    const char* wrong = nullptr;
    {
      LockGuard lock(names.mutex);
      if (status == Status::kPending && !name.completed) {
        name.detach = BindingName::Detach::kPending;
        name.done = static_cast<DetachCompletion&&>(done);
        return;
      }
      name.detach = BindingName::Detach::kDone;
      if (status == Status::kSuccess && name.completed)
        wrong = "returned STATUS_SUCCESS, and was completed too";
    }
    const bool known =
        status == Status::kSuccess || status == Status::kPending || status == Status::kUnhandledException;
    if (!known) wrong = "returned neither STATUS_SUCCESS nor STATUS_PENDING: taken for the first";
    if (wrong != nullptr) report_misuse({callback.object, callback.name, wrong, module});
  }  // `done` is dropped

  static void cleanup(const void* module, void* context) noexcept {
    HandleTable& names = static_cast<const RegistrationName*>(module)->names;
    auto& name = *static_cast<BindingName*>(context);
    {
      LockGuard lock(names.mutex);
      names.close(name);
    }
    const auto callback = Side::cleanup_of(characteristics_of<Side>(module));
    if (callback == nullptr) return;
    (void)Side::cleanup_callback(module).call_to_the_end([&] {
      callback(name.context);
      return STATUS_SUCCESS;
    });
  }
};

}  // namespace wdk
NMR_END_NAMESPACE
