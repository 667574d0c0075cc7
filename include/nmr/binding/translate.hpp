#pragma once
#include <type_traits>

#include <nmr/binding/binding_handle.hpp>
#include <nmr/platform/callback_boundary.hpp>

NMR_BEGIN_NAMESPACE

/// Calls through a handle what may throw a type of the provider's own: catches and translates while the guard lives,
/// then leaves. Otherwise unwinding leaves the guard on its way to the handler. Where that was the last call, the code
/// of the exception's type may be unmapped when the handler looks at it.
///
///   const int found = nmr::call_translated(
///       handle, kRefused, [&](auto& guard) { return guard->find(guard.context(), name); },
///       [] {
///         try { throw; } catch (const std::exception& e) { return log(e.what()); } catch (...) { return kFailed; }
///       });
///
/// Returns       what `f(guard)` returned; what `on_exception()` returned, which runs inside a handler, where `throw;`
///               gives it the exception; or `refused`, if the call was. A value, of a type of the caller's own.
/// Progress      as try_call(), the call, and leaving it. Without exceptions (-fno-exceptions) that is all, and
///               `on_exception` is not called. A thread that is ended in the call (pthread_exit, cancellation) is
///               unwound through here. What `on_exception` throws passes.
template <class Result, Npi N, CallsPolicy Calls, class F, class OnException, class Unit = platform::ThisUnit>
Result call_translated(BasicBindingHandle<N, Calls>& handle, Result refused, F f, OnException on_exception) {
  static_assert(!std::is_reference_v<Result>);
  auto guard = handle.try_call();
  if (!guard) return refused;
  auto call = [&]() -> Result { return f(guard); };
  return platform::Callbacks<Unit>::template translate<Result>(call, on_exception);
}

NMR_END_NAMESPACE
