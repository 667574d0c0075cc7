#pragma once
#include <nmr/binding/binding_handle.hpp>
#include <nmr/platform/pointer.hpp>
#include <nmr/registry/module.hpp>

NMR_BEGIN_NAMESPACE

namespace detail {
template <RegistrableNpi N, CallsPolicy Calls>
class NMR_PUBLIC_TYPE FailoverPlaces;
}

/// A call in progress through a FailoverClient; empty if there is no provider. While it lives, the code and data of the
/// provider that was chosen stay. All else as BasicCallGuard.
template <RegistrableNpi N, CallsPolicy Calls>
class [[nodiscard(
    "keep the guard: without a name it leaves the call at once")]] NMR_PUBLIC_TYPE BasicFailoverGuard {
 public:
  using Guard = BasicCallGuard<N, Calls>;
  using Dispatch = typename Guard::Dispatch;

  BasicFailoverGuard(const BasicFailoverGuard&) = delete;
  BasicFailoverGuard& operator=(const BasicFailoverGuard&) = delete;
  NMR_ALWAYS_INLINE NMR_LOCAL ~BasicFailoverGuard() { entered.~Guard(); }

  /// Returns false if there was no provider.
  [[nodiscard]] NMR_LOCAL explicit operator bool() const noexcept { return static_cast<bool>(entered); }
  /// Returns the functions of the provider.
  /// Precondition  not empty.
  NMR_LOCAL const Dispatch* operator->() const& noexcept { return entered.operator->(); }
  const Dispatch* operator->() const&& = delete;  // give the guard a name, and look at it before the call
  /// Returns the context that those functions take.
  /// Precondition  not empty.
  [[nodiscard]] NMR_LOCAL void* context() const noexcept { return entered.context(); }
  /// Returns the guard that this one is over: for still_attached(), hold(), leave().
  [[nodiscard]] NMR_LOCAL Guard& guard() noexcept { return entered; }

 private:
  template <RegistrableNpi, CallsPolicy>
  friend class detail::FailoverPlaces;

  /// Enters through the cell, and where that refuses through what `enter_another(*this)` finds.
  template <class F>
  NMR_ALWAYS_INLINE NMR_LOCAL BasicFailoverGuard(typename Calls::Cell& cell, F enter_another) noexcept
      : entered(cell) {
    if (!entered) [[unlikely]]
      enter_another(*this);
  }
  /// Returns whether that one does not refuse.
  /// Precondition  empty.
  NMR_LOCAL bool enter(typename Calls::Cell& cell) noexcept {
    entered.~Guard();
    new (platform::At{&entered}) Guard(cell);
    return static_cast<bool>(entered);
  }

  union {
    Guard entered;
  };
};

NMR_END_NAMESPACE
