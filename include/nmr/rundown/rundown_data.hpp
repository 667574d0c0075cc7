#pragma once
#include <nmr/rundown/completion_list.hpp>
#include <nmr/rundown/rundown_word.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// What a RundownRef is made of. A base of it, so that it has a trivial destructor where the policy leaves out the
/// check.
template <RundownPolicy Atomics>
class NMR_PUBLIC_TYPE UncheckedRundownData : protected RundownWord {
 protected:
  using List = CompletionList<Atomics>;

  NMR_LOCAL constexpr UncheckedRundownData() noexcept = default;
  NMR_LOCAL constexpr UncheckedRundownData(Word word, typename List::BornClosed closed) noexcept
      : word_(word), completions_(closed) {}
  UncheckedRundownData(const UncheckedRundownData&) = delete;
  UncheckedRundownData& operator=(const UncheckedRundownData&) = delete;
  NMR_LOCAL ~UncheckedRundownData() = default;

  NMR_COLD NMR_LOCAL void misuse(const char* operation, const char* rule) const noexcept {
    Atomics::misuse({"RundownRef", operation, rule, this});
  }

  /// Returns whether that was the last; what was not there to take is put back and reported.
  NMR_LOCAL bool is_last(Word left, std::size_t n) noexcept {
    if (left >= (kOverLimit | kOutOfRange)) {
      word_.fetch_add(n * kOneRef, order::relaxed);  // relaxed: nothing is done under it
      return misuse("release", "more references than are held"), false;
    }
    return left == kBegun;
  }

  /// Called by the one whose decrement arrived at 0. Returns the completions.
  NMR_LOCAL Completion* close() noexcept {
    // [rd:10] acquire, pairs with [rd:9]: reads its own decrement or a later RMW, so the end of all
    // their release sequences. Discarded: the order is all that is wanted.
    (void)word_.load(order::acquire);
    return completions_.close();
  }

  AtomicOf<Atomics, Word> word_{0};
  List completions_;
};

template <RundownPolicy Atomics>
class NMR_PUBLIC_TYPE CheckedRundownData : protected UncheckedRundownData<Atomics> {
 protected:
  using typename UncheckedRundownData<Atomics>::Word;
  using typename UncheckedRundownData<Atomics>::List;

  NMR_LOCAL constexpr CheckedRundownData() noexcept = default;
  NMR_LOCAL constexpr CheckedRundownData(Word word, typename List::BornClosed closed) noexcept
      : UncheckedRundownData<Atomics>(word, closed) {}
  CheckedRundownData(const CheckedRundownData&) = delete;
  CheckedRundownData& operator=(const CheckedRundownData&) = delete;
  NMR_LOCAL ~CheckedRundownData() {
    const bool held = this->word_.load(order::relaxed) >= this->kOneRef;  // relaxed: nobody else may be here
    if (held && !this->completions_.closed())
      this->misuse("~RundownRef", "destroyed while references are held");
    if (!this->completions_.empty())
      this->misuse("~RundownRef", "destroyed while somebody waits for it to run down");
  }
};

template <RundownPolicy Atomics>
struct ChosenRundownData {
  using Type = CheckedRundownData<Atomics>;
};
template <RundownPolicy Atomics>
  requires(!Atomics::kChecksWhenDestroyed)
struct ChosenRundownData<Atomics> {
  using Type = UncheckedRundownData<Atomics>;
};
template <RundownPolicy Atomics>
using RundownData = typename ChosenRundownData<Atomics>::Type;

}  // namespace detail
NMR_END_NAMESPACE
