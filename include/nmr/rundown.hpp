#pragma once
/// Rundown references: an object is used by many, shut down by one, and the last one out says so.
///
///   you need                                           use
///   a count and a close, in two words                  RundownRef
///   the same, entered by many processors at once       ShardedRundownRef
///   a reference for a scope                            RundownGuard, try_guard()
///   to be told when the last one has left              Completion, begin_rundown(completion)
///   to wait for it                                     run_down(), wait_for_rundown(), ..._for, ..._until
///
/// Not for you if every call goes through a table of functions of a module that comes and goes:
/// <nmr/binding.hpp> counts those without a shared word.
#include <nmr/rundown/rundown_guard.hpp>
#include <nmr/rundown/rundown_ref.hpp>
#include <nmr/rundown/sharded_rundown_ref.hpp>
