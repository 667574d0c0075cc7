#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>

#include <nmr/calls/call_record.hpp>
#include <nmr/platform/atomics.hpp>

NMR_BEGIN_NAMESPACE

/// Records by thread pointer: open addressing, and a first look that needs no lock. Never shrinks; tables
/// that have been outgrown stay until the domain goes, since a thread may be inside one of their records. The
/// records follow the table, and what the first look needs stands once for each slot, at the same distance
/// before it: so a pointer to a slot of the first record is all that the first look needs.
template <AtomicsPolicy Atomics>
class alignas(BasicCallRecord<Atomics>) BasicCallTable {
 public:
  using Record = BasicCallRecord<Atomics>;
  using Slot = BasicCallSlot<Atomics>;

  /// A table of one record that is no thread's: where everybody's first look fails.
  struct Void;

  /// Returns a table in which all threads of `outgrown`, if there is one, and `thread` have records; or null
  /// if there is no memory.
  [[nodiscard]] static BasicCallTable* create_larger(BasicCallTable* outgrown,
                                                     std::uintptr_t thread) noexcept {
    std::size_t count = outgrown != nullptr ? outgrown->next_size() : std::size_t{Atomics::kFirstCallRecords};
    for (;;) {
      BasicCallTable* const table = create(count, outgrown);
      if (table == nullptr) return nullptr;
      bool whole = table->add(thread) != nullptr;
      if (outgrown != nullptr) {
        outgrown->for_each(
            [&](const Record& record) { whole = whole && table->add(record.thread()) != nullptr; });
      }
      if (whole) return table;
      count = table->next_size();
      destroy(table);
    }
  }
  static void destroy(BasicCallTable* table) noexcept {
    for (std::size_t i = 0; i != table->size(); ++i) table->records()[i].~Record();
    table->~BasicCallTable();
    ::operator delete(table, std::align_val_t{alignof(BasicCallTable)});
  }

  /// Returns the slot that a thread's call tries first; `first` is that slot in the table's first record.
  [[nodiscard]] NMR_ALWAYS_INLINE static Slot& home(Slot* first, std::uintptr_t thread) noexcept {
    auto* const bytes = reinterpret_cast<char*>(first);
    const auto* const column = reinterpret_cast<const Column*>(bytes - sizeof(BasicCallTable));
    return *reinterpret_cast<Slot*>(bytes + (spread(thread) & column->byte_mask));
  }

  /// Returns the thread's record or null. Only the thread itself may ask, or who has the mutex.
  [[nodiscard]] Record* find(std::uintptr_t thread) noexcept {
    for (std::size_t i = 0; i != size(); ++i) {
      Record& record = probe(thread, i);
      const std::uintptr_t owner = record.thread();
      if (owner == thread) return &record;
      if (owner == Record::kFree) return nullptr;
    }
    return nullptr;
  }

  /// Gives a thread that has none a record. Returns it, or null if the table should be replaced by a larger
  /// one: it is half full, or the place where the first look would find it is taken and the table is not large
  /// for its records. Under the mutex.
  [[nodiscard]] Record* add(std::uintptr_t thread) noexcept {
    if (used_ > size() / 2) return nullptr;
    for (std::size_t i = 0;; ++i) {
      Record& record = probe(thread, i);
      if (record.thread() == Record::kFree) {
        ++used_;
        record.give_to(thread);
        return &record;
      }
      if (size() < kSmall || size() < kLargeFactor * used_) return nullptr;
    }
  }

  /// Calls `f(record)` for each that a thread has. Under the mutex.
  template <class F>
  void for_each(F f) noexcept {
    for (std::size_t i = 0; i != size(); ++i) {
      if (records()[i].thread() != Record::kFree) f(records()[i]);
    }
  }

  /// Returns the size of the table that is to replace this one. Small tables are mostly replaced because two
  /// threads meet: then a little more room seldom helps.
  [[nodiscard]] std::size_t next_size() const noexcept { return size() < kSmall ? 4 * size() : 2 * size(); }
  [[nodiscard]] std::size_t size() const noexcept { return columns_[0].byte_mask / sizeof(Record) + 1; }
  [[nodiscard]] BasicCallTable* older() const noexcept { return older_; }
  [[nodiscard]] Record* records() noexcept { return reinterpret_cast<Record*>(this + 1); }

 private:
  // Where the thread of main() is, among those of stacks in a row, is chance: up to half a megabyte is worth
  // having everybody's first look succeed.
  enum : std::size_t { kSmall = 4096, kLargeFactor = 16 };

  /// As far apart as the slots.
  struct alignas(Slot) Column {
    std::uintptr_t byte_mask;  // of whole records
    char as_wide_as_a_slot[sizeof(Slot) - sizeof(byte_mask)];
  };

  /// Returns a table for `count` (a power of two) records, or null if there is no memory.
  [[nodiscard]] static BasicCallTable* create(std::size_t count, BasicCallTable* older) noexcept {
    void* const memory = ::operator new(sizeof(BasicCallTable) + count * sizeof(Record),
                                        std::align_val_t{alignof(BasicCallTable)}, std::nothrow);
    if (memory == nullptr) return nullptr;
    auto* const table = new (memory) BasicCallTable(count, older);
    for (std::size_t i = 0; i != count; ++i) new (table->records() + i) Record;
    return table;
  }

  BasicCallTable(std::size_t count, BasicCallTable* older) noexcept : older_(older) {
    static_assert(sizeof(Column) == sizeof(Slot) && std::has_single_bit(sizeof(Record)));
    for (Column& column : columns_) column.byte_mask = (count - 1) * sizeof(Record);
  }

  [[nodiscard]] Record& probe(std::uintptr_t thread, std::size_t i) noexcept {
    return records()[(spread(thread) / sizeof(Record) + i) & (size() - 1)];
  }

  // An offset in bytes, of which the mask takes whole records. Thread pointers are some pages apart at the
  // least, and the bits above a page number the threads of equal stacks; where they do not, the table grows
  // until they do.
  [[nodiscard]] static std::uintptr_t spread(std::uintptr_t thread) noexcept {
    return thread / (kPage / sizeof(Record));
  }
  enum : std::uintptr_t { kPage = 4096 };

  Column columns_[Atomics::kCallSlots];  // first
  BasicCallTable* older_;
  std::size_t used_ = 0;  // of the domain's mutex
};

template <AtomicsPolicy Atomics>
struct BasicCallTable<Atomics>::Void {
  BasicCallTable table{1, nullptr};
  Record record;
};

NMR_END_NAMESPACE
