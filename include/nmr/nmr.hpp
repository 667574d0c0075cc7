#pragma once
/// Everything of the library but <nmr/adapters.hpp>, styles of waiting. <nmr/rundown.hpp>, <nmr/calls.hpp>, <nmr/binding.hpp>, <nmr/registry.hpp> and
/// <nmr/modules.hpp> are its front pages, each with what it is for and what its functions may do.
///
/// What threads, processes and sandboxes do to calls in progress:
///
///   what happens               what holds, and what to do
///   a fiber or coroutine       Fine between calls, in them and in callbacks, with guards and holds, where it stops
///     moves between threads    itself; but not in an attach callback of a registration that serialises.
///   a signal handler calls     Neither allocates nor locks, six calls deep, where the thread has called in that domain
///                              or is prepared. Else it may wait for itself, for good: try_call_prepared(). Guards
///                              are left before it returns; completions that it may run must be async-signal-safe.
///                              The last one out of a registry's binding takes the registry's mutex, which the
///                              handler may have interrupted.
///   a real-time thread calls   domain.prepare_thread() first, or try_call_prepared(). No wait spins without end.
///   a thread is cancelled, or  No wait is a cancellation point. A call is left by unwinding: by code compiled with
///     calls pthread_exit       exceptions. In an attach callback the peer is refused; in noexcept ones the program
///                              ends. Asynchronous cancellation must be off.
///   longjmp over a guard       It never drains: leave it first.
///   a thread is killed, or a   Wait with a time limit, then registration.abandon(), or attachment.abandon(completion):
///     call never returns       it is freed when its last call leaves, if ever; its registry stays for good.
///   process exit, static       Destructors of registrations wait. Where they must not: registry.abandon(); or never
///     destruction              destroy: static auto& world = *new World;
///   fork                       The child has the forking thread's calls alone; what others were inside of never
///                              drains there.
///   vfork, posix_spawn         Nothing: the child does not call before exec.
///   a sandbox denies           Calls have a fence of their own.
///     membarrier(2) at first
///   a sandbox kills for it,    Give the domain or the registry nmr::WithoutBarrier. Else the detach that finds it
///     or is closed later       denied is reported, and the process ends.
///   checkpoint and restore     The barrier is registered for and run again.
///
/// The floors, each over those to its right: failover, adapters > modules > registry > lifecycle > binding > calls >
/// rundown > platform.
#include <nmr/binding.hpp>
#include <nmr/calls.hpp>
#include <nmr/failover.hpp>
#include <nmr/modules.hpp>
#include <nmr/registry.hpp>
#include <nmr/rundown.hpp>
