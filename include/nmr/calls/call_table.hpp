#pragma once
#include <cstddef>
#include <cstdint>
#include <new>

#include <nmr/calls/call_record.hpp>
#include <nmr/platform/atomics.hpp>

namespace nmr {

/// Records by thread pointer: open addressing, and a first probe that needs no lock. Never shrinks; tables
/// that have been outgrown stay until the domain goes, since a thread may be inside one of their records.
template <AtomicsPolicy Atomics>
class alignas(2 * kCacheLine) BasicCallTable {
 public:
  using Record = BasicCallRecord<Atomics>;

  /// Returns a table for `count` (a power of two) records, or null if there is no memory.
  [[nodiscard]] static BasicCallTable* create(std::size_t count, BasicCallTable* older) noexcept {
    void* const memory = ::operator new(sizeof(BasicCallTable) + count * sizeof(Record),
                                        std::align_val_t{alignof(BasicCallTable)}, std::nothrow);
    if (memory == nullptr) return nullptr;
    auto* const table = new (memory) BasicCallTable(count, older);
    for (std::size_t i = 0; i != count; ++i) new (table->records() + i) Record;
    return table;
  }
  static void destroy(BasicCallTable* table) noexcept {
    for (std::size_t i = 0; i <= table->mask_; ++i) table->records()[i].~Record();
    table->~BasicCallTable();
    ::operator delete(table, std::align_val_t{alignof(BasicCallTable)});
  }

  /// Returns the place where a thread's record is looked for first.
  [[nodiscard]] Record& home(std::uintptr_t thread) noexcept { return records()[hash(thread) & mask_]; }

  /// Returns the thread's record or null. Only the thread itself may ask: nobody else writes its thread
  /// pointer here.
  [[nodiscard]] Record* find(std::uintptr_t thread) noexcept {
    for (std::size_t i = 0; i <= mask_; ++i) {
      Record& record = records()[(hash(thread) + i) & mask_];
      // relaxed: its own store, or that of an earlier thread with this thread pointer, which has ended.
      const std::uintptr_t owner = record.owner.load(order::relaxed);
      if (owner == thread) return &record;
      if (owner == Record::kFree) return nullptr;
    }
    return nullptr;
  }

  /// Returns a place for a new record, or null if the table should be replaced by a larger one. Under the
  /// mutex.
  [[nodiscard]] Record* vacancy(std::uintptr_t thread) noexcept {
    if (used_ > mask_ / 2) return nullptr;
    for (std::size_t i = 0;; ++i) {
      Record& record = records()[(hash(thread) + i) & mask_];
      // relaxed: written under the mutex.
      if (record.owner.load(order::relaxed) == Record::kFree) return ++used_, &record;
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return mask_ + 1; }
  [[nodiscard]] BasicCallTable* older() const noexcept { return older_; }

 private:
  BasicCallTable(std::size_t count, BasicCallTable* older) noexcept : mask_(count - 1), older_(older) {}

  [[nodiscard]] Record* records() noexcept { return reinterpret_cast<Record*>(this + 1); }

  // Thread pointers are some page's distance apart, at the least: the bits above a page spread them.
  [[nodiscard]] static std::size_t hash(std::uintptr_t thread) noexcept {
    return (thread >> 12) ^ (thread >> 20);
  }

  std::size_t mask_;
  BasicCallTable* older_;
  std::size_t used_ = 0;  // of the domain's mutex
};

}  // namespace nmr
