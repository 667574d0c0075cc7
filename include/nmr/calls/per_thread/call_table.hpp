#pragma once
#include <cstddef>
#include <cstdint>
#include <new>
#include <nmr/platform/pointer.hpp>

#include <nmr/calls/per_thread/call_index.hpp>
#include <nmr/calls/per_thread/call_record.hpp>
#include <nmr/platform/std_atomics.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// One piece of memory of a domain: records for threads, an index of all records, and room to work in.
///
///   this          records()              index()                              scratch()
///   +-----------+----------------------+-----------+------------------------+--------------------------+
///   | CallTable | Record     x count   | CallIndex | Entry    x places + 3  | word    x 4 * capacity   |
///   +-----------+----------------------+-----------+------------------------+--------------------------+
///     older()     of this table alone    of the records of this and all older tables
///
/// A domain has a list of tables, newest first. The first has kFirstCallRecords records, each later one as many as all
/// older ones together. `capacity` counts them all, `before` those of the older ones; there are kIndexPlaces places for
/// each record. Only the newest table's index is kept up to date.
///
/// A table stays until the domain goes. Threads have their records in it, or are about to look into its index.
template <AtomicsPolicy Atomics>
class alignas(CallRecord<Atomics>) CallTable {
 public:
  using Record = CallRecord<Atomics>;
  using Index = CallIndex<Atomics>;

  /// Returns a table without any thread, or null if there is no memory. An entry of the index that is no thread's
  /// points to `nobody`. The `owed` words of all slots have the marks `always`, for good.
  [[nodiscard]] static CallTable* create(CallTable* older, BasicCallDomain<Atomics>& domain,
                                         typename Record::Slot::Word always, Record& nobody) noexcept {
    const std::size_t before = older != nullptr ? older->capacity() : 0;
    const std::size_t count = before != 0 ? before : std::size_t{Atomics::kFirstCallRecords};
    void* const memory =
        ::operator new(bytes(before, count), std::align_val_t{alignof(CallTable)}, std::nothrow);
    if (memory == nullptr) return nullptr;
    auto* const table = new (platform::At{memory}) CallTable(older, before, count);
    for (std::size_t i = 0; i != count; ++i) new (platform::At{table->records() + i}) Record(domain, always);
    new (platform::At{&table->index()}) Index(table->places(), nobody);
    for (std::size_t i = 0; i != table->scratch_words(); ++i) table->scratch()[i] = 0;
    return table;
  }
  static void destroy(CallTable* table) noexcept {
    table->index().~Index();
    for (std::size_t i = 0; i != table->count_; ++i) table->records()[i].~Record();
    table->~CallTable();
    ::operator delete(table, std::align_val_t{alignof(CallTable)});
  }

  [[nodiscard]] CallTable* older() const noexcept { return older_; }
  /// Returns how many records the older tables have.
  [[nodiscard]] std::size_t before() const noexcept { return before_; }
  /// Returns how many records there are, with those of the older tables.
  [[nodiscard]] std::size_t capacity() const noexcept { return before_ + count_; }

  [[nodiscard]] Record* records() noexcept { return reinterpret_cast<Record*>(this + 1); }
  [[nodiscard]] Index& index() noexcept { return *reinterpret_cast<Index*>(records() + count_); }

  /// Room for what is done under the domain's mutex and may not allocate. All of it is 0 in between. About as many
  /// words as threads can have calls in slots, and at least a bit for each entry of the index.
  [[nodiscard]] std::uintptr_t* scratch() noexcept {
    return reinterpret_cast<std::uintptr_t*>(reinterpret_cast<char*>(&index()) + Index::bytes(places()));
  }
  [[nodiscard]] std::size_t scratch_words() const noexcept { return kScratchWords * capacity(); }

 private:
  enum : std::size_t { kScratchWords = 4 };

  [[nodiscard]] std::size_t places() const noexcept { return Atomics::kIndexPlaces * capacity(); }

  CallTable(CallTable* older, std::size_t before, std::size_t count) noexcept
      : older_(older), before_(before), count_(count) {}

  [[nodiscard]] static std::size_t bytes(std::size_t before, std::size_t count) noexcept {
    const std::size_t capacity = before + count;
    return sizeof(CallTable) + count * sizeof(Record) + Index::bytes(Atomics::kIndexPlaces * capacity) +
           kScratchWords * capacity * sizeof(std::uintptr_t);
  }

  CallTable* const older_;
  const std::size_t before_;
  const std::size_t count_;
};

}  // namespace detail
NMR_END_NAMESPACE
