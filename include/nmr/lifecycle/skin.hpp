#pragma once
#include <nmr/calls/calls_policy.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// Where a skin is put over the engine: a set of names of its own for registering, attaching and detaching. The typed
/// registry is one, the Windows names in nmr/wdk are another. A skin has a BasicRegistryCore, and adds nothing to what
/// that does. What it has to know:
///
///   BasicRegistryCore                add(), deregister(), wait() and destroy() a registration
///   RegistrationCore::Module         what add() is given of a module: who it is, and three functions that call it.
///                                    `attach` gets the registration context; `detach` and `cleanup` get the binding
///                                    context that this side has given to accept() or agree(). It may be a pointer to
///                                    what the skin keeps with the side, see below.
///   OfferCore                        what `attach` may say and ask: accept() of a client, agree() of a provider,
///                                    peer_module(), peer_dispatch(), peer_context()
///   DetachCompletion                 what `detach` drops, or keeps until the side is done
///
/// Of a skin that keeps something with each side of a binding, the CallsPolicy has that type as `KeptWithSide`. The
/// engine makes one with each side and destroys it with the binding, and does nothing else with it. So a binding takes
/// one allocation, made before anybody is asked, and to attach cannot fail for want of memory.
struct NothingKept {};

template <class Calls>
struct KeptWithSide {
  using Type = NothingKept;
};
template <class Calls>
  requires requires { typename Calls::KeptWithSide; }
struct KeptWithSide<Calls> {
  using Type = typename Calls::KeptWithSide;
};

}  // namespace detail
NMR_END_NAMESPACE
