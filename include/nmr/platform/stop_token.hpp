#pragma once
/// Requests to stop: std::stop_token where the standard library has it, and tokens of other libraries, which name their
/// own kind of callback as std::execution wants it.
#include <version>

#include <nmr/platform/config.hpp>

#if defined(__cpp_lib_jthread)
#include <stop_token>
#endif

NMR_BEGIN_NAMESPACE
namespace platform {

/// The callback of a token: made of a token and of what it is to call, which it calls at most once. Its destructor waits
/// for a call on another thread, and not for one that it is destroyed in.
template <class Token, class F>
struct StopCallback {
  using Type = typename Token::template callback_type<F>;
};

/// For those that are never stopped.
struct NMR_PUBLIC_TYPE NeverStops {
  template <class F>
  struct NMR_PUBLIC_TYPE Callback{NMR_LOCAL Callback(NeverStops, F) noexcept {}};
  template <class F>
  using callback_type = Callback<F>;  // NOLINT(readability-identifier-naming): what tokens call it
};

#if defined(__cpp_lib_jthread)
template <class F>
struct StopCallback<std::stop_token, F> {
  using Type = std::stop_callback<F>;
};
#endif

template <class Token, class F>
using StopCallbackOf = typename StopCallback<Token, F>::Type;

}  // namespace platform
NMR_END_NAMESPACE
