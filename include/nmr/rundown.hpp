#pragma once
/// Rundown references: many use an object, one shuts it down, and the last one out says so.
///
///   you need                                           use
///   a count and a close, in two words                  RundownRef
///   the same, entered by many processors at once       ShardedRundownRef
///   that in memory of your own                         ShardedRundownRef::make_in_place(), bytes_in_place()
///   a reference for a scope                            RundownGuard, try_guard()
///   to be told when the last one has left              Completion, begin_rundown(completion)
///   the same, whoever begins it                        when_run_down(completion)
///   to shut it down only if nobody uses it now         try_run_down_if_idle(), of a RundownRef
///   not to be told any more                            take_back(completion), a RetractableCompletion
///   to wait for it                                     run_down(), wait_for_rundown(), ..._for, ..._until
///
/// What a function of theirs may do to the thread that calls it:
///
///   function                               waits for                runs completions    in a signal handler
///   duplicate(), rundown_begun()           nothing                  no                  yes
///   run_down_already()                     nothing                  no                  yes
///   try_acquire(), try_guard()             nothing                  where it is refused yes (1)
///   release(), reset(), ~RundownGuard      nothing                  if it is the last   yes (1)
///   begin_rundown(), when_run_down()       nothing                  if nobody is inside no
///   try_run_down_if_idle()                 nothing                  if true             no
///   take_back()                            who is at the list       no                  no
///   run_down(), wait_for_rundown() ...     the last release         run_down() may      no
///   make_in_place(), bytes_in_place()      nothing                  no                  no
///   reinitialize(), try_reinitialize()     callers being refused    no                  no
///
/// (1) The last one out runs the completions where it is, and wakes each waiter under a mutex of the waiter's. In a
/// handler they must be async-signal-safe, and the thread that was interrupted must not be waiting for the same end.
/// The last one out may also stand still for a moment, until timed waits whose time is over have unlinked themselves.
/// With a policy that has an Event and a ShortSection neither is so: see there.
///
/// Only the constructor of a ShardedRundownRef allocates. No function holds a lock while a completion runs, so that a
/// completion may call each of them, and may destroy the reference. No wait is a cancellation point.
///
/// Questions that come up:
///
///   May a refused caller run a completion?  Of a RundownRef yes: it raised the count just before rundown began, and
///       what it takes back can be the last. One that comes later writes nothing. Of a ShardedRundownRef never.
///   Why is a ShardedRundownRef never closed only if idle?  To know the sum of its shards each has to be closed, and who
///       comes meanwhile would be refused by a try that then finds somebody inside.
///   Is born run down the same as run down?  Yes: it refuses, waits return at once, begin_rundown() tells at once,
///       and reinitialize() opens it.
///   What is touched last?  A release touches nothing after its decrement. The last one out touches nothing but the
///       completions once the first of them runs. A guard is emptied before that. So whoever is told of the end may
///       free the reference, what it protects and the memory that guards were in. But the owner has to know that no
///       other call is still in the reference: a try_acquire(), or a begin_rundown() that was not the first.
///   How often may a Completion be given?  For one end at a time. It may be given again once its function has been
///       entered, so within it too. Before that it is misuse, and reported.
///   How large are they?  A RundownRef two words, a guard one. A ShardedRundownRef three cache lines, one for each shard
///       and one more.
///
/// A policy of your own:  a driver includes <nmr/rundown/basic_rundown.hpp> alone, which has BasicRundownRef<Policy>
/// and nothing of a hosted implementation. There the policy brings the clock, what to do on misuse, and an event (a
/// KEVENT). RundownRef here is BasicRundownRef<StdAtomics>.
///
/// Not for you if every call goes through a table of functions of a module that comes and goes: <nmr/binding.hpp>
/// counts those without a shared word.
///
/// The floors, each over those to its right: failover, adapters > modules > registry > lifecycle > binding > calls >
/// [rundown] > platform.
#include <nmr/rundown/basic_rundown.hpp>
#include <nmr/rundown/std_rundown.hpp>
