#pragma once
#include <cstddef>
#include <cstdint>
#include <new>
#include <nmr/platform/pointer.hpp>

#include <nmr/calls/per_thread/call_record.hpp>
#include <nmr/platform/std_atomics.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// A hash table of records, by thread pointer.
///
/// All that stands in it is a guess, since each slot tells whose it is. So entries are changed in place while threads
/// look. A thread that reads old and new entries beside each other at worst does not find its record.
///
/// A thread's place is cut out of the middle of a product: its thread pointer times a multiplier. Thread pointers are
/// some pages apart at the least, and mostly in rows of equal stacks. A good multiplier spreads each row as far as
/// there is room. Which one is good for these threads is tried out: when the index is made, and again when too many
/// threads have the same place as another.
///
/// INVARIANT: unless the index is being rearranged, each thread that has a record has it entered at its place or at one
/// of the few that follow, kProbes in all. An entry points to a record that was made before the index was published.
template <AtomicsPolicy Atomics>
class CallIndex {
 public:
  using Record = CallRecord<Atomics>;
  using Entry = AtomicOf<Atomics, Record*>;
  enum : std::size_t { kProbes = 4, kFull = ~std::size_t{0} };
  struct Found {
    Record* record;
    bool certain;  // or else the index is being rearranged
  };

  [[nodiscard]] static std::size_t bytes(std::size_t places) noexcept {
    return sizeof(CallIndex) + (places + kProbes - 1) * sizeof(Entry);
  }
  /// For `places` (a power of two), in memory of that many bytes().
  CallIndex(std::size_t places, Record& nobody) noexcept : byte_mask_((places - 1) * sizeof(Entry)) {
    for (std::size_t i = 0; i != entries(); ++i) new (platform::At{&entry(i)}) Entry(&nobody);
  }
  CallIndex(const CallIndex&) = delete;
  CallIndex& operator=(const CallIndex&) = delete;
  ~CallIndex() {
    for (std::size_t i = 0; i != entries(); ++i) entry(i).~Entry();
  }

  /// Returns the record where a thread's call looks first. It may be another thread's, or nobody's.
  [[nodiscard]] NMR_ALWAYS_INLINE Record* first_look(std::uintptr_t thread) noexcept {
    // relaxed: guesses both, validated by the slot; all records were there before the index
    const std::uintptr_t multiplier = multiplier_.load(order::relaxed);
    return at(offset(thread, multiplier)).load(order::relaxed);  // relaxed: as above
  }
  /// Returns the entries where the thread's record may be, `kProbes` of them.
  [[nodiscard]] Entry* places_of(std::uintptr_t thread) noexcept {
    return &at(offset(thread, multiplier_.load(order::relaxed)));  // relaxed: as above
  }

  /// Looks wherever the thread's record may be. For the thread itself, or under the mutex.
  /// Progress      wait-free: kProbes entries.
  [[nodiscard]] Found find(std::uintptr_t thread) noexcept {
    // [cd:16] acquire, pairs with [cd:17]: what has been entered by this multiplier.
    const std::uintptr_t multiplier = multiplier_.load(order::acquire);
    Entry* const place = &at(offset(thread, multiplier));
    for (std::size_t i = 0; i != kProbes; ++i) {
      // [cd:18] acquire, pairs with [cd:19]: that it is being rearranged, if this has been moved.
      Record* const record = place[i].load(order::acquire);
      if (record->thread() == thread) return {record, true};
    }
    // relaxed: ordered by [cd:18]; none comes twice.
    return {nullptr, multiplier != kRearranging && multiplier_.load(order::relaxed) == multiplier};
  }

  // The rest is under the domain's mutex.

  /// Enters a record for its thread. Returns false if there is no room near the thread's place.
  [[nodiscard]] bool put(Record& record) noexcept {
    return put(record, multiplier_.load(order::relaxed));  // relaxed: written under the mutex
  }

  /// Returns whether the thread's first look does not find the record.
  [[nodiscard]] bool displaced(const Record& record) const noexcept {
    // relaxed: written under the mutex
    return record.place != position(record.thread(), multiplier_.load(order::relaxed));
  }

  /// Returns how many threads would not be found at the first look by this multiplier, or kFull if there is no room for
  /// all. `for_each(f)` calls `f(record)` for each thread's record; `taken` has a bit for each entry, none set.
  template <class ForEach>
  [[nodiscard]] std::size_t try_out(std::uintptr_t multiplier, ForEach for_each,
                                    std::uintptr_t* taken) const noexcept {
    constexpr std::size_t kBits = 8 * sizeof(*taken);
    std::size_t displaced = 0;
    for_each([&](const Record& record) {
      const std::size_t first = position(record.thread(), multiplier);
      std::size_t i = first;
      while (i != first + kProbes && (taken[i / kBits] >> i % kBits & 1) != 0) ++i;
      const bool full = i == first + kProbes;
      if (!full) taken[i / kBits] |= std::uintptr_t{1} << i % kBits;
      displaced = full || displaced == kFull ? std::size_t{kFull} : displaced + (i != first ? 1 : 0);
    });
    return displaced;
  }

  /// Takes all records out.
  void clear(Record& nobody) noexcept {
    multiplier_.store(kRearranging, order::relaxed);  // relaxed: ordered by [cd:19]
    // release [cd:19]
    for (std::size_t i = 0; i != entries(); ++i) entry(i).store(&nobody, order::release);
  }
  /// Enters the records of these threads, by a multiplier that has been tried out. No other is in the index.
  template <class ForEach>
  void enter(std::uintptr_t multiplier, ForEach for_each) noexcept {
    for_each([&](Record& record) { (void)put(record, multiplier); });
    // [cd:17] release, pairs with [cd:16]: what has been entered by it.
    multiplier_.store(multiplier, order::release);
  }

  [[nodiscard]] std::size_t entries() const noexcept { return byte_mask_ / sizeof(Entry) + kProbes; }

 private:
  enum : std::uintptr_t { kRearranging = 0 };

  [[nodiscard]] bool put(Record& record, std::uintptr_t multiplier) noexcept {
    const std::size_t first = position(record.thread(), multiplier);
    for (std::size_t i = first; i != first + kProbes; ++i) {
      const Record& there = *entry(i).load(order::relaxed);  // relaxed: written under the mutex
      // Taken, if this record has been entered here for the thread that it is of now. Not if for one that has ended.
      if (there.thread() != Record::kFree && there.place == i) continue;
      record.place = i;
      // [cd:19] release, pairs with [cd:18]: that it is being rearranged, if it is.
      entry(i).store(&record, order::release);
      return true;
    }
    return false;
  }

  [[nodiscard]] NMR_ALWAYS_INLINE std::uintptr_t offset(std::uintptr_t thread,
                                                        std::uintptr_t multiplier) const noexcept {
    return upper_half_of_product(multiplier, thread) & byte_mask_;
  }
  [[nodiscard]] std::size_t position(std::uintptr_t thread, std::uintptr_t multiplier) const noexcept {
    return offset(thread, multiplier) / sizeof(Entry);
  }
  [[nodiscard]] NMR_ALWAYS_INLINE Entry& at(std::uintptr_t byte_offset) noexcept {
    return *reinterpret_cast<Entry*>(reinterpret_cast<char*>(this + 1) + byte_offset);
  }
  [[nodiscard]] Entry& entry(std::size_t i) noexcept { return at(i * sizeof(Entry)); }

  AtomicOf<Atomics, std::uintptr_t> multiplier_{kRearranging};
  const std::uintptr_t byte_mask_;  // of a whole number of entries
};

}  // namespace detail
NMR_END_NAMESPACE
