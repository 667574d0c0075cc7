#pragma once
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "fuzz/model_handles.hpp"
#include "fuzz/world.hpp"

namespace fuzz {

/// Handles that bindings are attached to by hand, in the domain of a registry, and the operations on them.
template <class Calls>
class HandleWorld {
  using Handle = nmr::BasicBindingHandle<FuzzNpi, Calls>;
  using Guard = typename Handle::Guard;
  using Hold = decltype(std::declval<Guard&>().hold());
  static constexpr bool kPerThread = std::is_same_v<Calls, nmr::PerThreadCalls>;

 public:
  HandleWorld(BasicWorld& world, typename Handle::Domain& domain)
      : world_(world), in_(world.in), model_(world.model, kPerThread) {
    for (std::size_t i = 0; i != HandleModel::kHandles; ++i) handles_.emplace_back(domain);
    for (std::size_t i = 0; i != HandleModel::kBindings; ++i)
      modules_.push_back(std::make_unique<Module>(world));
  }

  void step() {
    switch (in_.pick(11)) {
      case 0:
      case 1: attach(in_.pick(HandleModel::kHandles)); break;
      case 2: detach(in_.pick(HandleModel::kHandles)); break;
      case 3: detach_and_wait(in_.pick(HandleModel::kHandles)); break;
      case 4:
      case 5: try_call(in_.pick(HandleModel::kHandles)); break;
      case 6:
      case 7: use_guard(); break;
      case 8: use_hold(); break;
      case 9: wait(in_.pick(HandleModel::kBindings)); break;
      default: destroy(in_.pick(HandleModel::kBindings));
    }
    compare();
  }

  /// Leaves all calls, and detaches all bindings.
  void end() {
    while (!guards_.empty()) leave(take_out(guards_, 0));
    while (!holds_.empty()) leave(take_out(holds_, 0));
    for (std::size_t i = 0; i != HandleModel::kHandles; ++i) detach(i);
    compare();
    expect(completions_.empty(), "a completion is left");
  }

 private:
  /// What a binding goes to. Gone when its binding has been detached and the input says so.
  struct Module {
    explicit Module(BasicWorld& w) : world(w) {}
    BasicWorld& world;
    typename Handle::Attachment binding{&kTable, this};
  };
  static constexpr FuzzNpi::ProviderDispatch kTable{
      [](void* context) { static_cast<Module*>(context)->world.nested(); }};

  /// Tells of the end of a detach, once: it is gone before that is looked into.
  struct Done : nmr::Completion {
    Done(HandleWorld& w, int n) : Completion(&run_it, this), world(w), name(n) {}
    static void run_it(Completion&, void* context) noexcept {
      const auto& self = *static_cast<const Done*>(context);
      HandleWorld& world = self.world;
      world.model_.told(self.name);
      world.completions_.erase(self.name);
      world.world_.nested();
    }
    HandleWorld& world;
    const int name;
  };

  template <class Reference>
  struct Inside {
    std::size_t binding;
    std::unique_ptr<Reference> reference;
    bool in_slot = false;  // a guard
  };

  /// Returns a completion, or null.
  Done* choose_completion() {
    if (in_.pick(2) == 0) return nullptr;
    const int name = ++last_completion_;
    return completions_.emplace(name, std::make_unique<Done>(*this, name)).first->second.get();
  }
  static int name_of(const Done* done) noexcept {
    return done != nullptr ? done->name : int{HandleModel::kNobody};
  }

  void attach(std::size_t handle) {
    const std::size_t binding = in_.pick(HandleModel::kBindings);
    // One-word counting waits for the calls through a handle before it puts in another binding.
    if (!kPerThread && model_.has_calls(handle) && model_.detached(binding)) return;
    Done* const replaced = choose_completion();
    const int name = name_of(replaced);
    const Status expected = model_.attach(handle, binding, name);
    auto& which = modules_[binding]->binding;
    const Status status =
        replaced != nullptr ? handles_[handle].attach(which, *replaced) : handles_[handle].attach(which);
    expect(status == expected, "attach() returned something else");
    if (!nmr::succeeded(status)) completions_.erase(name);
  }

  void detach(std::size_t handle) {
    Done* const done = choose_completion();
    const bool expected = model_.detach(handle, name_of(done));
    const bool detached = done != nullptr ? handles_[handle].detach(*done) : handles_[handle].detach();
    expect(detached == expected, "detach() found something else attached");
  }

  void detach_and_wait(std::size_t handle) {
    const auto expected = model_.detach_and_wait(handle);
    if (!expected) return;
    expect(handles_[handle].detach_and_wait() == *expected, "detach_and_wait() returned something else");
  }

  void wait(std::size_t binding) {
    const Status status = modules_[binding]->binding.wait_until_detached_for(std::chrono::nanoseconds(0));
    expect(status == model_.wait(binding), "a wait for a binding returned something else");
  }

  void destroy(std::size_t binding) {
    if (model_.detached(binding)) modules_[binding] = std::make_unique<Module>(world_);
  }

  void try_call(std::size_t handle) {
    const auto expected = model_.in_handle(handle);
    std::unique_ptr<Guard> guard(new Guard(handles_[handle].try_call()));
    expect(static_cast<bool>(*guard) == expected.has_value(), "a call was refused, or got in");
    if (!expected) return;
    const bool in_slot = model_.enter(*expected);
    const auto& taken = guards_.emplace_back(Inside<Guard>{*expected, std::move(guard), in_slot});
    if (in_.pick(2) != 0) call(taken);
  }

  template <class Reference>
  void call(const Inside<Reference>& inside) {
    const auto& reference = *inside.reference;
    expect(reference.context() == modules_[inside.binding].get() && reference.operator->() == &kTable,
           "a call that goes to another binding");
    reference->call(reference.context());
  }

  void use_guard() {
    if (guards_.empty()) return;
    const std::size_t which = in_.pick(guards_.size());
    const std::size_t how = in_.pick(3);
    if (how == 2) return call(guards_[which]);
    auto taken = take_out(guards_, which);
    if (how == 0) return leave(std::move(taken));
    model_.hold(taken.binding);
    model_.leave(taken.binding, taken.in_slot);
    holds_.push_back({taken.binding, std::make_unique<Hold>(taken.reference->hold())});
  }

  void use_hold() {
    if (holds_.empty()) return;
    const std::size_t which = in_.pick(holds_.size());
    const std::size_t how = in_.pick(3);
    if (how == 2) return call(holds_[which]);
    if (how == 0) return leave(take_out(holds_, which));
    const std::size_t binding = holds_[which].binding;
    model_.hold(binding);
    holds_.push_back({binding, std::make_unique<Hold>(holds_[which].reference->duplicate())});
  }

  void leave(Inside<Guard> taken) {
    model_.leave(taken.binding, taken.in_slot);
    taken.reference->leave();
  }
  void leave(Inside<Hold> taken) {
    model_.unhold(taken.binding);
    taken.reference->leave();
  }

  void compare() {
    model_.settle();
    for (std::size_t i = 0; i != HandleModel::kHandles; ++i)
      expect(handles_[i].attached() == model_.in_handle(i).has_value(), "a handle does not know what it has");
    for (std::size_t i = 0; i != HandleModel::kBindings; ++i)
      expect(modules_[i]->binding.detached() == model_.detached(i), "a binding does not know where it is");
  }

  BasicWorld& world_;
  Bytes& in_;
  HandleModel model_;
  std::deque<Handle> handles_;
  std::vector<std::unique_ptr<Module>> modules_;
  std::vector<Inside<Guard>> guards_;
  std::vector<Inside<Hold>> holds_;
  std::map<int, std::unique_ptr<Done>> completions_;  // that have not run
  int last_completion_ = 0;
};

}  // namespace fuzz
