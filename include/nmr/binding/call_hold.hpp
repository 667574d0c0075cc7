#pragma once
#include <utility>  // to move it, its users need that

#include <nmr/binding/binding.hpp>
#include <nmr/platform/pointer.hpp>

NMR_BEGIN_NAMESPACE

/// A call in progress that is not tied to a thread: for a request that outlives the function that started it.
/// Movable, may be left on any thread, and keeps the detach of its binding pending until it is.
template <Npi N, CallsPolicy Calls>
class [[nodiscard]] NMR_PUBLIC_TYPE BasicCallHold {
 public:
  using Dispatch = typename N::ProviderDispatch;

  NMR_LOCAL constexpr BasicCallHold() noexcept = default;
  NMR_LOCAL BasicCallHold(BasicCallHold&& other) noexcept : binding_(platform::take(other.binding_)) {}
  NMR_LOCAL BasicCallHold& operator=(BasicCallHold&& other) noexcept {
    BasicCallHold moved(static_cast<BasicCallHold&&>(other));
    platform::swap_pointers(binding_, moved.binding_);
    return *this;
  }
  BasicCallHold(const BasicCallHold&) = delete;  // no copy: duplicate() gives another
  BasicCallHold& operator=(const BasicCallHold&) = delete;
  NMR_LOCAL ~BasicCallHold() { leave(); }

  [[nodiscard]] NMR_LOCAL explicit operator bool() const noexcept { return binding_ != nullptr; }

  /// The functions of the provider; valid until the hold is left. Precondition: not empty.
  NMR_LOCAL const Dispatch* operator->() const noexcept {
    return static_cast<const Dispatch*>(binding_->dispatch());
  }
  /// Returns the context that those functions take.
  [[nodiscard]] NMR_LOCAL void* context() const noexcept { return binding_->context(); }

  /// Returns another hold of the same call, also while its binding drains. Empty if *this is. Progress:
  /// wait-free.
  NMR_LOCAL BasicCallHold duplicate() const noexcept {
    if (binding_ != nullptr) binding_->refs().duplicate();
    return BasicCallHold(binding_);
  }

  /// Leaves. Progress: wait-free, but for the completion of a detach that waited for this one.
  /// Lifetime      the provider's code and data, and the binding, may be gone when it returns.
  NMR_LOCAL void leave() noexcept {
    if (binding_ != nullptr) platform::take(binding_)->refs().release();
  }

 private:
  template <Npi, CallsPolicy>
  friend class BasicCallGuard;
  NMR_LOCAL explicit BasicCallHold(detail::Attachment<Calls>* binding) noexcept : binding_(binding) {}

  detail::Attachment<Calls>* binding_ = nullptr;
};

template <Npi N>
using CallHold = BasicCallHold<N, PerThreadCalls>;

NMR_END_NAMESPACE
