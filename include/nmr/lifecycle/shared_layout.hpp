#pragma once
/// What images share, as it lies in memory in this version: whoever changes one of these changes NMR_LAYOUT_VERSION,
/// and then what stands here. What is touched before versions can be compared never changes: see NmrRegistry,
/// CallDomain.
#include <cstddef>

#include <nmr/binding/binding_handle.hpp>
#include <nmr/calls/one_word_calls.hpp>
#include <nmr/lifecycle/binding_core.hpp>
#include <nmr/lifecycle/offer_core.hpp>
#include <nmr/rundown/std_rundown.hpp>

NMR_BEGIN_NAMESPACE
namespace layout {

/// Returns whether a type has the size that it has in version 5. Of another, and where pointers have not 64 bits,
/// nothing is asked.
template <class T>
consteval bool takes(std::size_t bytes) {
  return kLayoutVersion != 5 || sizeof(void*) != 8 || sizeof(T) == bytes;
}

struct AnyNpi {
  struct ProviderDispatch {};
};

static_assert(takes<Completion>(32) && takes<Executor>(8) && takes<DetachCompletion>(8));
static_assert(takes<RundownRef>(16) && takes<ShardedRundownRef>(std::size_t{3} * kCacheLine));
static_assert(takes<BasicCallTarget<StdAtomics>>(40) && takes<detail::CallLane<StdAtomics>>(24));
static_assert(takes<detail::CallIndex<StdAtomics>>(16));
static_assert(takes<OneWordCalls::Cell>(48) && takes<detail::AttachmentCore<OneWordCalls>>(96));
static_assert(takes<BasicAttachment<AnyNpi, OneWordCalls>>(104));
static_assert(takes<OneWordCalls::Domain>(8) && takes<detail::BindingSide<OneWordCalls>>(288));
static_assert(takes<ModuleId>(32) && takes<RegistrationInstance>(64) && takes<Refusal>(40));

/// As above, for calls that are counted per thread; where there is no thread pointer, there are none.
template <class Atomics>
consteval bool per_thread_takes_what_it_did() {
  if constexpr (platform::kThreadPointerKnown) {
    using Calls = BasicPerThreadCalls<Atomics>;
    return takes<typename Calls::Cell>(24) && takes<detail::AttachmentCore<Calls>>(64) &&
           takes<BasicAttachment<AnyNpi, Calls>>(72) &&
           takes<typename detail::RegistrationCore<Calls>::Module>(112) &&
           takes<detail::RegistrationCore<Calls>>(616) && takes<detail::OfferCore<Calls>>(48) &&
           takes<detail::BindingSide<Calls>>(232) && takes<detail::BindingCore<Calls>>(504);
  }
  return true;
}
static_assert(per_thread_takes_what_it_did<StdAtomics>());

}  // namespace layout
NMR_END_NAMESPACE
