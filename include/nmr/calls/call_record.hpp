#pragma once
#include <cstddef>
#include <cstdint>

#include <nmr/calls/call_target.hpp>
#include <nmr/platform/atomics.hpp>

namespace nmr {

template <AtomicsPolicy Atomics>
class BasicCallDomain;

/// One call in progress: what it goes to, and whether its leaver has to look for a detach. While it is free
/// it holds the mark of its owner, so that one comparison tells a caller that it is free and the caller's
/// own.
template <AtomicsPolicy Atomics>
struct BasicCallSlot {
  enum : std::uint32_t {
    kDraining = 1,  // somebody waits for what this slot held
    kRealFences = 2,  // no process-wide barrier here: the leaver needs a fence of its own
    kSlotless = 4,  // not a slot of a thread's: the call is a reference of its own
  };
  using Target = BasicCallTarget<Atomics>;

  /// Returns what a free slot of this thread's holds. No target: it is where the thread's own data are.
  [[nodiscard]] NMR_ALWAYS_INLINE static Target* mark(std::uintptr_t thread) noexcept {
    return reinterpret_cast<Target*>(thread);
  }

  typename Atomics::template Atomic<Target*> target{nullptr};
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
  using Target = BasicCallTarget<Atomics>;
  enum : std::uintptr_t {
    kFree = 0,
    kMoved = 1,  // its thread has a record in a larger table now; keeps probe sequences whole
  };

  Slot slots[Atomics::kCallSlots];  // first: where the first look goes
  typename Atomics::template Atomic<std::uintptr_t> owner{kFree};
  BasicCallDomain<Atomics>* domain = nullptr;
  BasicCallRecord* next_registered = nullptr;  // of the domain's mutex

  BasicCallRecord() noexcept {
    for (std::uint32_t i = 0; i != Atomics::kCallSlots; ++i) slots[i].index = i;
  }

  /// Gives the record to a thread. Under the mutex, and before anybody looks for it.
  void give_to(std::uintptr_t thread) noexcept {
    // relaxed: no call was here before.
    for (Slot& slot : slots) slot.target.store(Slot::mark(thread), order::relaxed);
    owner.store(thread, order::relaxed);  // relaxed: only this thread looks for it outside the mutex
  }

  /// Returns what the call in a slot goes to, or null if there is none.
  [[nodiscard]] Target* inside(const Slot& slot) const noexcept {
    // [cd:9] acquire, pairs with [cd:4], [cd:5], [cd:6]: the calls that have left this slot.
    Target* const target = slot.target.load(order::acquire);
    // relaxed: written under the mutex, or by this thread.
    return target != Slot::mark(owner.load(order::relaxed)) ? target : nullptr;
  }

  /// Returns a free slot or null. Only the owner may ask.
  [[nodiscard]] Slot* free_slot() noexcept {
    for (Slot& slot : slots) {
      if (inside(slot) == nullptr) return &slot;
    }
    return nullptr;
  }

  [[nodiscard]] bool idle() const noexcept {
    for (const Slot& slot : slots) {
      if (inside(slot) != nullptr) return false;
    }
    return true;
  }

  [[nodiscard]] static BasicCallRecord& of(Slot& slot) noexcept {
    return *reinterpret_cast<BasicCallRecord*>(&slot - slot.index);
  }
};

}  // namespace nmr
