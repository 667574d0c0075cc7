#pragma once
#include <new>

#include <nmr/platform/contain.hpp>
#include <nmr/platform/pointer.hpp>
#include <nmr/wdk/binding_name.hpp>
#include <nmr/wdk/thunks.hpp>

NMR_BEGIN_NAMESPACE
namespace wdk {

/// What the nine functions do: they turn a HANDLE into what it names, and ask the engine.
///
/// A registration that is found is used under a count, so that a Wait that closes it on another thread leaves it to
/// the last user. Of a binding that is found nothing is used outside the table's mutex but what keeps it: an offer whose
/// callback this thread is in, or a DetachCompletion.
class Registrar {
 public:
  explicit Registrar(bool loose) noexcept : loose_(loose) {}
  Registrar(const Registrar&) = delete;
  Registrar& operator=(const Registrar&) = delete;

  template <class Side>
  NTSTATUS add(const typename Side::Characteristics* characteristics, void* context, HANDLE* handle) {
    if (handle == nullptr) return code(Status::kInvalidParameter);
    *handle = nullptr;
    if (characteristics == nullptr || characteristics->Length < sizeof(*characteristics) ||
        !is_whole<Side>(*characteristics)) {
      return code(Status::kInvalidParameter);
    }
    if (characteristics->Version != 0) return code(Status::kRevisionMismatch);
    auto* const name = new (std::nothrow) RegistrationName(names_, characteristics);
    if (name == nullptr) return code(Status::kInsufficientResources);
    {
      LockGuard lock(names_.mutex);
      *handle = names_.open(*name, Side::kind());
    }
    const typename Core::Module module{
        name,
        &Side::attach,
        &DetachThunks<Side>::detach,
        &DetachThunks<Side>::cleanup,
        instance_of(Side::instance(*characteristics)),
        nullptr,
        false,
    };
    // The thread may be unwound through here, in a callback. The registration stays then, and so does its name.
    const Status status = core_.add(Side::side(), module, context, name->core);
    if (succeeded(status)) return code(status);
    *handle = nullptr;
    {
      LockGuard lock(names_.mutex);
      names_.close(*name);
    }
    delete name;
    return code(status);
  }

  NTSTATUS deregister(HANDLE handle, HandleKind kind, const char* function) {
    Use use(*this, handle, kind, function);
    if (!use) return code(Status::kInvalidParameter);
    if (use.core() == nullptr) return code(Status::kInvalidDeviceState);  // it is being registered
    const Status status = core_.deregister(*use.core(), nullptr);
    // relaxed: a setting that whoever wants it has made before
    if (status == Status::kPending && loose_.load(order::relaxed) &&
        core_.wait(*use.core(), 0) == Status::kSuccess) {
      use.close();
      return code(Status::kSuccess);
    }
    return code(status);
  }

  NTSTATUS wait(HANDLE handle, HandleKind kind, const char* function) {
    Use use(*this, handle, kind, function);
    if (!use || use.core() == nullptr) return code(Status::kInvalidParameter);
    const Status status = core_.wait(*use.core(), platform::kNever);
    if (status == Status::kSuccess) use.close();
    if (status == Status::kPossibleDeadlock) {
      report_misuse({kind == HandleKind::kClient ? "client registration" : "provider registration", function,
                     "waits for itself, in a callback that has to return first", handle});
    }
    return code(status);
  }

  NTSTATUS attach(HANDLE handle, void* context, const void* dispatch, void** peer_context,
                  const void** peer_dispatch) {
    if (peer_context != nullptr) *peer_context = nullptr;
    if (peer_dispatch != nullptr) *peer_dispatch = nullptr;
    BindingName* name = nullptr;
    const char* wrong = nullptr;
    {
      LockGuard lock(names_.mutex);
      name = static_cast<BindingName*>(names_.find(handle, HandleKind::kClientBinding));
      if (name == nullptr) {
        wrong = names_.wrong(handle, HandleKind::kClientBinding);
      } else if (peer_context == nullptr || peer_dispatch == nullptr) {
        return code(Status::kInvalidParameter);
      } else {
        const bool here = name->offer != nullptr && name->attaching_thread == StdAtomics::thread_pointer();
        if (!here || name->asking || name->offer->agreed) return code(Status::kInvalidDeviceState);
        name->asking = true;
        name->context = context;
      }
    }
    if (wrong != nullptr) {
      report(handle, "NmrClientAttachProvider", wrong);
      return code(Status::kInvalidParameter);
    }
    Offer& offer = *name->offer;  // stays while its callback runs, which is on this thread
    const Status status = offer.accept(nullptr, name, dispatch);
    {
      LockGuard lock(names_.mutex);
      name->asking = false;
    }
    if (!succeeded(status)) return code(status);
    *peer_context = static_cast<BindingName*>(offer.peer_context())->context;
    *peer_dispatch = offer.peer_dispatch();
    return code(status);
  }

  void complete(HANDLE handle, HandleKind kind, const char* function) {
    DetachCompletion done;
    const char* wrong = nullptr;
    {
      LockGuard lock(names_.mutex);
      auto* const name = static_cast<BindingName*>(names_.find(handle, kind));
      if (name == nullptr) {
        wrong = names_.wrong(handle, kind);
      } else if (name->completed || name->detach == BindingName::Detach::kDone) {
        wrong = name->completed ? "completed twice" : "the detach callback had returned STATUS_SUCCESS";
      } else {
        done = take_done(*name);
      }
    }
    if (wrong == nullptr) return;  // `done` is dropped
    report(handle, function, wrong);
    complete_each_of(handle, kind == HandleKind::kClientBinding ? HandleKind::kClient : HandleKind::kProvider,
                     kind);
  }

  void set_loose(bool loose) noexcept { loose_.store(loose, order::relaxed); }  // relaxed: as above

 private:
  /// A registration that is used, by its HANDLE. If there is none, that is reported.
  class Use {
   public:
    Use(Registrar& registrar, HANDLE handle, HandleKind kind, const char* function) noexcept
        : registrar_(registrar) {
      const char* wrong = nullptr;
      {
        LockGuard lock(registrar.names_.mutex);
        name_ = static_cast<RegistrationName*>(registrar.names_.find(handle, kind));
        if (name_ != nullptr) {
          ++name_->users;
        } else {
          wrong = registrar.names_.wrong(handle, kind);
        }
      }
      if (wrong != nullptr) report(handle, function, wrong);
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() {
      if (name_ == nullptr) return;
      {
        LockGuard lock(registrar_.names_.mutex);
        if (--name_->users != 0 || !name_->closed) return;
      }
      registrar_.core_.destroy(*name_->core);
      delete name_;
    }

    explicit operator bool() const noexcept { return name_ != nullptr; }
    [[nodiscard]] Core::Registration* core() const noexcept { return name_->core; }
    /// Takes the HANDLE out of use; once, whoever else does.
    void close() noexcept {
      LockGuard lock(registrar_.names_.mutex);
      if (name_->closed) return;
      name_->closed = true;
      registrar_.names_.close(*name_);
    }

   private:
    Registrar& registrar_;
    RegistrationName* name_ = nullptr;
  };

  /// Returns whether all is there without which nobody can be attached.
  template <class Side>
  static bool is_whole(const typename Side::Characteristics& module) noexcept {
    return Side::attach_of(module) != nullptr && Side::detach_of(module) != nullptr &&
           Side::instance(module).NpiId != nullptr;
  }
  static NTSTATUS code(Status status) noexcept { return static_cast<NTSTATUS>(status); }
  static void report(HANDLE handle, const char* function, const char* rule) noexcept {
    report_misuse({"HANDLE", function, rule, handle});
  }

  /// Says of a side that its module has completed it. Returns what is to be dropped then, outside the mutex: nothing
  /// where its detach callback has yet to return. Under the mutex.
  static DetachCompletion take_done(BindingName& name) noexcept {
    name.completed = true;
    if (name.detach == BindingName::Detach::kPending) name.detach = BindingName::Detach::kDone;
    return static_cast<DetachCompletion&&>(name.done);
  }

  /// Known code completes with the HANDLE of its registration, where it has one binding. That has been reported. If the
  /// program goes on it is taken for what was meant, or its Wait would never return: every side of the registration that
  /// has been asked to detach is completed; if none has been, its only one is, beforehand.
  void complete_each_of(HANDLE handle, HandleKind kind, HandleKind of_sides) {
    bool any = false;
    while (complete_one_of(handle, kind, of_sides, any)) any = true;
  }
  /// Returns whether a side that was asked to detach has been completed; then there may be another.
  bool complete_one_of(HANDLE handle, HandleKind kind, HandleKind of_sides, bool any_before) {
    DetachCompletion done;  // dropped last, outside the mutex
    LockGuard lock(names_.mutex);
    const auto* const owner = static_cast<RegistrationName*>(names_.find(handle, kind));
    if (owner == nullptr) return false;
    BindingName* side = nullptr;
    std::size_t sides = 0;
    const bool found = names_.find_if(of_sides, [&](Named& what) noexcept {
      auto& name = static_cast<BindingName&>(what);
      if (name.owner != owner) return false;
      ++sides;
      side = &name;
      const bool asked =
          name.detach == BindingName::Detach::kInCallback || name.detach == BindingName::Detach::kPending;
      return asked && !name.completed;
    });
    if (found) done = take_done(*side);
    if (!found && !any_before && sides == 1) side->completed = true;
    return found;
  }

  static Guid guid_of(const GUID& guid) noexcept {
    Guid same;
    same.data1 = guid.Data1;
    same.data2 = guid.Data2;
    same.data3 = guid.Data3;
    for (unsigned i = 0; i != 8; ++i) same.data4[i] = guid.Data4[i];
    return same;
  }
  static ModuleId module_id_of(PNPI_MODULEID id) noexcept {
    if (id == nullptr) return {};
    if (id->Type == MIT_GUID) return ModuleId(guid_of(id->Guid));
    if (id->Type != MIT_IF_LUID) return {};
    const auto high = static_cast<std::uint64_t>(static_cast<std::uint32_t>(id->IfLuid.HighPart));
    return ModuleId(high << 32 | static_cast<std::uint32_t>(id->IfLuid.LowPart));
  }
  /// What snapshots say of it. Peers see the module's own.
  static RegistrationInstance instance_of(const NPI_REGISTRATION_INSTANCE& instance) noexcept {
    return {{guid_of(*instance.NpiId)},
            module_id_of(instance.ModuleId),
            instance.Number,
            instance.Version,
            instance.NpiSpecificCharacteristics};
  }

  HandleTable names_;
  Core core_;
  AtomicOf<StdAtomics, bool> loose_;
};

}  // namespace wdk
NMR_END_NAMESPACE
