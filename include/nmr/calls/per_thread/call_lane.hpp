#pragma once
#include <cstddef>
#include <cstdint>

#include <nmr/calls/per_thread/call_index.hpp>
#include <nmr/calls/per_thread/call_record.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// Which slot of a thread's record calls try first. There is one lane for each slot, and cells are spread over the
/// lanes: so calls inside of calls, through different cells, all find a slot at the first look.
template <AtomicsPolicy Atomics>
struct CallLane {
  using Slot = CallSlot<Atomics>;
  using Index = CallIndex<Atomics>;

  /// Returns this lane's slot of the thread's record, if that is where the thread looks first and the slot is free; or
  /// null.
  [[nodiscard]] NMR_ALWAYS_INLINE Slot* first_look(std::uintptr_t thread) const noexcept {
    // acquire [cd:2]
    return free_slot(index.load(order::acquire)->first_look(thread), thread);
  }
  /// As above, for one of the few threads whose place in the index has the record of another.
  [[nodiscard]] NMR_COLD Slot* further_looks(std::uintptr_t thread) const noexcept {
    auto* const places = index.load(order::acquire)->places_of(thread);  // acquire [cd:2]
    for (std::size_t i = 1; i != Index::kProbes; ++i) {
      // relaxed: as the first look
      if (Slot* const slot = free_slot(places[i].load(order::relaxed), thread)) return slot;
    }
    return nullptr;
  }
  [[nodiscard]] NMR_ALWAYS_INLINE Slot* free_slot(CallRecord<Atomics>* record,
                                                  std::uintptr_t thread) const noexcept {
    auto* const slot = reinterpret_cast<Slot*>(reinterpret_cast<char*>(record) + slot_offset);
    NMR_ASSUME(slot != nullptr);
    // [cd:1] acquire, pairs with [cd:4]: the call that was here before, perhaps left by another thread.
    return slot->target.load(order::acquire) == Slot::mark(thread) ? slot : nullptr;
  }

  AtomicOf<Atomics, Index*> index{nullptr};  // of the domain's records
  BasicCallDomain<Atomics>* domain = nullptr;
  std::uintptr_t slot_offset = 0;  // in the record
};

}  // namespace detail
NMR_END_NAMESPACE
