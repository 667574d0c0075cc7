#pragma once
/// Typed modules: a provider and a client in one object each, for the commonest cases. No void*, no cast and no empty
/// callback has to be written; a call through them costs what it does through what they are made of.
///
///   you need                                         use
///   to offer an object's functions                   Provider<Npi>: registry, id, table, object
///   to call whatever provider there is               Client<Npi>: registry, id; client.call<&Dispatch::f>(...)
///   a function of an object in a table               member<&T::f>()
///   more than one call, or a pointer that it gives   client.try_call(): CallGuard<Npi>
///   to choose peers, or be told of them              ModuleHooks: .wants, .attached, .detaching, .detached
///   characteristics, an executor                     ModuleSettings, where a ModuleId may stand
///   to leave                                         destroy it: its destructor waits
///   all else                                         registration(), handle(); or a module of the registry's own
///
///   what may fail             registering: status(). Nothing throws. What failed is offered to nobody, and refuses calls.
///   what may block            constructors, as register_...(); destructors, for the last call. Not inside a call of its own.
///   what stays in its place   both: they are neither copied nor moved
///   where one is declared     after what its callbacks and calls use
///
/// The floors, each over those to its right: failover, adapters > [modules] > registry > lifecycle > binding > calls >
/// rundown > platform.
#include <nmr/modules/client.hpp>
#include <nmr/modules/provider.hpp>
#include <nmr/registry.hpp>
