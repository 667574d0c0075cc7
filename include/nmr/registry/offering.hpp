#pragma once
#include <nmr/registry/attach.hpp>

NMR_BEGIN_NAMESPACE

/// A registration's way through those that it is offered to. They get the rest of it when it goes, however
/// that comes about.
template <class Calls, class Unit>
class BasicOffering {
 public:
  using State = BasicRegistryState<Calls>;
  using Registration = BasicRegistrationCore<Calls>;
  using Binding = BasicBindingCore<Calls>;
  using Atomics = typename Calls::Atomics;

  BasicOffering(State& state, Registration& registration, Binding* offers) noexcept
      : state_(state), registration_(registration), rest_(offers) {
    registration.registrar.store(Atomics::thread_pointer(), order::relaxed);  // relaxed: see there
  }
  BasicOffering(const BasicOffering&) = delete;
  BasicOffering& operator=(const BasicOffering&) = delete;
  ~BasicOffering() {
    while (rest_ != nullptr) BasicAttach<Calls, Unit>::drop(state_, take());
    registration_.registrar.store(0, order::relaxed);  // relaxed: see there
    registration_.tell(registration_.let_go());
  }
  void offer_all() {
    while (rest_ != nullptr) BasicAttach<Calls, Unit>::offer(state_, take());
  }

 private:
  [[nodiscard]] Binding& take() noexcept {
    Binding& binding = *rest_;
    rest_ = binding.batch;
    binding.batch = nullptr;
    return binding;
  }

  State& state_;
  Registration& registration_;
  Binding* rest_;
};

NMR_END_NAMESPACE
