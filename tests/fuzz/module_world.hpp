#pragma once
#include <iterator>
#include <list>
#include <type_traits>
#include <utility>

#include "fuzz/world.hpp"

namespace fuzz {

/// The modules and their callbacks, over one way to count calls.
template <class Calls>
class ModuleWorld : public BasicWorld {
 protected:
  static constexpr ModuleSide kClient = ModuleSide::kClient;
  static constexpr ModuleSide kProvider = ModuleSide::kProvider;
  static constexpr bool kPerThread = std::is_same_v<Calls, nmr::PerThreadCalls>;
  static constexpr Status kOwnError = static_cast<Status>(-17);
  enum : int { kModules = 3 };  // of each side

  template <ModuleSide kSide>
  using Types = SideTypes<Calls, kSide>;
  template <ModuleSide kSide>
  using SlotOf = Slot<Calls, kSide>;

  explicit ModuleWorld(Bytes input) : BasicWorld(input, kPerThread) {
    for (int i = 0; i < kModules; ++i) {
      clients_.emplace_back(*this, i, registry_.call_domain());
      providers_.emplace_back(*this, kModules + i, registry_.call_domain());
    }
  }

  template <ModuleSide kSide>
  auto& slots() noexcept {
    if constexpr (kSide == kClient) {
      return clients_;
    } else {
      return providers_;
    }
  }
  template <ModuleSide kSide>
  SlotOf<kSide>& slot_named(std::size_t i) {
    return *std::next(slots<kSide>().begin(), static_cast<std::ptrdiff_t>(i));
  }
  template <ModuleSide kSide>
  SlotOf<kSide>& slot_of(const nmr::ModuleId& id) {
    return slot_named<kSide>(id.interface_luid() % kModules);
  }

  /// Makes a module that behaves as the input says.
  template <ModuleSide kSide>
  void set_up(SlotOf<kSide>& slot, std::uint8_t options) {
    slot.module = {};
    if constexpr (kSide == kClient) {
      slot.module.attach_provider = &attach<kSide>;
      slot.module.detach_provider = &detach<kSide>;
    } else {
      slot.module.attach_client = &attach<kSide>;
      slot.module.detach_client = &detach<kSide>;
    }
    slot.module.module_id = nmr::ModuleId(static_cast<std::uint64_t>(slot.name));
    slot.module.serialize_attach = (options & 1) != 0;
    // With an executor there is always a cleanup: the model is told of a deferred end by nothing else.
    if ((options & 6) == 6) slot.module.executor = &queue;
    if ((options & 6) != 4) slot.module.cleanup_binding_context = &cleanup<kSide>;
  }
  template <ModuleSide kSide>
  Status enroll_in(SlotOf<kSide>& slot) {
    if constexpr (kSide == kClient) {
      return registry_.register_client(slot.module, &slot, slot.registration);
    } else {
      return registry_.register_provider(slot.module, &slot, slot.registration);
    }
  }

  template <ModuleSide kSide>
  static constexpr typename Types<kSide>::Dispatch kTable{
      [](void* context) { static_cast<Context*>(context)->world.nested(); }};

 private:
  /// What attach callbacks end with. A status cannot cross a callback that throws, so that it is thrown for.
  static Status answer(Status status) {
#ifdef __cpp_exceptions
    if (status == Status::kUnhandledException) throw 1;
#endif
    return status;
  }

  template <ModuleSide kSide>
  static Status attach(void* registration_context, typename Types<kSide>::Offer& offer) {
    auto& slot = *static_cast<SlotOf<kSide>*>(registration_context);
    auto& self = static_cast<ModuleWorld&>(slot.world);
    if constexpr (kSide == kClient) {
      const Key key(slot.registered, self.template slot_of<kProvider>(offer.peer().module_id).registered);
      return answer(self.attach_client(slot, offer, key));
    } else {
      const Key key(self.template slot_of<kClient>(offer.peer().module_id).registered, slot.registered);
      return answer(self.attach_provider(slot, offer, key));
    }
  }

  Status attach_client(SlotOf<kClient>& slot, typename Types<kClient>::Offer& offer, Key key) {
    model.begin_attach(key, offer.binding());
    ids.emplace_back(key, offer.binding());
    nested();
    const std::size_t what = in.pick(8);
    Status status = Status::kNoInterface;
    if (what == 5) status = kOwnError;
    if (what == 6) status = Status::kUnhandledException;
    if (what < 4 || what == 7) {
      status = accept_provider(slot, offer, key, false);
      if (what == 7) {
        const bool attached = nmr::succeeded(status);
        const Status second = accept_provider(slot, offer, key, attached);
        if (!attached) status = second;
      }
      nested();
      // A deferred step without a callback is nothing that the model is told of.
      if (what == 3 && slot.module.executor == nullptr) status = Status::kUnhandledException;
    }
    model.end_attach(key, status);
    return status;
  }

  Status accept_provider(SlotOf<kClient>& slot, typename Types<kClient>::Offer& offer, Key key,
                         bool attached) {
    auto& context = contexts.emplace_back(Context{*this, key, kClient});
    const auto [handle, name] =
        attached ? std::pair{static_cast<typename Types<kClient>::Handle*>(nullptr), int{Model::kOwnHandle}}
                 : choose_handle<kClient>(slot, offer, context);
    const bool asks = model.begin_accept(key);
    if (!kPerThread) reserved.insert(name);
    const Status status = handle != nullptr ? offer.accept(*handle, &context, &kTable<kClient>)
                                            : offer.accept(&context, &kTable<kClient>);
    reserved.erase(name);
    if (asks) {
      model.end_accept(key, status, name);
    } else {
      expect(status == Status::kInvalidDeviceState, "accept() after it had succeeded");
    }
    return status;
  }

  Status attach_provider(SlotOf<kProvider>& slot, typename Types<kProvider>::Offer& offer, Key key) {
    model.begin_provider_attach(key);
    expect(model.bindings().at(key).id == offer.binding(), "the provider is shown another binding");
    nested();
    const std::size_t what = in.pick(8);
    Status status = Status::kNoInterface;
    int name = Model::kOwnHandle;
    if (what == 6) status = kOwnError;
    if (what == 7) status = Status::kUnhandledException;
    if (what < 5) {
      auto& context = contexts.emplace_back(Context{*this, key, kProvider});
      const auto [handle, its_name] = choose_handle<kProvider>(slot, offer, context);
      name = its_name;
      status = handle != nullptr ? offer.accept(*handle, &context, &kTable<kProvider>)
                                 : offer.accept(&context, &kTable<kProvider>);
      expect(status == Status::kSuccess, "accept() of a provider");
    }
    model.end_provider_attach(key, status, name);
    return status;
  }

  /// None, that of the module, or one of the binding's own; and what happens with one of another registry.
  template <ModuleSide kSide>
  std::pair<typename Types<kSide>::Handle*, int> choose_handle(SlotOf<kSide>& slot,
                                                               typename Types<kSide>::Offer& offer,
                                                               Context& context) {
    using Handle = typename Types<kSide>::Handle;
    const std::size_t how = in.pick(4);
    if (how == 1) {
      // One-word counting waits for the calls through a handle before it puts in another binding.
      const bool would_wait = !kPerThread && (model.has_calls(slot.name) || reserved.contains(slot.name));
      if (!would_wait) return {&slot.handle, slot.name};
    } else if (how == 2) {
      auto* const owned = offer.template make_context<Owned<Handle>>(context, registry_.call_domain());
      expect(owned != nullptr, "no memory");
      return {&owned->handle, context.owned_name};
    } else if (how == 3) {
      Handle foreign(elsewhere_.call_domain());
      const Status status = offer.accept(foreign, &context, &kTable<kSide>);
      expect(status == Status::kInvalidParameter, "a handle of another registry was taken");
    }
    return {nullptr, Model::kOwnHandle};
  }

  template <ModuleSide kSide>
  static void detach(void* binding_context, nmr::DetachCompletion done) noexcept {
    auto& context = *static_cast<Context*>(binding_context);
    auto& world = context.world;
    expect(context.side == kSide, "a detach callback with the context of the other side");
    world.model.begin_detach_callback(context.key, kSide);
    world.nested();
    const std::size_t how = world.in.pick(4);
    if (how == 1) {
      world.model.completed(context.key, kSide);
      done.complete();
    } else if (how >= 2) {
      world.kept.push_back({context.key, kSide, std::move(done)});
    }
    world.nested();
    if (done) world.model.completed(context.key, kSide);  // dropped when this returns
    world.model.end_detach_callback(context.key, kSide);
  }

  template <ModuleSide kSide>
  static void cleanup(void* binding_context) noexcept {
    auto& context = *static_cast<Context*>(binding_context);
    expect(context.side == kSide, "a cleanup callback with the context of the other side");
    context.world.model.begin_cleanup(context.key, kSide);
    context.world.nested();
    context.world.model.end_cleanup(context.key, kSide);
  }

 protected:
  nmr::BasicNmrRegistry<FuzzNpi, Calls> registry_;
  nmr::BasicNmrRegistry<FuzzNpi, Calls> elsewhere_;
  std::list<SlotOf<kClient>> clients_;
  std::list<SlotOf<kProvider>> providers_;
};

}  // namespace fuzz
