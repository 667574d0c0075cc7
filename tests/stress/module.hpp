#pragma once
/// A module that lies in a page of its own: table, context, binding, and the completion that takes all of it
/// away.
#include <nmr/binding.hpp>

#include "stress/delayed_atomics.hpp"
#include "stress/pages.hpp"
#include "stress/totals.hpp"

template <class Calls>
using StressHandle = nmr::BasicBindingHandle<StressNpi, Calls>;

/// Calls as one that got in may: everything has to be there.
template <class Guard>
void call_in(Guard& guard, int value, Tally& tally) noexcept {
  // The context is read here too, where the sanitizers see it.
  const auto& context = *static_cast<const StressContext*>(guard.context());
  tally.expect(context.key == StressContext::kKey);
  tally.expect(guard->answer(guard.context(), value) == StressContext::kKey + value);
  ++tally.calls;
}

template <class Calls>
class PagedModule : public nmr::Completion {
 public:
  [[nodiscard]] static PagedModule& make(ModulePages& pages, Tally& tally, Random& random) {
    void* const page = pages.take();
    ++tally.expected;
    auto& module = *new (page) PagedModule(pages, tally.totals);
    module.context_.turns += static_cast<int>(random.one_in(8) ? random.below(4096) : random.below(16));
    return module;
  }

  [[nodiscard]] nmr::BasicAttachment<StressNpi, Calls>& binding() noexcept { return binding_; }

 private:
  PagedModule(ModulePages& pages, Totals& totals) noexcept
      : Completion(&take_away, this), pages_(pages), totals_(totals), table_(pages.table_of(this)) {}

  static void take_away(Completion&, void* self) noexcept {
    auto& module = *static_cast<PagedModule*>(self);
    ModulePages& pages = module.pages_;
    Totals& totals = module.totals_;
    module.~PagedModule();
    pages.take_away(&module);
    totals.seen.fetch_add(1);
  }

  ModulePages& pages_;
  Totals& totals_;
  StressNpi::ProviderDispatch table_;
  StressContext context_;
  nmr::BasicAttachment<StressNpi, Calls> binding_{&table_, &context_};
};

using Delayed = nmr::BasicPerThreadCalls<DelayedAtomics>;
using DelayedWithRealFences = nmr::BasicPerThreadCalls<DelayedRealFences>;
using DelayedOneWord = nmr::BasicOneWordCalls<DelayedAtomics>;
