#pragma once
/// Waiting, in every style: each made of a Completion that the floors below take.
///
///   you need                                         use
///   to block, for a time perhaps                     wait_...() of what ends; SharedEvent where there is none
///   a callback, on the last one out                  Completion
///   the same, where an executor runs it              PostedCompletion
///   a coroutine that goes on then                    co_await begin_rundown(ref), detach(handle), deregister(registration),
///                                                    when_run_down(ref), when_deregistered(registration), when_set(event)
///   ... of anything else that takes a completion     co_await ending([&](Completion& done) noexcept { ... })
///   ... where an executor runs it                    .on(executor)
///   ... or until it is asked to stop                 .or_stopped(stop_token), and with an executor
///   that many wait for one completion                SharedEvent
///   a std::future                                    to_future(begin_rundown(ref)) and so on
///   to begin when it is asked to stop                BeginOnStop begins(stop_token, begin_rundown(ref), done)
///   a std::shared_lock                               SharedLockable(ref)
///   a scope and token as std::execution's            RundownScope, BasicScopeToken(ref)
///
///   what                          may block                        allocates        the coroutine or function goes on
///   co_await                      as what takes the completion     nothing          on the last one out, or here at once
///   ... with an executor          the same                         nothing          where the executor runs it
///   ... and asked to stop         a moment: who asks, who ends     nothing          on the thread that asks
///   SharedEvent::wait...()        until it is set                  nothing          here
///   SharedEvent, as completion    a moment, for timed waits        nothing          on the thread that sets it
///   PostedCompletion              no                               nothing          where the executor runs it
///   to_future()                   as what takes the completion     twice            in the standard library's wait
///   BeginOnStop                   its destructor, for a begin      nothing          -
///   SharedLockable, ScopeToken    no                               nothing          -
///
/// None is for a signal handler. A coroutine that the last one out goes on with runs inside a release, a refused call or
/// the call that gave the completion, as any completion: it holds no lock there, but its callers may. It must not let an
/// exception out. A frame is not destroyed while it waits: ask it to stop first.
///
/// Exactly one of "ended" and "asked to stop" is told. One that was stopped has been unlinked when it goes on: nothing
/// refers to its frame. What it has begun goes on.
///
/// With g++ 12, name what co_await gives before it is asked for: that compiler takes `if (co_await ...)` wrong, whatever is
/// awaited. Clang 14 has coroutines with -D__cpp_impl_coroutine=201902L.
///
/// What it takes of the standard library: for co_await nothing, the coroutine handle is the user's. A stop token is
/// std::stop_token where there is one (not in libc++ before 20), or any that names its callback_type. For what g++ does
/// to a plug-in that uses std::promise see future.hpp.
///
/// Nothing includes this floor, nmr.hpp neither. The floors, each over those to its right:
/// failover, [adapters] > modules > registry > lifecycle > binding > calls > rundown > platform.
#include <nmr/adapters/awaiter.hpp>
#include <nmr/adapters/begin_on_stop.hpp>
#include <nmr/adapters/ending.hpp>
#include <nmr/adapters/endings.hpp>
#include <nmr/adapters/future.hpp>
#include <nmr/adapters/posted_completion.hpp>
#include <nmr/adapters/rundown_scope.hpp>
#include <nmr/adapters/shared_event.hpp>
#include <nmr/adapters/shared_lockable.hpp>
