#pragma once
#include <nmr/calls/call_record.hpp>
#include <nmr/platform/atomics.hpp>
#include <nmr/platform/completion.hpp>

NMR_BEGIN_NAMESPACE

/// All records of a domain, and the looking through them that a detach needs. All of it is under the domain's
/// mutex; the barriers in between are the domain's.
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

  /// After the first barrier: makes each call that is inside one of the batch a reference of its own, which
  /// its leaver owes. Returns whether there was any.
  [[nodiscard]] bool charge_those_inside(Target* batch, CompletionBatch& due) noexcept {
    bool any = false;
    for_each_slot([&](const Record& record, Slot& slot) {
      Target* const inside = record.inside(slot);
      // The batch alone: anything else is an address and nothing more. A slot may hold that of a target which
      // was never validated, and is gone.
      if (inside == nullptr || !contains(batch, inside)) return;
      any = true;
      inside->refs().duplicate();  // first: its leaver may release it at once
      release(slot.charge(*inside), due);
    });
    return any;
  }

  /// After the second barrier: settles for the calls that have left without seeing what they owed. All others
  /// see it when they leave.
  void settle_for_those_who_left(CompletionBatch& due) noexcept {
    for_each_slot([&](const Record&, Slot& slot) { release(slot.settle_if_left(), due); });
  }

  [[nodiscard]] bool in_use() noexcept {
    bool used = false;
    for_each_slot([&](const Record& record, Slot& slot) {
      // relaxed: nobody else may be here.
      used = used || record.inside(slot) != nullptr || Slot::owes(slot.owed.load(order::relaxed)) != nullptr;
    });
    return used;
  }

 private:
  [[nodiscard]] static bool contains(const Target* batch, const Target* address) noexcept {
    while (batch != nullptr && batch != address) batch = batch->next_to_close();
    return batch != nullptr;
  }

  /// Its completions may do anything, so they run when the mutex is free.
  static void release(Target* target, CompletionBatch& due) noexcept {
    if (target != nullptr) due.append(target->refs().release_deferred());
  }

  template <class F>
  void for_each_slot(F f) noexcept {
    for (Record* record = records_; record != nullptr; record = record->next_registered) {
      for (Slot& slot : record->slots) f(*record, slot);
    }
  }

  Record* records_ = nullptr;
};

NMR_END_NAMESPACE
