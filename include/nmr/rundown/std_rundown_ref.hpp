#pragma once
/// What is most used of std_rundown.hpp, for the floors above.
#include <nmr/platform/std_atomics.hpp>
#include <nmr/rundown/event.hpp>
#include <nmr/rundown/rundown_ref.hpp>

NMR_BEGIN_NAMESPACE

using Event = BasicEvent<StdAtomics>;
using RundownRef = BasicRundownRef<StdAtomics>;

NMR_END_NAMESPACE
