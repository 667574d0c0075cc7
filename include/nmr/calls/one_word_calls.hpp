#pragma once
#include <new>
#include <nmr/platform/pointer.hpp>

#include <nmr/calls/call_target.hpp>
#include <nmr/calls/calls_policy.hpp>
#include <nmr/platform/config.hpp>
#include <nmr/platform/event.hpp>
#include <nmr/rundown/completion_list.hpp>
#include <nmr/rundown/rundown_ref.hpp>

NMR_BEGIN_NAMESPACE

/// The way to count calls in flight without thread pointers, for drivers: one word in the caller's handle,
/// one fetch_add that checks and counts. All threads that call through one handle share its line.
///
/// The count is in the handle because the target may be gone before a late caller could touch a count in it.
/// So there is one target at a time, and putting in another waits until the calls to the last have left.
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

  class Target : public BasicCallTarget<A> {
   public:
    NMR_LOCAL Target() noexcept = default;
    NMR_LOCAL ~Target() = default;

   private:
    friend class Cell;
    Completion calls_left_{nullptr,
                           nullptr};  // made anew by whoever takes the target out, in code that stays
  };

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
    [[nodiscard]] NMR_LOCAL bool empty() const noexcept {
      return installed_.load(order::relaxed) == nullptr;  // relaxed: a hint
    }

    /// Puts a target in, opened before. Returns what was there, taken out (linked as close() wants it), or
    /// null. Calls are refused in between.
    /// Progress      blocking, asleep: waits for its turn where other threads install, and until the calls to
    ///               what was there have left. Not from inside one of them.
    [[nodiscard]] NMR_LOCAL Target* install(Target& target) noexcept {
      // Whoever opens the list has the turn: those who come meanwhile link themselves in, and the end of the turn
      // wakes them to try again. It orders the turns too.
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

    /// Takes out whatever is there. Returns it, or null.
    [[nodiscard]] NMR_LOCAL Target* remove_any() noexcept {
      for (;;) {
        Target* const target = installed_.load(order::relaxed);  // relaxed: validated by remove()
        if (target == nullptr) return nullptr;
        if (!remove(*target)) continue;
        target->link_to_close(nullptr);
        return target;
      }
    }

    /// Takes out this target, if it is there: calls are refused from here on, and when those in progress have
    /// left, the reference that they are is dropped.
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

    NMR_LOCAL static void drop_calls(Completion&, void* target) noexcept {
      static_cast<Target*>(target)->refs().release();
    }

    BasicRundownRef<A> calls_;
    Target* current_ = nullptr;  // read under a reference to calls_
    AtomicOf<A, Target*> installed_{nullptr};
    BasicCompletionList<A> turn_{typename BasicCompletionList<A>::BornClosed{}};  // open: a thread installs
    Domain* domain_;
  };

  class Call {
   public:
    NMR_ALWAYS_INLINE NMR_LOCAL explicit Call(Cell& cell) noexcept
        : cell_(cell.calls_.try_acquire() ? &cell : nullptr),
          target_(cell_ != nullptr ? cell.current_ : nullptr) {}
    NMR_ALWAYS_INLINE NMR_LOCAL Call(Cell& cell, IfPrepared) noexcept : Call(cell) {}
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    NMR_ALWAYS_INLINE NMR_LOCAL ~Call() { leave(); }

    [[nodiscard]] NMR_LOCAL Target* target() const noexcept { return target_; }

    NMR_LOCAL void leave() noexcept {
      target_ = nullptr;
      if (cell_ == nullptr) return;
      Cell* const cell = cell_;
      cell_ = nullptr;
      cell->calls_.release();
    }

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

  /// Lets go of targets that were taken out of their cells; their calls have been on their way out since
  /// then.
  NMR_LOCAL static void close(Domain&, BasicCallTarget<A>* batch) noexcept {
    CompletionBatch due;
    BasicCallTarget<A>::release_each(batch, due);
    due.run();
  }
  [[nodiscard]] NMR_LOCAL static bool inside(Domain&, const BasicCallTarget<A>&) noexcept {
    return false;
  }  // cannot be known
};

using OneWordCalls = BasicOneWordCalls<StdAtomics>;
static_assert(CallsPolicy<OneWordCalls>);

NMR_END_NAMESPACE
