#pragma once
/// Which call is inside what, counted in one of two ways behind one shape:
///
///   PerThreadCalls   the default: each thread notes in its own memory what it is inside of (CallDomain)
///   OneWordCalls     one shared word for each handle; needs no thread pointer
///
/// Most users want the typed handles over these: <nmr/binding.hpp>.
#include <nmr/calls/one_word_calls.hpp>
#include <nmr/calls/per_thread/call_domain.hpp>
#include <nmr/calls/per_thread_calls.hpp>
