#pragma once
#include <cstddef>
#include <cstdint>

#include <nmr/calls/call_target.hpp>
#include <nmr/platform/atomics.hpp>

namespace nmr {

template <AtomicsPolicy Atomics>
class BasicCallDomain;

/// One call in progress: what it goes to, and whether its leaver has to look for a detach.
template <AtomicsPolicy Atomics>
struct BasicCallSlot {
  enum : std::uint32_t {
    kDraining = 1,    // somebody waits for what this slot held
    kSlotless = 4,    // not a slot of a thread's: the call is a reference of its own
    kRealFences = 2,  // no process-wide barrier here: the leaver needs a fence of its own
  };
  typename Atomics::template Atomic<BasicCallTarget<Atomics>*> target{nullptr};
  typename Atomics::template Atomic<std::uint32_t> recheck{0};
  std::uint32_t index = 0;  // in its record, which it finds by it
};

/// The calls in progress of one thread, in lines that only this thread writes (but for the flags of a
/// detach). A record belongs to a thread pointer: when a thread has ended, the next that is given its thread
/// pointer inherits the record. It is given with the memory that it points to, and to reuse memory is to be
/// ordered after its last use; the slots alone would not do, since they may be read as they were at first.
template <AtomicsPolicy Atomics>
struct alignas(2 * kCacheLine) BasicCallRecord {
  using Slot = BasicCallSlot<Atomics>;
  enum : std::uintptr_t {
    kFree = 0,
    kMoved = 1,  // its thread has a record in a larger table now; keeps probe sequences whole
  };

  Slot slots[Atomics::kCallSlots];  // first: a record's address is that of the slot that most calls take
  typename Atomics::template Atomic<std::uintptr_t> owner{kFree};
  BasicCallDomain<Atomics>* domain = nullptr;
  BasicCallRecord* next_registered = nullptr;  // of the domain's mutex

  BasicCallRecord() noexcept {
    for (std::uint32_t i = 0; i != Atomics::kCallSlots; ++i) slots[i].index = i;
  }

  [[nodiscard]] NMR_ALWAYS_INLINE Slot* free_slot() noexcept {
    NMR_UNROLL
    for (Slot& slot : slots) {
      // [cd:1] acquire, pairs with [cd:4]: the call that was here before, perhaps left by another thread.
      if (slot.target.load(order::acquire) == nullptr) [[likely]]
        return &slot;
    }
    return nullptr;
  }

  [[nodiscard]] bool idle() const noexcept {
    for (const Slot& slot : slots) {
      if (slot.target.load(order::acquire) != nullptr) return false;  // [cd:1] as above
    }
    return true;
  }

  [[nodiscard]] static BasicCallRecord& of(Slot& slot) noexcept {
    return *reinterpret_cast<BasicCallRecord*>(&slot - slot.index);
  }
};

}  // namespace nmr
