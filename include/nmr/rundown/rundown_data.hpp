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
