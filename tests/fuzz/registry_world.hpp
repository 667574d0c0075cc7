#pragma once
#include <array>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "fuzz/handle_world.hpp"
#include "fuzz/module_world.hpp"

namespace fuzz {

/// The operations, over one way to count calls. Each tells the model before and after, and compares what is
/// returned.
template <class Calls>
class RegistryWorld : public ModuleWorld<Calls> {
  using Base = ModuleWorld<Calls>;
  using Base::contexts, Base::ids, Base::in, Base::kept, Base::model, Base::nested, Base::owned_contexts,
      Base::queue, Base::reserved, Base::told;
  using Base::kClient, Base::kProvider, Base::kPerThread, Base::kModules;
  using Base::registry_;
  template <ModuleSide kSide>
  using Types = SideTypes<Calls, kSide>;
  template <ModuleSide kSide>
  using SlotOf = Slot<Calls, kSide>;

 public:
  explicit RegistryWorld(Bytes input) : Base(input) {}

  /// Runs the input; then ends what is still in progress, after which nothing may be left.
  void run() {
    while (in.more()) step();
    end_all();
    leave_all<kClient>();
    leave_all<kProvider>();
    end_all();
    expect(model.bindings().empty(), "a binding is left");
    destroy_all<kClient>();
    destroy_all<kProvider>();
    expect(owned_contexts == 0, "a context is left");
    expect(registry_.snapshot().registrations.empty(), "a registration is left");
  }

  void step() override {
    const std::uint8_t byte = in.next();
    const auto due = model.due();
    (byte & 0x80) != 0 ? act<kProvider>(byte & 0x7f) : act<kClient>(byte & 0x7f);
    model.settle(due, queue.waiting.empty());
  }

 private:
  template <ModuleSide kSide>
  auto& guards() noexcept {
    if constexpr (kSide == kClient) {
      return client_guards_;
    } else {
      return provider_guards_;
    }
  }
  template <ModuleSide kSide>
  auto& holds() noexcept {
    if constexpr (kSide == kClient) {
      return client_holds_;
    } else {
      return provider_holds_;
    }
  }
  template <ModuleSide kSide>
  SlotOf<kSide>& pick_slot() {
    return this->template slot_named<kSide>(in.pick(kModules));
  }
  static constexpr ModuleSide other(ModuleSide side) noexcept {
    return side == kClient ? kProvider : kClient;
  }

  template <ModuleSide kSide>
  void act(int what) {
    // Values that older inputs of the corpus do not use, so that these go on to say what they did.
    if (what >= 78 && what < 84) return by_hand_.step();
    switch (what % 16) {
      case 0:
      case 1: return enroll<kSide>();
      case 2: return deregister<kSide>(pick_slot<kSide>());
      case 3: return wait(pick_slot<kSide>());
      case 4: return notify(pick_slot<kSide>());
      case 5: return destroy(pick_slot<kSide>());
      case 6: return detach<kSide>(pick_slot<kSide>());
      case 7:
      case 8: return try_call<kSide>();
      case 9: return use_guard<kSide>();
      case 10: return use_hold<kSide>();
      case 11: return complete(in.next());
      case 12: return enumerate<kSide>(pick_slot<kSide>());
      case 13: return compare_snapshot();
      case 14: return look(pick_slot<kSide>());
      default: return run_queued();
    }
  }

  // ---- registering ----

  template <ModuleSide kSide>
  void enroll() {
    auto& slot = pick_slot<kSide>();
    const std::uint8_t options = in.next();
    if (slot.registration) {
      const Status status = this->template enroll_in<kSide>(slot);
      return expect(status == Status::kInvalidParameter, "registered into what is not empty");
    }
    this->template set_up<kSide>(slot, options);
    const bool cleans_up = slot.module.cleanup_binding_context != nullptr;
    const int registered = model.begin_register(kSide, cleans_up, slot.module.executor != nullptr);
    slot.registered = registered;
    model.end_register(registered, this->template enroll_in<kSide>(slot));
  }

  template <ModuleSide kSide>
  void deregister(SlotOf<kSide>& slot) {
    const bool wants_to_be_told = in.pick(2) != 0;
    if (!slot.registration) {
      return expect(slot.registration.deregister() == Status::kInvalidParameter,
                    "an empty registration deregistered");
    }
    const int registered = slot.registered;
    const Status expected = model.begin_deregister(registered);
    Status status = expected;
    if (wants_to_be_told) {
      if (expected == Status::kPending) model.to_tell(registered);
      status = slot.registration.deregister(told.emplace_back(model, registered));
    } else {
      status = slot.registration.deregister();
    }
    model.end_deregister(registered, expected, status);
  }

  template <ModuleSide kSide>
  void wait(SlotOf<kSide>& slot) {
    const Status expected = slot.registration ? model.wait(slot.registered) : Status::kInvalidParameter;
    const Status status = slot.registration.wait_for_deregister_complete_for(std::chrono::nanoseconds(0));
    expect(status == expected, "a wait returned something else");
  }

  template <ModuleSide kSide>
  void notify(SlotOf<kSide>& slot) {
    const bool started = slot.registration && model.registrations().at(slot.registered).deregistering;
    if (started) model.to_tell(slot.registered);
    const Status status =
        slot.registration.notify_deregister_complete(told.emplace_back(model, slot.registered));
    expect(status == (started ? Status::kSuccess : Status::kInvalidParameter),
           "notify returned something else");
  }

  template <ModuleSide kSide>
  void destroy(SlotOf<kSide>& slot) {
    if (!slot.registration || !model.over(slot.registered)) return;
    slot.registration = {};
    model.destroy(slot.registered);
  }

  template <ModuleSide kSide>
  void detach(SlotOf<kSide>& slot) {
    const std::size_t which = in.pick(ids.size() + 1);
    const BindingId id = which < ids.size() ? ids[which].second : BindingId::kNone;
    if (!slot.registration) {
      return expect(slot.registration.detach(id) == Status::kInvalidParameter,
                    "an empty registration detached");
    }
    const Status expected = model.begin_detach(slot.registered, id);
    model.end_detach(expected, slot.registration.detach(id));
  }

  // ---- calling ----

  template <ModuleSide kSide>
  void try_call() {
    const std::uint8_t which = in.next();
    auto& slot = this->template slot_named<kSide>(which % kModules);
    auto* handle = &slot.handle;
    int name = slot.name;
    if (which >= 128 && !contexts.empty()) {
      const Context& context = contexts[which % contexts.size()];
      if (context.side != kSide || context.owned_handle == nullptr) return;
      handle = static_cast<typename Types<kSide>::Handle*>(context.owned_handle);
      name = context.owned_name;
    }
    if (!kPerThread && reserved.contains(name)) return;  // accepting into it would wait for this call
    const auto expected = model.in_handle(name);
    expect(handle->attached() == expected.has_value(), "a handle does not know what it has");
    using Guard = typename Types<kSide>::Guard;
    std::unique_ptr<Guard> guard(new Guard(handle->try_call()));
    expect(static_cast<bool>(*guard) == expected.has_value(), "a call was refused, or got in");
    if (!expected) return;
    const bool in_slot = model.enter(*expected, kSide);
    auto& all = guards<kSide>();
    Guard& taken = *all.emplace_back(Taken<Guard>{*expected, name, std::move(guard), in_slot}).reference;
    check_target<kSide>(taken, *expected);
    if (in.pick(2) != 0) call(taken);
  }

  /// A call must get to the context and the table of the other side of the same binding.
  template <ModuleSide kSide, class Reference>
  void check_target(const Reference& reference, Key key) {
    const auto& context = *static_cast<const Context*>(reference.context());
    expect(context.key == key && context.side == other(kSide), "a call with somebody else's context");
    expect(reference.operator->() == &Base::template kTable<other(kSide)>,
           "a call with somebody else's table");
  }
  template <class Reference>
  void call(const Reference& reference) {
    reference->call(reference.context());
  }

  template <ModuleSide kSide>
  void use_guard() {
    auto& all = guards<kSide>();
    if (all.empty()) return;
    const std::size_t which = in.pick(all.size());
    if (in.pick(3) == 1) {
      check_target<kSide>(*all[which].reference, all[which].key);
      return;
    }
    auto taken = take_out(all, which);
    if (in.pick(2) != 0) {
      model.hold(taken.key, kSide);
      model.leave(taken.key, kSide, taken.in_slot);
      using Hold = typename Types<kSide>::Hold;
      holds<kSide>().push_back({taken.key, taken.handle, std::make_unique<Hold>(taken.reference->hold())});
      expect(!*taken.reference, "a guard that became a hold is not empty");
    } else {
      model.leave(taken.key, kSide, taken.in_slot);
      taken.reference->leave();
    }
  }

  template <ModuleSide kSide>
  void use_hold() {
    auto& all = holds<kSide>();
    if (all.empty()) return;
    const std::size_t which = in.pick(all.size());
    const std::size_t how = in.pick(3);
    if (how == 1) {
      model.hold(all[which].key, kSide);
      using Hold = typename Types<kSide>::Hold;
      auto duplicate = std::make_unique<Hold>(all[which].reference->duplicate());
      check_target<kSide>(*duplicate, all[which].key);
      all.push_back({all[which].key, all[which].handle, std::move(duplicate)});
    } else {
      auto taken = take_out(all, which);
      if (how == 2) call(*taken.reference);
      model.unhold(taken.key, kSide);
      taken.reference.reset();
    }
  }

  void complete(std::size_t which) {
    if (kept.empty()) return;
    Kept taken = take_out(kept, which % kept.size());
    model.completed(taken.key, taken.side);
    if (which >= 128) return taken.done.complete();
    taken.done = {};
  }

  template <ModuleSide kSide>
  void enumerate(SlotOf<kSide>& slot) {
    const auto visit = [&](auto& guard) { this->visit<kSide>(guard); };
    const bool registered = static_cast<bool>(slot.registration);
    if (registered) model.begin_enumeration(slot.registered);
    if constexpr (kSide == kClient) {
      slot.registration.for_each_provider(visit);
    } else {
      slot.registration.for_each_client(visit);
    }
    if (registered) model.end_enumeration();
  }

  template <ModuleSide kSide, class Guard>
  void visit(Guard& guard) {
    const Key key = static_cast<Context*>(guard.context())->key;
    const bool in_slot = model.begin_visit(key);
    check_target<kSide>(guard, key);
    nested();
    const std::size_t how = in.pick(4);
    if (how == 1) call(guard);
    if (how == 2) {
      model.hold(key, kSide);
      model.leave(key, kSide, in_slot);
      using Hold = typename Types<kSide>::Hold;
      holds<kSide>().push_back({key, 0, std::make_unique<Hold>(guard.hold())});
    } else {
      model.leave(key, kSide, in_slot);
      guard.leave();
    }
    nested();
    model.end_visit(key);
  }

  // ---- looking ----

  template <ModuleSide kSide>
  int registered(const nmr::ModuleId& id) {
    return this->template slot_of<kSide>(id).registered;
  }

  void compare_snapshot() {
    const auto snapshot = registry_.snapshot();
    expect(snapshot.registrations.size() == model.registrations().size(),
           "registrations that are not shown, or gone");
    expect(snapshot.bindings.size() == model.bindings().size(), "bindings that are not shown, or gone");
    for (const auto& info : snapshot.registrations) {
      const int name =
          info.side == kClient ? registered<kClient>(info.module_id) : registered<kProvider>(info.module_id);
      const bool leaving = model.registrations().at(name).deregistering;
      const auto state = model.over(name) ? nmr::RegistrationState::kDeregistered
                         : leaving        ? nmr::RegistrationState::kDeregistering
                                          : nmr::RegistrationState::kActive;
      expect(info.state == state, "a registration is shown in a wrong state");
      expect(info.attached == model.attached(name), "a wrong number of bindings is shown as attached");
    }
    for (const auto& info : snapshot.bindings) {
      const Key key(registered<kClient>(info.client), registered<kProvider>(info.provider));
      expect(model.bindings().contains(key), "a binding is shown that is none");
      expect(model.shows(key, info), "a binding is shown in a wrong state");
    }
  }

  template <ModuleSide kSide>
  void look(SlotOf<kSide>& slot) {
    std::array<nmr::Refusal, 2> newest;
    const std::size_t refusals = slot.registration.refusals(newest);
    expect(slot.registration.attached() == (slot.registration ? model.attached(slot.registered) : 0),
           "attached()");
    expect(refusals == (slot.registration ? model.refusals(slot.registered) : 0), "refusals()");
  }

  void run_queued() {
    if (queue.waiting.empty()) return;
    nmr::Completion* const next = queue.waiting.front();
    queue.waiting.pop_front();
    next->run();
  }

  // ---- the end ----

  template <ModuleSide kSide>
  void leave_all() {
    for (auto& slot : this->template slots<kSide>()) deregister<kSide>(slot);
  }
  template <ModuleSide kSide>
  void destroy_all() {
    for (auto& slot : this->template slots<kSide>()) {
      if (slot.registration)
        expect(model.wait(slot.registered) == Status::kSuccess, "a registration has not ended");
      wait(slot);
      destroy(slot);
      expect(!slot.handle.attached(), "a handle is still attached");
    }
  }
  template <ModuleSide kSide>
  void end_calls() {
    while (!guards<kSide>().empty()) {
      auto taken = take_out(guards<kSide>(), 0);
      model.leave(taken.key, kSide, taken.in_slot);
      taken.reference.reset();
    }
    while (!holds<kSide>().empty()) {
      auto taken = take_out(holds<kSide>(), 0);
      model.unhold(taken.key, kSide);
      taken.reference.reset();
    }
  }
  void end_all() {
    by_hand_.end();
    end_calls<kClient>();
    end_calls<kProvider>();
    while (!kept.empty()) complete(0);
    while (!queue.waiting.empty()) run_queued();
    model.settle({}, true);
  }

  std::vector<Taken<typename Types<kClient>::Guard>> client_guards_;
  std::vector<Taken<typename Types<kProvider>::Guard>> provider_guards_;
  std::vector<Taken<typename Types<kClient>::Hold>> client_holds_;
  std::vector<Taken<typename Types<kProvider>::Hold>> provider_holds_;
  HandleWorld<Calls> by_hand_{*this, registry_.call_domain()};
};

}  // namespace fuzz
