#pragma once
#include <type_traits>
#include <utility>

#include <nmr/modules/call_result.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// What an entry of a table returns.
template <class Entry>
struct ResultOf;
template <class D, class R, class... A>
struct ResultOf<R (*D::*)(void*, A...)> {
  using Type = R;
};
template <class D, class R, class... A>
struct ResultOf<R (*D::*)(void*, A...) noexcept> {
  using Type = R;
};

template <class Dispatch, auto kEntry>
concept EntryOf = requires(const Dispatch& dispatch) {
  typename ResultOf<std::remove_const_t<decltype(kEntry)>>::Type;
  dispatch.*kEntry;
};

/// Calls an entry of the table that the guard from `callee.try_call()` gives: Client::call() says how.
template <class Dispatch, auto kEntry, class Callee, class... Arguments>
NMR_ALWAYS_INLINE NMR_LOCAL inline auto call_through(Callee& callee, Arguments&&... arguments) {
  static_assert(EntryOf<Dispatch, kEntry>,
                "this is no entry of the NPI's ProviderDispatch that takes a context");
  if constexpr (EntryOf<Dispatch, kEntry>) {
    using Result = typename ResultOf<std::remove_const_t<decltype(kEntry)>>::Type;
    constexpr bool kStays = !std::is_reference_v<Result> && !std::is_pointer_v<Result>;
    static_assert(kStays,
                  "what is returned may be in the provider, and gone: use try_call(), and keep the guard");
    constexpr bool kTakes =
        std::is_invocable_v<decltype(std::declval<const Dispatch&>().*kEntry), void*, Arguments...>;
    static_assert(kTakes, "the entry takes other arguments than these, behind the context");
    if constexpr (kStays && kTakes) {
      const auto guard = callee.try_call();
      if (!guard) return CallResult<Result>();
      return CallResult<Result>([&]() -> Result {
        return (guard.operator->()->*kEntry)(guard.context(), static_cast<Arguments&&>(arguments)...);
      });
    }
  }
}

}  // namespace detail
NMR_END_NAMESPACE
