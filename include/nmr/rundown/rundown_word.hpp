#pragma once
#include <cstdint>

#include <nmr/platform/config.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// What the word of a RundownRef says.
///
///   count | dead | begun   list     state        next
///     n      0       0     open     active       begin_rundown, which holds a reference of its own
///    n > 0   0       1     open     draining     the decrement to 0 closes the list and runs it
///     *      *       1     closed   run down     reinitialize
///
/// INVARIANT: after begun, exactly one decrement arrives at 0 with dead not set. Refused callers raise the count for a
/// moment, so it could arrive there again; therefore the first one that raises it from 0 (it sees begun and 0) sets
/// dead as it takes its own back, and until then its own keeps everybody else's undo above 0. So whoever completes
/// knows it from its one decrement, and nobody else touches the object after its own: a second step, a claim, would
/// have losers, and a loser that is late would touch what the winner's completion has freed.
struct NMR_PUBLIC_TYPE RundownWord {
  using Word = std::uintptr_t;
  enum : Word {
    kBegun = 1,  // no new references
    kDead = 2,  // the count has been at 0 since: it decides nothing any more
    kOneRef = 4,
    kOverLimit = Word{1} << (sizeof(Word) * 8 - 2),  // more than may be held; callers on their way out may be
    kOutOfRange = Word{1} << (sizeof(Word) * 8 - 1),  // with kOverLimit: below 0
  };
};

}  // namespace detail
NMR_END_NAMESPACE
