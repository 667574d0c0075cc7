#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>

#include <nmr/calls/call_target.hpp>
#include <nmr/platform/atomics.hpp>

NMR_BEGIN_NAMESPACE

template <AtomicsPolicy Atomics>
class BasicCallDomain;

/// One call in progress: what it goes to, and the reference that whoever leaves owes to a detach. While it is
/// free it holds the mark of its owner, so that one comparison tells a caller that it is free and the
/// caller's own.
///
/// INVARIANT: what is owed is a reference to that target, taken before; whoever takes the word out releases
/// it. It is put in under the domain's mutex alone, for a call that was seen inside.
template <AtomicsPolicy Atomics>
struct BasicCallSlot {
  using Target = BasicCallTarget<Atomics>;
  using Word = std::uintptr_t;
  enum : Word {
    kRealFences = 1,  // no process-wide barrier here: the leaver needs a fence of its own
    kSlotless = 2,  // not a slot of a thread's: the call is a reference of its own
    kAlways = kRealFences | kSlotless,  // stay as they are; the rest is the address of a target or null
  };

  /// Returns what a free slot of this thread's holds. No target while the thread lives: it is where the
  /// thread's own data are. Later one may be there, so a mark is told by the record's owner alone.
  [[nodiscard]] NMR_ALWAYS_INLINE static Target* mark(std::uintptr_t thread) noexcept {
    return reinterpret_cast<Target*>(thread);
  }

  /// Makes the leaver owe a reference to what is inside. Returns what was owed before and not noticed by the
  /// leaver of an earlier call, or null: the reference is the caller's now. Under the mutex.
  [[nodiscard]] Target* charge(Target& inside) noexcept {
    const Word marks = owed.load(order::relaxed) & kAlways;  // relaxed: they never change
    // [cd:10] release RMW, pairs with [cd:15]: the reference has been taken.
    return owes(owed.exchange(reinterpret_cast<Word>(&inside) | marks, order::release));
  }
  /// Takes out what the leaver of a call to `left` owes. Returns it, or null if that is nothing. For the
  /// slot's owner, who has left and enters no other call meanwhile; but for its signal handlers, and each of
  /// those settles for its own calls.
  [[nodiscard]] Target* settle(Target* left) noexcept {
    Word seen = owed.load(order::relaxed);  // relaxed: ordered by the fences; validated by the CAS
    if (owes(seen) != left) return nullptr;
    // [cd:15] acquire CAS, pairs with [cd:10]: what is released was taken before. relaxed where it fails: the
    // detacher has settled.
    const bool taken = owed.compare_exchange_strong(seen, seen & kAlways, order::acquire, order::relaxed);
    return taken ? left : nullptr;
  }
  /// Returns what is owed if its call has left, or null. For anybody, under the mutex: so nothing new comes
  /// to be owed between the look at the call and the taking.
  [[nodiscard]] Target* settle_if_left() noexcept {
    Word seen = owed.load(order::relaxed);  // relaxed: written under the mutex, or validated by the CAS
    Target* const owed_to = owes(seen);
    // acquire [cd:9]
    if (owed_to == nullptr || target.load(order::acquire) == owed_to) return nullptr;
    // relaxed: against the owner alone, who settles without the mutex.
    const bool taken = owed.compare_exchange_strong(seen, seen & kAlways, order::relaxed, order::relaxed);
    return taken ? owed_to : nullptr;
  }

  [[nodiscard]] static Target* owes(Word word) noexcept {
    static_assert(alignof(Target) > kAlways);
    return reinterpret_cast<Target*>(word & ~Word{kAlways});
  }

  typename Atomics::template Atomic<Target*> target{nullptr};
  typename Atomics::template Atomic<Word> owed{0};
};

/// Where a record may lie: at multiples of its size, so that its slots find it.
template <AtomicsPolicy Atomics>
[[nodiscard]] constexpr std::size_t call_record_alignment() noexcept {
  constexpr std::size_t kSize = Atomics::kCallSlots * sizeof(BasicCallSlot<Atomics>) + 3 * sizeof(void*);
  constexpr std::size_t kLines = std::size_t{2} * kCacheLine;
  return kSize > kLines ? std::bit_ceil(kSize) : kLines;
}

/// The calls in progress of one thread, in lines that only this thread writes (but for what a detach makes
/// its calls owe). A record belongs to a thread pointer: when a thread has ended, the next that is given its
/// thread pointer inherits the record. It is given with the memory that it points to, and to reuse memory is
/// to be ordered after its last use; the slots alone would not do, since they may be read as they were at
/// first.
template <AtomicsPolicy Atomics>
struct alignas(call_record_alignment<Atomics>()) BasicCallRecord {
  using Slot = BasicCallSlot<Atomics>;
  using Target = BasicCallTarget<Atomics>;
  enum : std::uintptr_t { kFree = 0 };

  Slot slots[Atomics::kCallSlots];  // first: where the first look goes
  typename Atomics::template Atomic<std::uintptr_t> owner{kFree};
  BasicCallDomain<Atomics>* domain = nullptr;
  BasicCallRecord* next_registered = nullptr;  // of the domain's mutex

  /// Gives the record to a thread. Under the mutex, and before anybody looks for it.
  void give_to(std::uintptr_t thread) noexcept {
    // relaxed: no call was here before
    for (Slot& slot : slots) slot.target.store(Slot::mark(thread), order::relaxed);
    owner.store(thread, order::relaxed);  // relaxed: only this thread looks for it outside the mutex
  }
  /// Marks all of its slots. Before anybody looks for it.
  void mark_all(typename Slot::Word always) noexcept {
    for (Slot& slot : slots) slot.owed.store(always, order::relaxed);  // relaxed: as above
  }

  /// Returns what the call in a slot goes to, or null if there is none.
  [[nodiscard]] Target* inside(const Slot& slot) const noexcept {
    // [cd:9] acquire, pairs with [cd:4], [cd:5], [cd:6]: the calls that have left this slot.
    Target* const target = slot.target.load(order::acquire);
    return target != Slot::mark(thread()) ? target : nullptr;
  }

  /// Returns the thread pointer that it belongs to, for good.
  [[nodiscard]] std::uintptr_t thread() const noexcept {
    return owner.load(order::relaxed);  // relaxed: it does not change
  }

  /// Returns a free slot or null. Only the owner may ask.
  [[nodiscard]] Slot* free_slot() noexcept {
    for (Slot& slot : slots) {
      if (inside(slot) == nullptr) return &slot;
    }
    return nullptr;
  }

  [[nodiscard]] static BasicCallRecord& of(Slot& slot) noexcept {
    static_assert(sizeof(BasicCallRecord) == alignof(BasicCallRecord));
    return *reinterpret_cast<BasicCallRecord*>(reinterpret_cast<std::uintptr_t>(&slot) &
                                               ~(sizeof(BasicCallRecord) - 1));
  }
};

NMR_END_NAMESPACE
