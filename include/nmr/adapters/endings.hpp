#pragma once
/// The ends that there are, to be awaited. Each function gives the completion to the function of the library's that has
/// its name, and says of the end what that says.
#include <nmr/adapters/ending.hpp>
#include <nmr/adapters/shared_event.hpp>
#include <nmr/binding/binding_handle.hpp>
#include <nmr/registry/registration.hpp>
#include <nmr/rundown/std_rundown.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

// Sources: an object, and which of its functions takes the completion.

template <class Ref, RundownPolicy Policy>
struct NMR_PUBLIC_TYPE WhenRunDown {
  using Atomics = Policy;
  Ref* ref;
  /// Returns       what that function returns.
  /// Progress      of that function.
  NMR_LOCAL RundownState give(Completion& done) noexcept { return ref->when_run_down(done); }
  /// Returns       what that function returns.
  /// Progress      of that function.
  NMR_LOCAL bool take_back(BasicRetractableCompletion<Policy>& done) noexcept { return ref->take_back(done); }
};
template <class Ref, RundownPolicy Policy>
struct NMR_PUBLIC_TYPE BeginsRundown {
  using Atomics = Policy;
  Ref* ref;
  /// Returns       what that function returns.
  /// Progress      of that function.
  NMR_LOCAL RundownState give(Completion& done) noexcept { return ref->begin_rundown(done); }
  /// Returns       what that function returns.
  /// Progress      of that function.
  NMR_LOCAL bool take_back(BasicRetractableCompletion<Policy>& done) noexcept { return ref->take_back(done); }
};
template <RundownPolicy Policy>
struct NMR_PUBLIC_TYPE WhenSet {
  using Atomics = Policy;
  BasicSharedEvent<Policy>* event;
  /// Returns       what that function returns.
  /// Progress      of that function.
  NMR_LOCAL RundownState give(Completion& done) noexcept { return event->when_set(done); }
  /// Returns       what that function returns.
  /// Progress      of that function.
  NMR_LOCAL bool take_back(BasicRetractableCompletion<Policy>& done) noexcept {
    return event->take_back(done);
  }
};
template <Npi N, CallsPolicy Calls>
struct NMR_PUBLIC_TYPE Detaches {
  using Atomics = typename Calls::Atomics;
  BasicBindingHandle<N, Calls>* handle;
  /// Returns       what that function returns.
  /// Progress      of that function.
  NMR_LOCAL void give(Completion& done) noexcept { handle->detach(done); }
};
template <RegistrableNpi N, CallsPolicy Calls, ModuleSide kSide>
struct NMR_PUBLIC_TYPE Deregisters {
  using Atomics = typename Calls::Atomics;
  BasicRegistration<N, Calls, kSide>* registration;
  /// Returns       what that function returns.
  /// Progress      of that function.
  NMR_LOCAL Status give(Completion& done) noexcept { return registration->deregister(done); }
};
template <RegistrableNpi N, CallsPolicy Calls, ModuleSide kSide>
struct NMR_PUBLIC_TYPE WhenDeregistered {
  using Atomics = typename Calls::Atomics;
  BasicRegistration<N, Calls, kSide>* registration;
  /// Returns       what that function returns.
  /// Progress      of that function.
  NMR_LOCAL Status give(Completion& done) noexcept { return registration->notify_deregister_complete(done); }
};
template <class F, RundownPolicy Policy>
struct NMR_PUBLIC_TYPE GivenTo {
  using Atomics = Policy;
  F function;
  /// Returns       what that function returns.
  /// Progress      of that function.
  NMR_LOCAL auto give(Completion& done) noexcept { return function(done); }
};

}  // namespace detail

/// Begins rundown: ref.begin_rundown(completion).
template <RundownPolicy A>
auto begin_rundown(BasicRundownRef<A>& ref) noexcept {
  return Ending(detail::BeginsRundown<BasicRundownRef<A>, A>{&ref});
}
template <ShardedPolicy A>
auto begin_rundown(BasicShardedRundownRef<A>& ref) noexcept {
  return Ending(detail::BeginsRundown<BasicShardedRundownRef<A>, A>{&ref});
}

/// Begins nothing: ref.when_run_down(completion).
template <RundownPolicy A>
auto when_run_down(BasicRundownRef<A>& ref) noexcept {
  return Ending(detail::WhenRunDown<BasicRundownRef<A>, A>{&ref});
}
template <ShardedPolicy A>
auto when_run_down(BasicShardedRundownRef<A>& ref) noexcept {
  return Ending(detail::WhenRunDown<BasicShardedRundownRef<A>, A>{&ref});
}

/// Begins nothing: event.when_set(completion).
template <RundownPolicy A>
auto when_set(BasicSharedEvent<A>& event) noexcept {
  return Ending(detail::WhenSet<A>{&event});
}

/// Takes out what is attached: handle.detach(completion).
template <Npi N, CallsPolicy Calls>
auto detach(BasicBindingHandle<N, Calls>& handle) noexcept {
  return Ending(detail::Detaches<N, Calls>{&handle});
}

/// Starts deregistration: registration.deregister(completion). co_await gives its Status, kSuccess when it has completed.
template <RegistrableNpi N, CallsPolicy Calls, ModuleSide kSide>
auto deregister(BasicRegistration<N, Calls, kSide>& registration) noexcept {
  return Ending(detail::Deregisters<N, Calls, kSide>{&registration});
}
/// Starts nothing: registration.notify_deregister_complete(completion). co_await gives a Status likewise.
template <RegistrableNpi N, CallsPolicy Calls, ModuleSide kSide>
auto when_deregistered(BasicRegistration<N, Calls, kSide>& registration) noexcept {
  return Ending(detail::WhenDeregistered<N, Calls, kSide>{&registration});
}

/// Any other: `function(completion)` hands the completion on. It must not throw, and runs it once, or returns a Status
/// that is neither kSuccess nor kPending.
template <RundownPolicy A = StdAtomics, class F>
auto ending(F function) noexcept {
  return Ending(detail::GivenTo<F, A>{function});
}

NMR_END_NAMESPACE
