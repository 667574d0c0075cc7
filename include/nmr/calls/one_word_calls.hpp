#pragma once
#include <new>
#include <nmr/platform/pointer.hpp>

#include <nmr/calls/call_target.hpp>
#include <nmr/calls/calls_policy.hpp>
#include <nmr/platform/config.hpp>
#include <nmr/rundown/completion_list.hpp>
#include <nmr/rundown/event.hpp>
#include <nmr/rundown/rundown_ref.hpp>

NMR_BEGIN_NAMESPACE

/// The way to count calls in flight without thread pointers, for drivers: one word in the caller's handle, one
/// fetch_add that checks and counts. All threads that call through one handle share the word's cache line.
///
/// The count is in the handle: a late caller could not touch a count in the target, which may be gone. So there is one
/// target at a time, and to put in another waits until the calls to the last have left.
///
/// No function allocates. What each part has to do: CallsPolicy.
template <AtomicsPolicy A>
struct NMR_PUBLIC_TYPE BasicOneWordCalls {
  using Atomics = A;

  /// Nothing is shared between handles but their number.
  class Domain {
   public:
    NMR_LOCAL Domain() noexcept = default;
    NMR_LOCAL explicit Domain(WithoutBarrier) noexcept {}  // there is none anyway
    Domain(const Domain&) = delete;
    Domain& operator=(const Domain&) = delete;
    /// Precondition  no handle that was made with it is attached (trapped).
    NMR_LOCAL ~Domain() {
      if (cells_attached_.load(order::relaxed) != 0)  // relaxed: nobody else may be here
        A::misuse({"OneWordCalls::Domain", "~Domain",
                   "destroyed while a handle that was made with it is attached", this});
    }
    [[nodiscard]] NMR_LOCAL unsigned layout_version() const noexcept { return layout_version_; }
    // relaxed: a count that only the destructor looks at
    NMR_LOCAL void note_attached() noexcept { cells_attached_.fetch_add(1, order::relaxed); }
    NMR_LOCAL void note_detached() noexcept {
      cells_attached_.fetch_sub(1, order::relaxed);  // relaxed: as above
    }
    /// Calls nobody: a word cannot tell which calls are this thread's.
    template <class F>
    NMR_LOCAL void for_each_inside(F) noexcept {}  // a word cannot tell
    // Nothing is kept for a thread.
    [[nodiscard]] NMR_LOCAL bool prepare_thread() noexcept { return true; }
    NMR_LOCAL bool forget_this_thread() noexcept { return true; }

   private:
    const unsigned layout_version_ = kLayoutVersion;
    AtomicOf<A, unsigned> cells_attached_{0};
  };

  class Cell;
  class Call;

  /// What calls go to, with the completion that drops the calls' reference.
  class Target : public BasicCallTarget<A> {
   public:
    NMR_LOCAL Target() noexcept = default;
    NMR_LOCAL ~Target() = default;

   private:
    friend class Cell;
    Completion calls_left_{nullptr,
                           nullptr};  // made anew by whoever takes the target out, in code that stays
  };

  /// Where calls go through. Empty until install().
  ///
  /// Lifetime      outlives every call's way in through it, and its calls until their leaving has counted down. A cell
  ///               that has a target does not outlive the domain; an empty one may.
  class Cell {
   public:
    NMR_LOCAL explicit Cell(Domain& domain) noexcept
        : calls_(typename BasicRundownRef<A>::BornRunDown{}), domain_(&domain) {}
    Cell(const Cell&) = delete;
    Cell& operator=(const Cell&) = delete;
    NMR_LOCAL ~Cell() {
      if (!empty()) domain().note_detached();  // its handle has reported that
    }

    [[nodiscard]] NMR_LOCAL Domain& domain() const noexcept { return *domain_; }
    /// Returns whether no target is here: a hint.
    [[nodiscard]] NMR_LOCAL bool empty() const noexcept {
      return installed_.load(order::relaxed) == nullptr;  // relaxed: a hint
    }

    /// Puts a target in, opened before. Calls are refused in between.
    /// Returns       what was there, taken out and still to be closed (linked as close() wants it), or null.
    /// Progress      blocking, asleep: waits for its turn where other threads install, and until the calls to what was
    ///               there have left. Not from inside one of them.
    /// Ordering      happens-before each call that gets the target.
    [[nodiscard]] NMR_LOCAL Target* install(Target& target) noexcept {
      // Whoever opens the list has the turn. Those who come meanwhile link themselves in, and the end of the turn wakes
      // them to try again. The list orders the turns too.
      while (!turn_.reopen()) {
        BasicEvent<A> ended;
        if (turn_.push(ended)) ended.wait();
      }
      Target* const replaced = remove_any();
      calls_.wait_for_rundown();
      current_ = &target;
      calls_.reinitialize();
      domain_->note_attached();
      // [cd:12] release, pairs with [cd:13].
      installed_.store(&target, order::release);
      Completion::run_each(turn_.close());
      return replaced;
    }

    /// Takes out whatever is there. Returns it, still to be closed (linked as close() wants it), or null.
    /// Progress      lock-free; never waits for calls.
    [[nodiscard]] NMR_LOCAL Target* remove_any() noexcept {
      for (;;) {
        Target* const target = installed_.load(order::relaxed);  // relaxed: validated by remove()
        if (target == nullptr) return nullptr;
        if (!remove(*target)) continue;
        target->link_to_close(nullptr);
        return target;
      }
    }

    /// Takes out this target, if it is there. Returns whether it was; then calls are refused from here on, and the
    /// caller links and closes the target. When the calls in progress have left, their one reference is dropped.
    /// Progress      as RundownRef::begin_rundown(). Completions of the target run in close() at the earliest.
    NMR_LOCAL bool remove(Target& target) noexcept {
      Target* expected = &target;
      // [cd:13] acquire CAS, pairs with [cd:12]: the target.
      if (!installed_.compare_exchange_strong(expected, nullptr, order::acquire, order::relaxed))
        return false;
      domain_->note_detached();
      target.refs().duplicate();  // until close(): once the calls have left, nothing else may keep it
      new (platform::At{&target.calls_left_}) Completion(&drop_calls, &target);
      calls_.begin_rundown(target.calls_left_);
      return true;
    }

   private:
    friend class Call;

    /// What is due then runs behind what else ends with the calls: that is the wait of an install(), and a completion
    /// may want the turn which that has.
    NMR_LOCAL static void drop_calls(Completion& self, void* target) noexcept {
      Completion** end = &self.link();
      Completion* const next = *end;  // before it is dropped: the target may be gone then
      while (*end != nullptr) end = &(*end)->link();
      Completion* const due = static_cast<Target*>(target)->refs().release_deferred();
      if (next == nullptr) return Completion::run_each(due);
      *end = due;
    }

    BasicRundownRef<A> calls_;
    Target* current_ = nullptr;  // read under a reference to calls_
    AtomicOf<A, Target*> installed_{nullptr};
    detail::CompletionList<A> turn_{
        typename detail::CompletionList<A>::BornClosed{}};  // open: a thread installs
    Domain* domain_;
  };

  /// A call in progress, or one that was refused. Two words large; may be left on any thread.
  ///
  /// Progress      as RundownRef::try_acquire() and release() of the cell's word: a call that is refused, and one that
  ///               is left, may run completions.
  /// Ordering      a call that has a target happens-after the install() of it. All of the call happens-before the
  ///               completions that its target runs.
  class Call {
   public:
    NMR_ALWAYS_INLINE NMR_LOCAL explicit Call(Cell& cell) noexcept
        : cell_(cell.calls_.try_acquire() ? &cell : nullptr),
          target_(cell_ != nullptr ? cell.current_ : nullptr) {}
    NMR_ALWAYS_INLINE NMR_LOCAL Call(Cell& cell, IfPrepared) noexcept : Call(cell) {}
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    NMR_ALWAYS_INLINE NMR_LOCAL ~Call() { leave(); }

    /// Returns what the call goes to, or null.
    [[nodiscard]] NMR_LOCAL Target* target() const noexcept { return target_; }

    /// Leaves, if it has a target.
    /// Progress      as RundownRef::release().
    /// Lifetime      the target may be gone from here on, and whatever its completions free; that may be what this
    ///               call object is in.
    NMR_LOCAL void leave() noexcept {
      target_ = nullptr;
      if (cell_ == nullptr) return;
      Cell* const cell = cell_;
      cell_ = nullptr;
      cell->calls_.release();
    }

    /// Turns the call into a reference of its own, and leaves. Returns the target that the reference is to.
    /// Progress      as leave(); no completion of the target runs, since its reference stays.
    /// Precondition  it has a target.
    [[nodiscard]] NMR_LOCAL Target& hold() noexcept {
      Target& target = *target_;
      target.refs().duplicate();  // first: the call keeps it alive
      leave();
      return target;
    }

   private:
    Cell* cell_;
    Target* target_;
  };

  /// Lets go of targets that were taken out of their cells. Their calls have been on their way out since then.
  /// Progress      as RundownRef::release() of each: never waits for calls. Completions that are due run here, last.
  NMR_LOCAL static void close(Domain&, BasicCallTarget<A>* list) noexcept {
    CompletionBatch due;
    BasicCallTarget<A>::release_each(list, due);
    due.run();
  }
  [[nodiscard]] NMR_LOCAL static bool inside(Domain&, const BasicCallTarget<A>&) noexcept {
    return false;
  }  // cannot be known
};

using OneWordCalls = BasicOneWordCalls<StdAtomics>;
static_assert(CallsPolicy<OneWordCalls>);

NMR_END_NAMESPACE
