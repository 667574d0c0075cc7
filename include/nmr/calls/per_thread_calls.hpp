#pragma once
#include <concepts>

#include <nmr/calls/calls_policy.hpp>
#include <nmr/calls/per_thread/call_domain.hpp>

NMR_BEGIN_NAMESPACE

/// The default way to count calls in flight: each thread notes in its own record what it is inside of. A call has no
/// lock, no read-modify-write and no fence, and writes to no memory that another thread's calls write or read.
/// <nmr/calls.hpp> says what may wait, and what may run completions. What each part has to do: CallsPolicy.
template <AtomicsPolicy A>
struct NMR_PUBLIC_TYPE BasicPerThreadCalls {
  static_assert(
      platform::kThreadPointerKnown || !std::same_as<platform::Function<&A::thread_pointer>,
                                                     platform::Function<&StdAtomics::thread_pointer>>,
      "NMR_NO_THREAD_POINTER: count calls with OneWordCalls, or give a policy that can tell threads");

  using Atomics = A;
  using Domain = BasicCallDomain<A>;
  using Target = BasicCallTarget<A>;
  class Call;

  /// Where calls go through. Empty until install().
  ///
  /// Progress      wait-free; no function of it allocates, waits or runs completions.
  /// Lifetime      outlives every call's way in through it, but not the call. A cell that has a target does not outlive
  ///               the domain; an empty one may.
  class Cell {
   public:
    NMR_LOCAL explicit Cell(Domain& domain) noexcept { cell_.lane = &domain.next_lane(); }
    Cell(const Cell&) = delete;
    Cell& operator=(const Cell&) = delete;
    NMR_LOCAL ~Cell() {
      if (!empty()) domain().note_detached();  // its handle has reported that
    }

    [[nodiscard]] NMR_LOCAL Domain& domain() const noexcept { return *cell_.lane->domain; }
    /// Returns whether no target is here: a hint.
    [[nodiscard]] NMR_LOCAL bool empty() const noexcept {
      return cell_.current.load(order::relaxed) == detail::CallCell<A>::nothing();  // relaxed: a hint
    }

    /// Puts a target in, opened before. The cell goes from one target to the other in one step: no call is refused in
    /// between.
    /// Returns       what was there, taken out and still to be closed (linked as close() wants it), or null.
    /// Ordering      happens-before each call that gets the target.
    [[nodiscard]] NMR_LOCAL Target* install(Target& target) noexcept { return exchange(&target); }
    /// Takes out whatever is there. Returns it, still to be closed (linked as close() wants it), or null.
    [[nodiscard]] NMR_LOCAL Target* remove_any() noexcept { return exchange(nullptr); }
    /// Takes out this target, if it is there. Returns whether it was; then the caller links and closes it. New calls
    /// are refused, once it has been closed.
    NMR_LOCAL bool remove(Target& target) noexcept {
      Target* expected = &target;
      Target* const nothing = detail::CallCell<A>::nothing();
      // [cd:14] acquire CAS, pairs with [cd:8]: the target. Nobody acts on what `nothing` could tell; relaxed
      // where it fails: somebody else took it out, and orders that.
      const bool removed =
          cell_.current.compare_exchange_strong(expected, nothing, order::acquire, order::relaxed);
      if (!removed) return false;
      domain().note_detached();
      cell_.guess.store(nullptr, order::relaxed);  // relaxed: a guess
      return true;
    }

   private:
    friend class Call;

    NMR_LOCAL Target* exchange(Target* target) noexcept {
      Target* const nothing = detail::CallCell<A>::nothing();
      if (target != nullptr) domain().note_attached();
      // [cd:8] acq_rel RMW, pairs with [cd:7], [cd:14]: the target; and with itself: what it replaces.
      Target* const replaced = cell_.current.exchange(target != nullptr ? target : nothing, order::acq_rel);
      cell_.guess.store(target, order::relaxed);  // relaxed: a guess
      if (replaced == nothing) return nullptr;
      domain().note_detached();
      replaced->link_to_close(nullptr);
      return replaced;
    }

    detail::CallCell<A> cell_;
  };

  /// A call in progress, or one that was refused. Lives on the stack of the thread that calls; three words large.
  ///
  /// Progress      the ways in and out wait for nothing and allocate nothing on a thread that is registered, for as
  ///               many nested calls as it has slots: see BasicCallDomain. A call that is refused, and one that is
  ///               left, may run completions.
  /// Ordering      a call that has a target happens-after the install() of it. All of the call happens-before the
  ///               completions that its target runs.
  class Call {
   public:
    NMR_ALWAYS_INLINE NMR_LOCAL explicit Call(Cell& place) noexcept
        : thread_(A::thread_pointer()), entry_(enter(place.cell_, thread_)) {}
    NMR_ALWAYS_INLINE NMR_LOCAL Call(Cell& place, IfPrepared if_prepared) noexcept
        : thread_(A::thread_pointer()), entry_(enter(place.cell_, thread_, if_prepared)) {}
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    NMR_ALWAYS_INLINE NMR_LOCAL ~Call() { leave(); }

    /// Returns what the call goes to, or null.
    [[nodiscard]] NMR_LOCAL Target* target() const noexcept { return entry_.target; }

    /// Leaves, if it has a target. May be called on another thread than the call was made on.
    /// Progress      wait-free, but for completions; and on another thread, where it may wait for the domain's mutex.
    /// Lifetime      the target may be gone from here on, and whatever its completions free; that may be what this
    ///               call object is in.
    NMR_ALWAYS_INLINE NMR_LOCAL void leave() noexcept {
      Target* const target = entry_.target;
      if (target == nullptr) return;
      entry_.target = nullptr;  // first: what is left may be what the guard is in
      Domain::clear_slot(*entry_.slot, target, thread_);
    }

    /// Turns the call into a reference of its own, and leaves. Returns the target that the reference is to.
    /// Progress      as leave(); no completion of the target runs, since its reference stays.
    /// Precondition  it has a target.
    [[nodiscard]] NMR_LOCAL Target& hold() noexcept {
      Target& target = *entry_.target;
      target.refs().duplicate();  // first: the slot keeps it alive
      leave();
      return target;
    }

   private:
    using Entry = detail::CallEntry<A>;

    template <class... Form>
    NMR_ALWAYS_INLINE NMR_LOCAL static Entry enter(detail::CallCell<A>& cell, std::uintptr_t thread,
                                                   Form... form) noexcept {
      detail::CallSlot<A>* slot = Domain::find_slot(*cell.lane, thread);
      if (slot == nullptr) [[unlikely]] {
        slot = cell.lane->further_looks(thread);
        if (slot == nullptr) return cell.lane->domain->enter_slow(cell, nullptr, form...);
      }
      Target* const target = cell.guess.load(order::relaxed);  // relaxed: a guess, validated by [cd:7]
      // [cd:5] release, pairs with [cd:9]. Not relaxed: to read it is to see that the calls before in this
      // slot have left; a plain store after their release store would end its release sequence.
      slot->target.store(target, order::release);
      A::light_fence();  // [cf:1] fence, pairs with [cf:3]: the target is in the slot, then the cell is read again.
      // [cd:7] as in the domain's enter(): this load is the whole detach check
      if (cell.current.load(order::acquire) != target) [[unlikely]]
        return cell.lane->domain->enter_slow(cell, slot, form...);
      NMR_ASSUME(target != nullptr);  // what is current never is
      return {slot, target};
    }

    std::uintptr_t thread_;  // that has called: what its slot holds when it is free
    Entry entry_;
  };

  /// Closes targets that are out of their cells. See BasicCallDomain::close().
  NMR_LOCAL static void close(Domain& domain, Target* list) noexcept { domain.close(list); }
  /// Returns whether this thread has a call to the target in a slot. See BasicCallDomain::inside().
  [[nodiscard]] NMR_LOCAL static bool inside(Domain& domain, const Target& target) noexcept {
    return domain.inside(target);
  }
};

using PerThreadCalls = BasicPerThreadCalls<StdAtomics>;
// Not where it is refused above.
static_assert([]<class A>(A*) {
  if constexpr (platform::kThreadPointerKnown) return CallsPolicy<BasicPerThreadCalls<A>>;
  return true;
}(static_cast<StdAtomics*>(nullptr)));

NMR_END_NAMESPACE
