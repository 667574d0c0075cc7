#pragma once
/// The rundown references over a policy of one's own.
#include <nmr/rundown/event.hpp>
#include <nmr/rundown/rundown_guard.hpp>
#include <nmr/rundown/rundown_ref.hpp>
#include <nmr/rundown/sharded_rundown_ref.hpp>
