#pragma once
#include <cstddef>
#include <cstdint>

#include <nmr/calls/per_thread/call_record.hpp>
#include <nmr/calls/per_thread/call_table.hpp>
#include <nmr/calls/per_thread/target_set.hpp>
#include <nmr/platform/completion.hpp>
#include <nmr/platform/std_atomics.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// Which thread has which record of a domain; and the passes over all records that a detach makes. All of it but find()
/// is under the domain's mutex. The barriers between the passes are the domain's.
///
/// A thread keeps its record for as long as it lives. There are never more records than twice as many as threads have
/// lived at once: before that, those of threads that have ended are given to others. So where the policy can tell that
/// a thread has ended.
template <AtomicsPolicy Atomics>
class CallRoster {
 public:
  using Target = BasicCallTarget<Atomics>;
  using Record = CallRecord<Atomics>;
  using Slot = CallSlot<Atomics>;
  using Table = CallTable<Atomics>;
  using Index = CallIndex<Atomics>;

  CallRoster(BasicCallDomain<Atomics>& domain, typename Slot::Word always) noexcept
      : always_(always), nobody_(domain, always), nowhere_(nobody_) {}
  CallRoster(const CallRoster&) = delete;
  CallRoster& operator=(const CallRoster&) = delete;
  ~CallRoster() {
    Table* table = newest_.load(order::relaxed);  // relaxed: nobody else may be here
    while (table != nullptr) {
      Table* const older = table->older();
      Table::destroy(table);
      table = older;
    }
  }

  /// Returns the thread's record or null. For the thread itself, or under the mutex.
  /// Progress      wait-free: looks at a few entries, or at all records while another thread rearranges the index.
  [[nodiscard]] Record* find(std::uintptr_t thread) noexcept {
    // [cd:2] acquire, pairs with [cd:3]: a whole table.
    Table* table = newest_.load(order::acquire);
    if (table == nullptr) return nullptr;
    const auto found = table->index().find(thread);
    if (found.certain) return found.record;
    for (; table != nullptr; table = table->older()) {
      for (std::size_t i = 0; i != table->capacity() - table->before(); ++i) {
        Record& record = table->records()[i];
        if (record.thread() == thread) return &record;
      }
    }
    return nullptr;
  }

  /// Gives the calling thread, which has none, a record: one that was given back or whose thread has ended, or a new
  /// one. Returns null if there is no memory.
  [[nodiscard]] Record* add(std::uintptr_t thread) noexcept {
    Record* const record = take();
    if (record == nullptr) return nullptr;
    record->give_to(thread);
    bool entered = index().put(*record);
    if (entered && index().displaced(*record)) ++displaced_;
    if (!entered || displaced_ > tolerated_) entered = rearrange(entered);
    if (entered) return record;
    put_back(*record);  // as good as never
    return nullptr;
  }

  /// Takes back the record of the calling thread, if it has one. Returns false if the thread is inside a call, or has
  /// left one for which a detach still owes: then nothing has changed.
  [[nodiscard]] bool remove(std::uintptr_t thread) noexcept {
    Record* const record = find(thread);
    if (record == nullptr) return true;
    if (!record->try_revoke()) return false;
    take_from_its_thread(*record);
    return true;
  }

  /// index() is the index that first looks go to; nowhere() is one in which they find nothing.
  [[nodiscard]] Index& index() noexcept { return newest()->index(); }
  [[nodiscard]] Index& nowhere() noexcept { return nowhere_.index; }

  /// After the first barrier: makes each call that is inside one of these targets a reference of its own, which its
  /// leaver owes. Takes as many targets off the list as it has room for. Returns whether there was such a call.
  [[nodiscard]] bool charge_those_inside(Target*& list, CompletionBatch& due) noexcept {
    Table* const table = newest();
    if (table == nullptr) return list = nullptr, false;
    // For each pass over the slots about as many targets as there are slots: all passes together are linear in both.
    const TargetSet<Atomics> charged(list, table->scratch(), table->scratch_words());
    bool any = false;
    for_each_slot([&](const Record& record, Slot& slot) {
      Target* const inside = record.target_in(slot);
      if (inside == nullptr || !charged.contains(inside)) return;
      any = true;
      inside->refs().duplicate();  // first: its leaver may release it at once
      release(slot.charge(*inside), due);
    });
    return any;
  }

  /// After the second barrier: settles for the calls that have left without seeing what they owed. All others see it
  /// when they leave.
  void settle_for_those_who_left(CompletionBatch& due) noexcept {
    for_each_slot([&](const Record&, Slot& slot) { release(slot.settle_if_left(), due); });
  }

  /// Returns whether a call is in progress in a slot, or something is owed. For the domain's destructor.
  [[nodiscard]] bool in_use() noexcept {
    bool used = false;
    for_each_slot([&](const Record& record, Slot& slot) {
      // relaxed: nobody else may be here.
      used = used || record.target_in(slot) != nullptr ||
             Slot::target_of(slot.owed.load(order::relaxed)) != nullptr;
    });
    return used;
  }

 private:
  enum : unsigned { kTries = 64, kFewDisplaced = 64 };  // one in so many

  struct Nowhere {
    explicit Nowhere(Record& nobody) noexcept : index(1, nobody) {}
    Index index;
    alignas(Index) char entries[Index::kProbes * sizeof(typename Index::Entry)];
  };

  [[nodiscard]] Table* newest() noexcept {
    return newest_.load(order::relaxed);  // relaxed: written under the mutex
  }

  [[nodiscard]] Record* take() noexcept {
    if (free_ == nullptr && given_ >= enough_) take_back_from_the_ended();
    if (free_ == nullptr && given_ == capacity() && !grow()) take_back_from_the_ended();
    if (Record* const record = free_) {
      free_ = record->next_free;
      ++owned_;
      return record;
    }
    if (given_ == capacity()) return nullptr;
    ++owned_;
    return &newest()->records()[given_++ - newest()->before()];
  }

  void take_from_its_thread(Record& record) noexcept {
    if (index().displaced(record)) --displaced_;
    put_back(record);
  }
  void put_back(Record& record) noexcept {
    record.owner.store(Record::kFree, order::relaxed);  // relaxed: no thread looks for it
    record.next_free = free_;
    free_ = &record;
    --owned_;
  }

  /// Puts back the records of threads that have ended.
  ///
  /// That the thread which was given a record has ended is not enough: a later one may have its thread pointer, and
  /// with it the record, without having told. What counts is that the thread pointer is no thread's.
  ///
  /// A new thread may be given that thread pointer just after the question. So the question is asked again once
  /// neither the slots nor the owner tell any thread that the record is its own. A thread that has the thread pointer
  /// by then is seen; one that comes later does not find the record.
  void take_back_from_the_ended() noexcept {
    if constexpr (KnowsEndedThreads<Atomics>) {
      for_each_record([&](Record& record) {
        const std::uintptr_t thread = record.thread();
        if (!Atomics::thread_has_ended(thread) || !record.try_revoke()) return;
        const bool displaced = index().displaced(record);
        // relaxed: ordered by the question, before any thread that begins after it
        record.owner.store(Record::kFree, order::relaxed);
        if (Atomics::thread_has_ended(thread)) {
          displaced_ -= displaced ? 1 : 0;
          put_back(record);
        } else {
          record.owner.store(thread, order::relaxed);  // relaxed: under the mutex, where it looks again
          record.restore();
        }
      });
    }
    enough_ = larger(2 * owned_, Atomics::kFirstCallRecords);
  }

  [[nodiscard]] std::size_t capacity() noexcept { return newest() != nullptr ? newest()->capacity() : 0; }

  /// Puts a table in place that has as many records again, and an index of all. Returns false if there is no memory.
  [[nodiscard]] bool grow() noexcept {
    BasicCallDomain<Atomics>& domain = *nobody_.domain;
    Table* const table = Table::create(newest(), domain, always_, nobody_);
    if (table == nullptr) return false;
    const Choice choice = best_multiplier(*table);
    if (choice.displaced == Index::kFull) return Table::destroy(table), false;
    enter_all(table->index(), choice);
    // [cd:3] release, pairs with [cd:2].
    newest_.store(table, order::release);
    return true;
  }

  /// Looks for a multiplier that displaces fewer threads, or has room for all of them at last. Returns whether all are
  /// entered then.
  [[nodiscard]] bool rearrange(bool all_entered) noexcept {
    const Choice choice = best_multiplier(*newest());
    if (choice.displaced < (all_entered ? displaced_ : std::size_t{Index::kFull})) {
      index().clear(nobody_);
      enter_all(index(), choice);
      return true;
    }
    tolerated_ = displaced_ + displaced_ / 8;  // not again before it has become worse
    return all_entered;
  }

  struct Choice {
    std::uintptr_t multiplier;
    std::size_t displaced;
  };
  [[nodiscard]] Choice best_multiplier(Table& table) noexcept {
    Choice best{0, Index::kFull};
    for (unsigned i = 0; i != kTries && best.displaced > owned_ / (2 * kFewDisplaced); ++i) {
      const std::uintptr_t multiplier = next_multiplier();
      const std::size_t displaced = table.index().try_out(multiplier, for_each_owned(), table.scratch());
      for (std::size_t j = 0; j != table.scratch_words(); ++j) table.scratch()[j] = 0;
      if (displaced < best.displaced || i == 0) best = {multiplier, displaced};
    }
    return best;
  }
  void enter_all(Index& index, const Choice& choice) noexcept {
    index.enter(choice.multiplier, for_each_owned());
    displaced_ = choice.displaced;
    tolerated_ = larger(displaced_ + displaced_ / 8, owned_ / kFewDisplaced);
  }

  /// Returns the next number of a pseudo-random row. Its top bit is set, so that it is never small and never
  /// kRearranging; and none comes twice soon.
  [[nodiscard]] std::uintptr_t next_multiplier() noexcept {
    std::uint64_t mixed = multipliers_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return static_cast<std::uintptr_t>(mixed ^ mixed >> 31) | ~(~std::uintptr_t{0} >> 1);
  }

  [[nodiscard]] static std::size_t larger(std::size_t a, std::size_t b) noexcept { return a > b ? a : b; }

  template <class F>
  void for_each_record(F f) noexcept {
    std::size_t end = given_;
    for (Table* table = newest(); table != nullptr; table = table->older()) {
      for (; end > table->before(); --end) {
        Record& record = table->records()[end - 1 - table->before()];
        if (record.thread() != Record::kFree) f(record);
      }
    }
  }
  [[nodiscard]] auto for_each_owned() noexcept {
    return [this](auto f) noexcept { this->for_each_record(f); };
  }
  template <class F>
  void for_each_slot(F f) noexcept {
    for_each_record([&](Record& record) {
      for (Slot& slot : record.slots) f(record, slot);
    });
  }

  /// Releases a reference, if there is one. The completions that are due then may do anything: they run when the mutex
  /// is free.
  static void release(Target* target, CompletionBatch& due) noexcept {
    if (target != nullptr) due.append(target->refs().release_deferred());
  }

  AtomicOf<Atomics, Table*> newest_{nullptr};
  Record* free_ = nullptr;
  std::size_t given_ = 0;  // records that have been some thread's
  std::size_t owned_ = 0;  // that are
  std::size_t enough_ = Atomics::kFirstCallRecords;  // of them, before those are looked for that have ended
  std::size_t displaced_ = 0;  // threads whose first look does not find their records
  std::size_t tolerated_ = 0;  // of them
  std::uint64_t multipliers_ = 0;
  const typename Slot::Word always_;
  Record nobody_;
  Nowhere nowhere_;
};

}  // namespace detail
NMR_END_NAMESPACE
