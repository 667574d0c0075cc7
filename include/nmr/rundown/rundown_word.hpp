#pragma once
#include <cstdint>

#include <nmr/platform/config.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// The word of a RundownRef: how many references there are, and two marks. `list` is the CompletionList beside it.
///
///   count | dead | begun   list     state        next
///     n      0       0     open     active       begin_rundown, which holds a reference of its own
///     0      0       0     open     idle         the same; or try_run_down_if_idle, which sets begun and completes
///    n > 0   0       1     open     draining     the decrement to 0 closes the list and runs it
///     *      *       1     closed   run down     reinitialize
///
/// INVARIANT: once begun is set, exactly one decrement arrives at 0 with dead not set. It is the last one out, and runs
/// the completions. Or none does, where begun was set at 0: then whoever set it runs them.
///
/// Why dead: a refused caller raises the count for a moment, and its undo could arrive at 0 a second time. The first
/// caller that raises the count from 0 sees begun and 0 before its own. It sets dead in the step that takes its own
/// count back. Until that step its own count keeps every other undo above 0.
///
/// Why one step: whoever completes knows it from its one decrement, and nobody else touches the object after its own.
/// A second step, to claim the completion, would have losers. A loser that is late would touch what the winner's
/// completion has freed.
struct NMR_PUBLIC_TYPE RundownWord {
  using Word = std::uintptr_t;
  enum : Word {
    kBegun = 1,  // no new references
    kDead = 2,  // the count has been at 0 since begun: it decides nothing any more
    kOneRef = 4,
    kOverLimit = Word{1} << (sizeof(Word) * 8 - 2),  // more than may be held; refused callers may add more
    kOutOfRange = Word{1} << (sizeof(Word) * 8 - 1),  // with kOverLimit: below 0
  };
};

}  // namespace detail
NMR_END_NAMESPACE
