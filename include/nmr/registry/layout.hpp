#pragma once
/// What images share, as it lies in memory in this version: whoever changes one of these changes NMR_LAYOUT_VERSION, and
/// then what stands here. What is touched before versions can be compared never changes: see NmrRegistry, CallDomain.
#include <cstddef>

#include <nmr/binding/binding_handle.hpp>
#include <nmr/calls/one_word_calls.hpp>
#include <nmr/registry/attach.hpp>
#include <nmr/rundown/sharded_rundown_ref.hpp>

NMR_BEGIN_NAMESPACE
namespace layout {

/// Returns whether a type has the size that it has in version 4. Of another, and where pointers have not 64 bits, nothing
/// is asked.
template <class T>
consteval bool takes(std::size_t bytes) {
  return kLayoutVersion != 4 || sizeof(void*) != 8 || sizeof(T) == bytes;
}

static_assert(takes<Completion>(32) && takes<Executor>(8) && takes<DetachCompletion>(8));
static_assert(takes<RundownRef>(16) && takes<ShardedRundownRef>(std::size_t{3} * kCacheLine));
static_assert(takes<BasicCallTarget<StdAtomics>>(40) && takes<BasicCallLane<StdAtomics>>(24));
static_assert(takes<PerThreadCalls::Cell>(24) && takes<UntypedBinding<PerThreadCalls>>(64));
static_assert(takes<OneWordCalls::Cell>(48) && takes<UntypedBinding<OneWordCalls>>(96));
static_assert(takes<OneWordCalls::Domain>(8) && takes<BasicCallIndex<StdAtomics>>(16));
static_assert(takes<ModuleId>(32) && takes<RegistrationInstance>(64) && takes<Refusal>(40));
static_assert(takes<BasicRegistrationCore<PerThreadCalls>::Module>(112));
static_assert(takes<BasicRegistrationCore<PerThreadCalls>>(616) && takes<BasicOffer<PerThreadCalls>>(48));
static_assert(takes<BasicBindingSide<PerThreadCalls>>(232) && takes<BasicBindingSide<OneWordCalls>>(288));
static_assert(takes<BasicBindingCore<PerThreadCalls>>(504));

}  // namespace layout
NMR_END_NAMESPACE
