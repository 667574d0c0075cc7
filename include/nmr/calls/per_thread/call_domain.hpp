#pragma once
#include <cstddef>
#include <cstdint>

#include <nmr/calls/call_target.hpp>
#include <nmr/calls/per_thread/call_cell.hpp>
#include <nmr/calls/per_thread/call_record.hpp>
#include <nmr/calls/per_thread/call_roster.hpp>
#include <nmr/platform/std_atomics.hpp>

NMR_BEGIN_NAMESPACE

/// Knows which thread is inside which target, at the price of stores to the thread's own memory.
///
/// In: a caller publishes the target in a slot of its record, then reads the cell again: if that has not changed, the
/// call is in. A detacher takes the target out of the cell, runs the heavy fence, then looks at the slots. If the store
/// of the caller comes first, the detacher sees it; if the fence comes first, the caller sees the cell changed.
///
/// Out: a detacher that finds a call inside takes a reference for it, notes that in the slot as owed by its leaver,
/// runs the heavy fence again, then looks again. A leaver clears its slot, then reads what it owes. If the clearing
/// comes first, the detacher sees it and releases the reference; if the fence comes first, the leaver sees what it owes
/// and releases it. Each takes the word out of the slot before it releases: so only one of them does.
///
/// Lifetime      outlives attached handles, attachments, and calls until their leaving has returned: <nmr/calls.hpp>.
///               One domain may serve many images: what is not in line runs in the image that made it, by pointers here.
template <AtomicsPolicy Atomics>
class NMR_PUBLIC_TYPE BasicCallDomain {
 public:
  using Target = BasicCallTarget<Atomics>;
  using Slot = detail::CallSlot<Atomics>;
  using Word = typename Slot::Word;
  using Record = detail::CallRecord<Atomics>;
  using Roster = detail::CallRoster<Atomics>;
  using Cell = detail::CallCell<Atomics>;
  using Entry = detail::CallEntry<Atomics>;
  using Lane = detail::CallLane<Atomics>;

  /// Asks the system for the process-wide barrier, by running it once. Where there is none, each call has a full fence
  /// of its own. Allocates nothing.
  NMR_LOCAL BasicCallDomain() noexcept : BasicCallDomain(!Atomics::try_enable_heavy_fence()) {}
  /// Does not ask: each call has a full fence of its own.
  NMR_LOCAL explicit BasicCallDomain(WithoutBarrier) noexcept : BasicCallDomain(true) {}
  BasicCallDomain(const BasicCallDomain&) = delete;
  BasicCallDomain& operator=(const BasicCallDomain&) = delete;

  /// Precondition  no call is in progress (trapped for those in slots), no handle made with it is attached (trapped).
  NMR_LOCAL ~BasicCallDomain() {
    if (roster_.in_use())
      Atomics::misuse({"CallDomain", "~CallDomain", "destroyed while a call is in progress", this});
    else if (cells_attached_.load(order::relaxed) != 0)  // relaxed: nobody else may be here
      Atomics::misuse(
          {"CallDomain", "~CallDomain", "destroyed while a handle that was made with it is attached", this});
  }

  /// Returns the layout of the image that made it: others compare it with theirs, kLayoutVersion, before they go on.
  [[nodiscard]] NMR_LOCAL unsigned layout_version() const noexcept { return layout_version_; }

  /// Counts the cells that have a target. A domain may go before a cell that is empty.
  // relaxed: a count that only the destructor looks at
  NMR_LOCAL void note_attached() noexcept { cells_attached_.fetch_add(1, order::relaxed); }
  NMR_LOCAL void note_detached() noexcept {
    cells_attached_.fetch_sub(1, order::relaxed);  // relaxed: as above
  }

  /// Returns the lane for a new cell. Those of cells made one after the other differ, and so do those of
  /// every second one, and of every third: a registry makes several at a time.
  [[nodiscard]] NMR_LOCAL Lane& next_lane() noexcept {
    const unsigned i = cells_.fetch_add(1, order::relaxed);  // relaxed: any would do
    return lanes_[(i + i / Atomics::kCallSlots) % Atomics::kCallSlots];
  }

  /// Returns a free slot of the calling thread's, or null if the first look does not find one.
  [[nodiscard]] NMR_ALWAYS_INLINE NMR_LOCAL static Slot* find_slot(const Lane& lane,
                                                                   std::uintptr_t thread) noexcept {
    return lane.first_look(thread);
  }

  /// Leaves a call to the target that this thread, not always the leaver, has entered; or takes back one that
  /// was refused.
  NMR_ALWAYS_INLINE NMR_LOCAL static void clear_slot(Slot& slot, Target* target,
                                                     std::uintptr_t thread) noexcept {
    // [cd:4] release, pairs with [cd:1], [cd:9], [cd:20]: the call.
    slot.target.store(Slot::mark(thread), order::release);
    Atomics::light_fence();  // [cf:2] fence, pairs with [cf:4]: the slot is cleared, then asked what it owes.
    // relaxed: ordered by the fences; validated by the RMW that takes it out.
    if (slot.owed.load(order::relaxed) != 0) [[unlikely]]
      Record::of(slot).domain->leave_slow(slot, target);
  }

  // Out of line, in the image that made the domain.

  /// The way in where the first one failed: takes back what that had published in `refused`, if anything, which may run
  /// completions; registers the thread, looks further for its record, retries while the cell changes, and falls back to
  /// a slotless call.
  NMR_LOCAL Entry enter_slow(Cell& cell, Slot* refused) noexcept {
    return enter_(*this, cell, refused, true);
  }
  /// As above, but where that would register the thread or take the mutex, the call is refused.
  NMR_LOCAL Entry enter_slow(Cell& cell, Slot* refused, IfPrepared) noexcept {
    return enter_(*this, cell, refused, false);
  }
  /// The way out of a slot that has been cleared, where something may be owed.
  /// Progress      wait-free, but for a guard that is left on another thread than it was made on, and for completions.
  NMR_LOCAL void leave_slow(Slot& slot, Target* target) noexcept { leave_(*this, slot, target); }

  /// Closes targets that have been taken out of their cells, linked by link_to_close(): makes each call in progress a
  /// reference of its own, then drops the one that all calls were together. Completions that are due run here, last.
  /// Progress      blocking for a barrier and a pass over the threads' records; twice that if somebody is inside. Does
  ///               not wait for calls, and allocates nothing.
  NMR_LOCAL void close(Target* list) noexcept { close_(*this, list); }

  /// Registers the calling thread, which its first call does otherwise. From then until forget_this_thread() or its end
  /// none of its calls locks or allocates, nor those of its signal handlers, as long as no more are nested than it has
  /// slots for.
  /// Returns       false if there is no memory.
  /// Progress      blocking: takes the domain's mutex, and allocates. Not in a signal handler.
  [[nodiscard]] NMR_LOCAL bool prepare_thread() noexcept { return prepare_(*this); }

  /// Gives the thread's record back, for another to be registered in, before the domain finds out by itself that the
  /// thread has ended. It may call again, as for the first time.
  /// Returns       false if it is inside a call, or a detach is not through with one it left: nothing has changed then.
  /// Progress      blocking: takes the domain's mutex. Not in a signal handler: that may have interrupted a way in.
  NMR_LOCAL bool forget_this_thread() noexcept { return forget_(*this); }

  /// Calls `f(target)` for each call that the calling thread has in progress in a slot; not for slotless ones. Without
  /// a lock. Not in a signal handler: a way in that it interrupted may have published a target that is gone.
  template <class F>
  NMR_LOCAL void for_each_inside(F f) noexcept {
    Record* const record = roster_.find(Atomics::thread_pointer());
    if (record == nullptr) return;
    for (Slot& slot : record->slots) {
      if (Target* const target = record->target_in(slot)) f(*target);
    }
  }

  /// Returns true if the calling thread has a call in progress to the target. As above; compares addresses alone.
  [[nodiscard]] NMR_LOCAL bool inside(const Target& target) noexcept {
    bool found = false;
    for_each_inside([&](Target& other) noexcept { found = found || &other == &target; });
    return found;
  }

 private:
  NMR_LOCAL explicit BasicCallDomain(bool real_fences) noexcept
      : real_fences_(real_fences),
        roster_(*this, real_fences ? Word{Slot::kRealFences} : Word{0}),
        slotless_(*this, Slot::kSlotless) {
    for (unsigned i = 0; i != Atomics::kCallSlots; ++i) {
      lanes_[i].domain = this;
      lanes_[i].slot_offset = i * sizeof(Slot);
    }
    set_first_look(roster_.nowhere());
    static_assert(offsetof(BasicCallDomain, layout_version_) == 0 && offsetof(BasicCallDomain, cells_) == 4 &&
                  offsetof(BasicCallDomain, cells_attached_) == 8 &&
                  offsetof(BasicCallDomain, enter_) % sizeof(void*) == 0 &&
                  offsetof(BasicCallDomain, forget_) ==
                      offsetof(BasicCallDomain, enter_) + 4 * sizeof(void*) &&
                  offsetof(BasicCallDomain, lanes_) == std::size_t{2} * kCacheLine);
  }

  NMR_COLD NMR_LOCAL static Entry enter(BasicCallDomain& self, Cell& cell, Slot* refused,
                                        bool may_lock) noexcept {
    if (refused != nullptr) take_back(*refused);
    for (;;) {
      // Anew each time: what take_back() runs may have called, and be inside still; or have come back on
      // another thread.
      Record* record = self.roster_.find(Atomics::thread_pointer());
      if (record == nullptr && may_lock) record = self.register_thread();
      Slot* const slot = record != nullptr ? record->free_slot() : nullptr;
      if (slot == nullptr) return {&self.slotless(), may_lock ? self.enter_slotless(cell) : nullptr};
      Target* const target = cell.current.load(order::relaxed);  // relaxed: validated by [cd:7]
      cell.correct_guess(target);
      if (target == Cell::nothing()) return {nullptr, nullptr};
      // [cd:6] release, pairs with [cd:9], as [cd:5].
      slot->target.store(target, order::release);
      self.real_fences_ ? Atomics::full_fence() : Atomics::light_fence();  // [cf:1] as in PerThreadCalls
      // [cd:7] acquire, pairs with [cd:8]: what the target was before it was published.
      if (cell.current.load(order::acquire) == target) return {slot, target};
      take_back(*slot);
    }
  }

  /// Leaves what this thread has published and was refused.
  NMR_LOCAL static void take_back(Slot& slot) noexcept {
    clear_slot(slot, slot.target.load(order::relaxed), Record::of(slot).thread());  // relaxed: its own
  }

  /// Without a slot a call is a reference of its own, taken under the mutex: whoever detaches drops the calls'
  /// reference only after it has held the mutex, so either that is still there, or the cell is seen changed.
  NMR_LOCAL Target* enter_slotless(Cell& cell) noexcept {
    return under_mutex([&]() -> Target* {
      // acquire [cd:7]
      Target* const target = cell.current.load(order::acquire);
      if (target == Cell::nothing()) return nullptr;
      target->refs().duplicate();
      return target;
    });
  }

  /// Under the mutex, so that a registration cannot slip past a detacher's look: either it is seen, or what the
  /// new thread reads of the cell comes after the target was taken out.
  NMR_LOCAL Record* register_thread() noexcept {
    return under_mutex([&] { return add_record(); });
  }

  /// Returns the calling thread's record, made now unless a signal handler of its was faster; null if there is
  /// no memory.
  NMR_LOCAL Record* add_record() noexcept {
    const std::uintptr_t thread = Atomics::thread_pointer();
    if (Record* const record = roster_.find(thread)) return record;
    Record* const record = roster_.add(thread);
    // With real fences the first look never succeeds, so that every call comes out of line, where they are, and
    // the fast way needs no test for it.
    if (record != nullptr && !real_fences_) set_first_look(roster_.index());
    return record;
  }

  NMR_LOCAL void set_first_look(detail::CallIndex<Atomics>& index) noexcept {
    for (Lane& lane : lanes_) {
      // relaxed: written under the mutex
      if (lane.index.load(order::relaxed) == &index) return;
      lane.index.store(&index, order::release);  // [cd:3] as in the roster
    }
  }

  NMR_COLD NMR_LOCAL static bool prepare(BasicCallDomain& self) noexcept {
    return self.roster_.find(Atomics::thread_pointer()) != nullptr || self.register_thread() != nullptr;
  }

  NMR_COLD NMR_LOCAL static bool forget(BasicCallDomain& self) noexcept {
    return self.under_mutex([&] { return self.roster_.remove(Atomics::thread_pointer()); });
  }

  NMR_COLD NMR_LOCAL static void leave(BasicCallDomain& self, Slot& slot, Target* target) noexcept {
    if (&slot == &self.slotless()) return target->refs().release();
    if (self.real_fences_) Atomics::full_fence();  // [cf:2] as in clear_slot()
    const bool own = Record::of(slot).thread() == Atomics::thread_pointer();
    Target* const owed = own ? slot.settle(target) : self.settle_elsewhere(slot);
    if (owed != nullptr) owed->refs().release();
  }

  /// A guard that is left on another thread frees the slot for its owner, who may be inside the same target
  /// again by now, and owe for that.
  NMR_LOCAL Target* settle_elsewhere(Slot& slot) noexcept {
    // relaxed: ordered by the fences; where nothing is owed yet, the detacher will see that the call has left.
    if (Slot::target_of(slot.owed.load(order::relaxed)) == nullptr) return nullptr;
    return under_mutex([&] { return slot.settle_if_left(); });
  }

  NMR_COLD NMR_LOCAL static void close_list(BasicCallDomain& self, Target* list) noexcept {
    if (list == nullptr) return;
    CompletionBatch due;
    self.detach_fence();  // [cf:3] fence, pairs with [cf:1]: a caller whose slot is not seen sees its cell changed.
    bool any = false;
    // The mutex is free in between, for threads that come: those find the targets taken out.
    for (Target* rest = list; rest != nullptr;) {
      any = self.under_mutex([&] { return self.roster_.charge_those_inside(rest, due); }) || any;
    }
    if (any) {
      self.detach_fence();  // [cf:4] fence, pairs with [cf:2]: a leaver whose clearing is not seen sees what it owes.
      self.under_mutex([&] { self.roster_.settle_for_those_who_left(due); });
    }
    Target::release_each(list, due);
    due.run();  // last: after it the domain may be gone
  }

  template <class F>
  NMR_LOCAL auto under_mutex(F f) noexcept {
    LockWithoutSignals<Atomics> lock(mutex_);
    return f();
  }

  /// [cf:3] and [cf:4].
  NMR_LOCAL void detach_fence() noexcept { real_fences_ ? Atomics::full_fence() : Atomics::heavy_fence(); }

  /// The slot of all slotless calls: always owed for, so that they leave out of line.
  NMR_LOCAL Slot& slotless() noexcept { return slotless_.slots[0]; }

  // What any image touches of a domain that another has made lies at the front, where it always does: this,
  // before anybody can ask whether the versions fit ...
  const unsigned layout_version_ = kLayoutVersion;
  AtomicOf<Atomics, unsigned> cells_{0};  // made so far; not in the lines that calls read
  AtomicOf<Atomics, unsigned> cells_attached_{0};  // of those, now
  Entry (*const enter_)(BasicCallDomain&, Cell&, Slot*, bool) noexcept = &enter;
  void (*const leave_)(BasicCallDomain&, Slot&, Target*) noexcept = &leave;
  void (*const close_)(BasicCallDomain&, Target*) noexcept = &close_list;
  bool (*const prepare_)(BasicCallDomain&) noexcept = &prepare;
  bool (*const forget_)(BasicCallDomain&) noexcept = &forget;
  alignas(2 * kCacheLine) Lane lanes_[Atomics::kCallSlots];

  // ... and all else behind it.
  alignas(2 * kCacheLine) const bool real_fences_;
  detail::CallRoster<Atomics> roster_;  // under the mutex
  Record slotless_;
  typename Atomics::Mutex mutex_;
};

using CallDomain = BasicCallDomain<StdAtomics>;

NMR_END_NAMESPACE
