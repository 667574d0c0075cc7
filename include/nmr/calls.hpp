#pragma once
/// Which call is inside what, counted in one of two ways behind one shape (CallsPolicy):
///
///   PerThreadCalls   the default: each thread notes in its own memory what it is inside of (CallDomain)
///   OneWordCalls     one shared word for each handle; needs no thread pointer
///
/// Most users want the typed handles over these: <nmr/binding.hpp>.
///
/// What a function may do to the thread that calls it, counted per thread:
///
///   function                         waits for                     allocates  runs completions  in a signal handler
///   a call, thread prepared          nothing                       no         where refused     yes (1)
///   a call with IfPrepared           nothing                       no         where refused     yes (1)
///   a thread's seventh nested call   the domain's mutex            no         where refused     no
///   a thread's first call            the domain's mutex            yes        where refused     no
///   to leave a call                  nothing (2)                   no         if the last       yes (1)
///   prepare_thread()                 the domain's mutex            yes        no                no
///   forget_this_thread()             the domain's mutex            no         no                no
///   close(), so each detach          a barrier or two, the mutex   no         if nobody inside  no
///   for_each_inside()                nothing                       no         no                no
///
/// (1) If the completions that it may run are async-signal-safe, and nobody waits for them on that thread.
/// (2) But for the domain's mutex, if it is left on another thread than it was made on while a detach is under way.
///
/// The mutex is held while a thread is registered or the threads' records are gone through, and never while a
/// completion runs: so a completion or a callback may call all of these. Counted in one word, a call and its leaving
/// are as those of a RundownRef (<nmr/rundown.hpp>); install() over a target waits, asleep, until its calls have left.
///
/// Questions that come up:
///
///   May a refused call run a completion?  Yes, in both ways of counting: as far as a detacher can see, it was inside
///       for a moment, and what it takes back can be the last.
///   What does leaving touch last?  The call object is emptied first. Counted per thread, then its slot, which is the
///       domain's; after it has run completions nothing. Counted in one word, the handle up to the decrement.
///   What may a completion free?  The target, and the code and data that it protects. The handle, if nobody is on the
///       way in through it: not even the thread that runs the completion, since a refused call goes on to look at
///       handle and domain. The domain, only if besides no other thread is on its way out of a call counted there: a
///       leaver looks into its slot once more after it has cleared it, and by then the end may have been told.
///   How large are they?  Counted per thread, a call is three words, a cell three, a thread's record 128 bytes where a
///       pointer has 8. Counted in one word, a call is two words, a cell six.
///
/// The floors, each over those to its right: failover, adapters > modules > registry > lifecycle > binding > [calls] >
/// rundown > platform.
#include <nmr/calls/one_word_calls.hpp>
#include <nmr/calls/per_thread/call_domain.hpp>
#include <nmr/calls/per_thread_calls.hpp>
