#pragma once
#include <cstdint>
#include <nmr/calls/call_record.hpp>
#include <nmr/calls/drain_list.hpp>
#include <nmr/platform/atomics.hpp>

namespace nmr {

/// All records of a domain, and the looking through them that a detach needs. All of it is
/// under the domain's mutex; the barriers in between are the domain's.
template <AtomicsPolicy Atomics>
class BasicCallRoster {
 public:
  using Target = BasicCallTarget<Atomics>;
  using Record = BasicCallRecord<Atomics>;
  using Slot = BasicCallSlot<Atomics>;

  void add(Record& record) noexcept {
    record.next_registered = records_;
    records_ = &record;
  }
  /// After the first barrier: flags the callers inside the batch. Returns the targets that nobody is inside
  /// of, and leaves the rest in `batch`.
  [[nodiscard]] Target* announce(Target*& batch, std::uint32_t unflagged) noexcept {
    draining_.announce(batch);
    for_each_slot([&](const Record& record, Slot& slot) {
      const Target* const target = record.inside(slot);
      // The batch alone: a flag that no second barrier follows could be missed by its leaver, and then nobody
      // would look again.
      if (target == nullptr || !BasicDrainList<Atomics>::mark_inside(batch, target)) return;
      slot.recheck.store(unflagged | Slot::kDraining, order::relaxed);  // relaxed: ordered by the barrier
    });
    return draining_.take_unseen_of(batch);
  }

  /// After the second barrier: from now on whoever sees the last one leave takes the target out. Returns what
  /// is drained.
  [[nodiscard]] Target* scan(Target* batch) noexcept {
    draining_.start_scanning(batch);
    return take_drained();
  }

  /// For a leaver, before it looks: takes its slot's flag away, unless the slot is of use in another drain
  /// already.
  void clear_flag(Slot& slot, std::uint32_t unflagged) noexcept {
    // [cd:10] acquire, pairs with [cd:4], as [cd:9]. Not this thread's own mark for certain: a guard that is
    // left on another thread frees the slot for its owner before this line.
    if (draining_.find(slot.target.load(order::acquire)) != nullptr) return;
    slot.recheck.store(unflagged,
                       order::relaxed);  // relaxed: a leaver that reads it need not look, this thread does
  }

  /// Looks at the flagged slots, and takes out every target that is scanned for and
  /// nobody is inside of: for all of them, since their leavers may have been waiting for the mutex.
  [[nodiscard]] Target* take_drained() noexcept {
    draining_.begin_pass();
    for_each_slot([&](const Record& record, Slot& slot) {
      // relaxed: written under the mutex.
      if ((slot.recheck.load(order::relaxed) & Slot::kDraining) == 0) return;
      if (const Target* const target = record.inside(slot)) draining_.saw_inside(target);
    });
    return draining_.take_unseen();
  }

  [[nodiscard]] bool in_use() noexcept {
    bool used = !draining_.empty();
    for_each_slot([&](const Record& record, Slot& slot) {
      // relaxed: nobody else may be here. What has moved was idle then.
      const bool moved = record.owner.load(order::relaxed) == Record::kMoved;
      used = used || (!moved && record.inside(slot) != nullptr);
    });
    return used;
  }

 private:
  template <class F>
  void for_each_slot(F f) noexcept {
    for (Record* record = records_; record != nullptr; record = record->next_registered) {
      for (Slot& slot : record->slots) f(*record, slot);
    }
  }

  BasicDrainList<Atomics> draining_;
  Record* records_ = nullptr;
};

}  // namespace nmr
