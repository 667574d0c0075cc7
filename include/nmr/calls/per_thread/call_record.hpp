#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>

#include <nmr/calls/call_target.hpp>
#include <nmr/platform/atomics.hpp>

NMR_BEGIN_NAMESPACE
template <AtomicsPolicy Atomics>
class NMR_PUBLIC_TYPE BasicCallDomain;

namespace detail {

/// Where one call in progress is noted, in two words:
///
///   target   what the call goes to; or while the slot is free the mark of its owner. So one comparison tells a caller
///            both that the slot is free and that it is the caller's own.
///   owed     the target whose reference the leaver of the call has to release, put there by a detach; or null. Its two
///            lowest bits are marks that never change.
///
/// INVARIANT: what is owed is a reference that was taken before it was put in. Whoever takes it out of the slot
/// releases it. It is put in under the domain's mutex alone, for a call that was seen inside.
template <AtomicsPolicy Atomics>
struct CallSlot {
  using Target = BasicCallTarget<Atomics>;
  using Word = std::uintptr_t;
  enum : Word {
    kRealFences = 1,  // no process-wide barrier here: the leaver needs a fence of its own
    kSlotless = 2,  // not a slot of a thread's: the call is a reference of its own
    kMarks = kRealFences | kSlotless,  // stay as they are; the rest is the address of a target or null
  };

  /// Returns what a free slot of this thread's holds. While the thread lives no target has this address: the thread's
  /// own data are there. Later a target may be there, so only the record's owner tells what is a mark.
  [[nodiscard]] NMR_ALWAYS_INLINE static Target* mark(std::uintptr_t thread) noexcept {
    return reinterpret_cast<Target*>(thread);
  }

  /// Makes the leaver owe a reference to what is inside. Returns what the leaver of an earlier call owed and has not
  /// noticed, or null: that reference is for whoever asks to release. Under the mutex.
  [[nodiscard]] Target* charge(Target& inside) noexcept {
    const Word marks = owed.load(order::relaxed) & kMarks;  // relaxed: they never change
    // [cd:10] release RMW, pairs with [cd:15]: the reference has been taken. Processors keep this behind duplicate()
    // without it, which looks at the count it has raised before it goes on; but no such branch orders anything in the
    // language, whose compilers may swap two relaxed operations. Then the leaver could give back what is not there yet.
    return target_of(owed.exchange(reinterpret_cast<Word>(&inside) | marks, order::release));
  }
  /// Takes out what the leaver of a call to `left` owes. Returns it, or null if that is nothing. For the slot's owner,
  /// who has left and enters no other call meanwhile. Its signal handlers may, and each settles for its own calls.
  [[nodiscard]] Target* settle(Target* left) noexcept {
    Word seen = owed.load(order::relaxed);  // relaxed: ordered by the fences; validated by the CAS
    if (target_of(seen) != left) return nullptr;
    // [cd:15] acquire CAS, pairs with [cd:10]: what is released was taken before, and made before: a caller that was
    // refused knows `left` by a guess alone. relaxed where it fails: the detacher has settled.
    const bool taken = owed.compare_exchange_strong(seen, seen & kMarks, order::acquire, order::relaxed);
    return taken ? left : nullptr;
  }
  /// Takes out what is owed if its call has left. Returns it, or null. For anybody, under the mutex: so nothing new
  /// comes to be owed between the look at the call and the taking.
  [[nodiscard]] Target* settle_if_left() noexcept {
    Word seen = owed.load(order::relaxed);  // relaxed: written under the mutex, or validated by the CAS
    Target* const owed_to = target_of(seen);
    // acquire [cd:9]
    if (owed_to == nullptr || target.load(order::acquire) == owed_to) return nullptr;
    // relaxed: against the owner alone, who settles without the mutex.
    const bool taken = owed.compare_exchange_strong(seen, seen & kMarks, order::relaxed, order::relaxed);
    return taken ? owed_to : nullptr;
  }

  /// Returns the target in such a word, or null.
  [[nodiscard]] static Target* target_of(Word word) noexcept {
    static_assert(alignof(Target) > kMarks);
    return reinterpret_cast<Target*>(word & ~Word{kMarks});
  }

  AtomicOf<Atomics, Target*> target{nullptr};
  AtomicOf<Atomics, Word> owed{0};
};

/// The size of a record. The same in every image, whatever that takes a cache line for. Two lines of most processors,
/// which fetch neighbours together: so where pointers are short, too.
template <AtomicsPolicy Atomics>
[[nodiscard]] constexpr std::size_t call_record_size() noexcept {
  constexpr std::size_t kNeeded = Atomics::kCallSlots * sizeof(CallSlot<Atomics>) + 4 * sizeof(void*);
  return kNeeded <= 128 ? 128 : std::bit_ceil(kNeeded);
}

/// The calls in progress of one thread. Only this thread writes to the record's cache lines, but for what a detach
/// makes its calls owe. A record lies at a multiple of its size, so that each of its slots finds it.
///
/// A record belongs to a thread pointer. When a thread has ended, the next thread that is given its thread pointer
/// inherits the record, and knows nothing of it.
///
/// Why the calls of the first are ordered before those of the next: a thread pointer is given with the memory that it
/// points to, and to reuse memory is to be ordered after its last use. What the slots say would not do for that, since
/// they may be read as they were at first.
///
/// A record is given to a thread with another thread pointer only where the old one cannot come again without notice:
/// see CallRoster.
template <AtomicsPolicy Atomics>
struct alignas(call_record_size<Atomics>()) CallRecord {
  using Slot = CallSlot<Atomics>;
  using Target = BasicCallTarget<Atomics>;
  enum : std::uintptr_t { kFree = 0 };

  Slot slots[Atomics::kCallSlots];  // first: where the first look goes
  AtomicOf<Atomics, std::uintptr_t> owner{kFree};
  BasicCallDomain<Atomics>* domain = nullptr;
  // Of the domain's mutex.
  CallRecord* next_free = nullptr;
  std::size_t place = 0;  // in the newest index

  CallRecord() noexcept = default;
  CallRecord(BasicCallDomain<Atomics>& its_domain, typename Slot::Word always) noexcept
      : domain(&its_domain) {
    for (Slot& slot : slots) slot.owed.store(always, order::relaxed);  // relaxed: published with its table
  }

  /// Gives the record to the thread that calls this. Under the mutex.
  void give_to(std::uintptr_t thread) noexcept {
    // relaxed: nobody else is interested in a slot that is free
    for (Slot& slot : slots) slot.target.store(Slot::mark(thread), order::relaxed);
    owner.store(thread, order::relaxed);  // relaxed: only this thread looks for it outside the mutex
  }

  /// Takes the marks out, so that no thread finds these slots at the first look. Returns false if a call is in progress
  /// or something is owed; then nothing has changed. Under the mutex.
  [[nodiscard]] bool try_revoke() noexcept {
    for (Slot& slot : slots) {
      Target* free = Slot::mark(thread());
      // [cd:20] acquire CAS, pairs with [cd:4]: the calls that have left this slot. relaxed where it fails.
      const bool revoked = slot.target.compare_exchange_strong(free, nullptr, order::acquire, order::relaxed);
      // relaxed: put in under the mutex
      if (revoked && Slot::target_of(slot.owed.load(order::relaxed)) == nullptr) continue;
      restore();
      return false;
    }
    return true;
  }
  /// Puts the marks back, but where a call has come in.
  void restore() noexcept {
    for (Slot& slot : slots) {
      Target* revoked = nullptr;
      // relaxed: the calls before are those of the mark that was there, whose release sequence goes on.
      slot.target.compare_exchange_strong(revoked, Slot::mark(thread()), order::relaxed, order::relaxed);
    }
  }

  /// Returns what the call in a slot goes to, or null if there is none.
  [[nodiscard]] Target* target_in(const Slot& slot) const noexcept {
    // [cd:9] acquire, pairs with [cd:4], [cd:5], [cd:6]: the calls that have left this slot.
    Target* const target = slot.target.load(order::acquire);
    return target != Slot::mark(thread()) ? target : nullptr;
  }

  /// Returns the thread pointer that the record belongs to. It changes under the mutex, and while no thread has it.
  [[nodiscard]] std::uintptr_t thread() const noexcept {
    return owner.load(order::relaxed);  // relaxed: as above
  }

  /// Returns a free slot or null. Only the owner may ask.
  [[nodiscard]] Slot* free_slot() noexcept {
    for (Slot& slot : slots) {
      if (target_in(slot) == nullptr) return &slot;
    }
    return nullptr;
  }

  [[nodiscard]] static CallRecord& of(Slot& slot) noexcept {
    static_assert(sizeof(CallRecord) == alignof(CallRecord));
    return *reinterpret_cast<CallRecord*>(reinterpret_cast<std::uintptr_t>(&slot) &
                                          ~(sizeof(CallRecord) - 1));
  }
};

// What a call touches lies where it does in every image. Whoever changes that changes NMR_LAYOUT_VERSION.
static_assert(sizeof(CallRecord<StdAtomics>) == 128);
static_assert(sizeof(CallSlot<StdAtomics>) == 2 * sizeof(void*));

}  // namespace detail
NMR_END_NAMESPACE
