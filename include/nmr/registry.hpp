#pragma once
/// NmrRegistry<Npi>: providers and clients of an interface find each other, are attached, call each other,
/// and are detached when either leaves.
///
///   you need                                use
///   an interface                            a type with ProviderDispatch, ClientDispatch and kId (Npi)
///   to offer it                             ProviderModule<Npi>, registry.register_provider(...)
///   to use it                               ClientModule<Npi>, registry.register_client(...)
///   to call the provider                    a BindingHandle<Npi>, given to offer.accept(handle, ...)
///   to call the clients                     registration.for_each_client(f), or a handle for each
///   to leave                                registration.deregister(), or destroy the registration
///   to hold a detach back                   keep the DetachCompletion, or a CallHold
///   to see who is attached and what is waited for   registry.snapshot()
///   to know why it was refused              registry.registration_fault(module, registration)
///   all of that in one object               Provider<Npi>, Client<Npi>: <nmr/modules.hpp>
///
///   which thread calls back   attach: the one that registers the later side. detach: the one that deregisters,
///                             detaches or swaps, or that was attaching then. cleanup, completions: the last one out,
///                             or the module's Executor.
///   under which lock          none of the registry's
///   what may block            register_...() and deregister() for callbacks; the waits for calls. Of these
///                             functions none is for a signal handler but registry.abandon().
///   what allocates            register_...() before anybody is asked, snapshot(), make_context()
///   when its code may go      when a wait for its end has returned
///
/// A binding is here what it is to NMR: one client attached to one provider, both ways, with a BindingId. It has two
/// Attachments: one caller's way to one callee each.
///
/// The floors, each over those to its right: failover, adapters > modules > [registry] > lifecycle > binding > calls >
/// rundown > platform.
#include <nmr/binding.hpp>
#include <nmr/registry/nmr_registry.hpp>
#include <nmr/registry/versioned.hpp>
