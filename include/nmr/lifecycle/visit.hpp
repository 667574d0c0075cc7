#pragma once
#include <nmr/lifecycle/registry_state.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// Stands at one attached binding of a registration and keeps that side from being done.
template <CallsPolicy Calls>
class Visit {
 public:
  using State = RegistryState<Calls>;
  using Registration = RegistrationCore<Calls>;
  using Binding = BindingCore<Calls>;
  using Side = BindingSide<Calls>;

  Visit(State& state, Registration& registration) noexcept : state_(state), which_(registration.side) {
    LockGuard lock(state_.mutex);
    move_to(registration.first_binding);
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  ~Visit() {
    if (side_ != nullptr) side_->outgoing.refs().release();
  }

  [[nodiscard]] Side* side() const noexcept { return side_; }
  void advance() noexcept {
    Side* const left = side_;
    {
      LockGuard lock(state_.mutex);
      move_to(left->next);
    }
    if (side_ == nullptr) return left->outgoing.refs().release();
    typename State::Keeping keeping(state_, side_->binding);  // what this ends may wait for that one
    left->outgoing.refs().release();
  }

 private:
  void move_to(Binding* binding) noexcept {
    while (binding != nullptr && binding->state != BindingState::kHalfAttached &&
           binding->state != BindingState::kAttached) {
      binding = binding->side_of(which_).next;
    }
    side_ = binding != nullptr ? &binding->side_of(which_) : nullptr;
    if (side_ != nullptr) side_->outgoing.refs().duplicate();  // the duty to detach is held, under the mutex
  }

  State& state_;
  const ModuleSide which_;
  Side* side_ = nullptr;
};

}  // namespace detail
NMR_END_NAMESPACE
