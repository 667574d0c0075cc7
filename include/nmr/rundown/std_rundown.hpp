#pragma once
/// The rundown references over the default policy.
#include <utility>  // to move a guard its users need that

#include <nmr/rundown/basic_rundown.hpp>
#include <nmr/rundown/std_rundown_ref.hpp>

NMR_BEGIN_NAMESPACE

using ShardedRundownRef = BasicShardedRundownRef<StdAtomics>;
using RundownGuard = BasicRundownGuard<RundownRef>;
using RetractableCompletion = BasicRetractableCompletion<StdAtomics>;
using ShardedRundownGuard = BasicRundownGuard<ShardedRundownRef>;

NMR_END_NAMESPACE
