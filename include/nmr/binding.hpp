#pragma once
/// Binding handles that know about detach: calls into a module that may leave at any time.
///
///   you need                                         use
///   a place to call through                          BindingHandle<Npi>
///   many of those, by number                         BindingTable<Npi, size>
///   to call                                          handle.try_call(): CallGuard<Npi>, empty if refused
///   many calls in a row                              one guard, and guard.still_attached() between them
///   a request that outlives the call                 guard.hold(): CallHold<Npi>
///   to attach a module without a registry            Attachment<Npi>, handle.attach(attachment)
///   to replace it without refusing a call            handle.attach(the next one)
///   to be told when the last call has left           handle.detach(completion)
///   the same, whoever detaches or replaces it        Attachment(dispatch, context, completion)
///   to detach many with one barrier                  DetachBatch
///   to call what may throw a type of its own         call_translated(handle, ...)
///   to give up what a call may never leave           handle.detach(), attachment.abandon(completion)
///
/// All handles that a thread calls through share a CallDomain, which somebody owns; NmrRegistry has one.
///
///   where a completion runs   on the thread that is the last one out: in leave(), in a refused call, in detach() or
///                             attach() before it returns. Of the library's locks none is held then.
///   what it may free          the attachment. The handle, if no thread can be in its try_call(). The domain, if no
///                             other thread can be in a leave() either: else only when those threads have been joined.
///   what may block            attach() and detach() for a barrier; the waits for calls. A call of a prepared thread
///                             does not. The first call of a thread may allocate. In a signal handler:
///                             try_call_prepared().
///   what a guard takes        24 bytes of the stack; 16 where calls are counted in one word. A hold takes a pointer's.
///
/// The floors, each over those to its right: failover, adapters > modules > registry > lifecycle > [binding] > calls >
/// rundown > platform.
#include <nmr/binding/binding_handle.hpp>
#include <nmr/binding/binding_table.hpp>
#include <nmr/binding/call_guard.hpp>
#include <nmr/binding/call_hold.hpp>
#include <nmr/binding/detach_batch.hpp>
#include <nmr/binding/detach_completion.hpp>
#include <nmr/binding/translate.hpp>
#include <nmr/calls/one_word_calls.hpp>
