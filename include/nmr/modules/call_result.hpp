#pragma once
#include <type_traits>

#include <nmr/platform/config.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// Room for a value that may not be there.
template <class T, bool kTrivial = std::is_trivially_destructible_v<T>>
struct Room {
  NMR_LOCAL constexpr Room() noexcept : nothing(), full(false) {}
  template <class F>
  NMR_LOCAL constexpr explicit Room(F& make) : value(make()), full(true) {}
  union {
    char nothing;
    T value;
  };
  bool full;
};
template <class T>
struct Room<T, false> {
  NMR_LOCAL constexpr Room() noexcept : nothing(), full(false) {}
  template <class F>
  NMR_LOCAL constexpr explicit Room(F& make) : value(make()), full(true) {}
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  NMR_LOCAL ~Room() {
    if (full) value.~T();
  }
  union {
    char nothing;
    T value;
  };
  bool full;
};

}  // namespace detail

/// What a call has returned, or nothing if it was refused; from Client::call(). Used as a std::optional. It is none,
/// since functions of that would be visible outside the image that calls. Copied where the value can be copied byte by
/// byte; else it stays, and the value is moved out of the result, as out of a std::optional.
template <class T>
class [[nodiscard("the call may have been refused")]] NMR_PUBLIC_TYPE CallResult {
 public:
  /// Refused.
  NMR_LOCAL constexpr CallResult() noexcept = default;
  /// Whatever `make()` returns.
  template <class F>
    requires std::is_invocable_r_v<T, F&>
  NMR_ALWAYS_INLINE NMR_LOCAL constexpr explicit CallResult(F make) : room_(make) {}

  /// Returns false if the call was refused: the callee was not entered.
  [[nodiscard]] NMR_LOCAL constexpr bool has_value() const noexcept { return room_.full; }
  /// As has_value(). Not where the value is a bool: which of the two is meant has to be said.
  NMR_LOCAL constexpr explicit operator bool() const noexcept
    requires(!std::is_same_v<T, bool>)
  {
    return room_.full;
  }

  /// Precondition  not refused, which is to be looked at first.
  [[nodiscard]] NMR_LOCAL constexpr const T& operator*() const& noexcept { return room_.value; }
  [[nodiscard]] NMR_LOCAL constexpr T&& operator*() && noexcept { return static_cast<T&&>(room_.value); }
  [[nodiscard]] NMR_LOCAL constexpr const T* operator->() const noexcept { return &room_.value; }
  /// Returns what the call has returned, or `otherwise` if it was refused.
  [[nodiscard]] NMR_LOCAL constexpr T value_or(T otherwise) const& noexcept(
      std::is_nothrow_copy_constructible_v<T>) {
    return room_.full ? room_.value : static_cast<T&&>(otherwise);
  }
  /// As above, and moves it out.
  [[nodiscard]] NMR_LOCAL constexpr T value_or(T otherwise) && noexcept(
      std::is_nothrow_move_constructible_v<T>) {
    return room_.full ? static_cast<T&&>(room_.value) : static_cast<T&&>(otherwise);
  }

  /// Whether the call was not refused, and has returned an equal value.
  [[nodiscard]] NMR_LOCAL friend constexpr bool operator==(const CallResult& result, const T& value) {
    return result.room_.full && result.room_.value == value;
  }

 private:
  detail::Room<T> room_;
};

/// Whether a call of what returns nothing was made.
template <>
class [[nodiscard("the call may have been refused")]] NMR_PUBLIC_TYPE CallResult<void> {
 public:
  NMR_LOCAL constexpr CallResult() noexcept = default;
  template <class F>
    requires std::is_invocable_v<F&>
  NMR_ALWAYS_INLINE NMR_LOCAL constexpr explicit CallResult(F make) : called_((make(), true)) {}

  /// Returns false if the call was refused: the callee was not entered.
  [[nodiscard]] NMR_LOCAL constexpr bool has_value() const noexcept { return called_; }
  NMR_LOCAL constexpr explicit operator bool() const noexcept { return called_; }

 private:
  bool called_ = false;
};

NMR_END_NAMESPACE
