#pragma once
#include <new>

#include <nmr/calls/call_target.hpp>
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
    Domain() noexcept = default;
    explicit Domain(WithoutBarrier) noexcept {}  // there is none anyway
    Domain(const Domain&) = delete;
    Domain& operator=(const Domain&) = delete;
    /// Precondition  no handle that was made with it is left (trapped).
    ~Domain() {
      if (cells_left_.load(order::relaxed) != 0)  // relaxed: nobody else may be here
        A::misuse(
            {"OneWordCalls::Domain", "~Domain", "destroyed before a handle that was made with it", this});
    }
    [[nodiscard]] unsigned layout_version() const noexcept { return layout_version_; }
    // relaxed: a count that only the destructor looks at
    void add_cell() noexcept { cells_left_.fetch_add(1, order::relaxed); }
    void remove_cell() noexcept { cells_left_.fetch_sub(1, order::relaxed); }  // relaxed: as above
    template <class F>
    void for_each_inside(F) noexcept {}  // a word cannot tell
    // Nothing is kept for a thread.
    [[nodiscard]] bool prepare_thread() noexcept { return true; }
    bool forget_this_thread() noexcept { return true; }

   private:
    const unsigned layout_version_ = kLayoutVersion;
    typename A::template Atomic<unsigned> cells_left_{0};
  };

  class Cell;
  class Call;

  class Target : public BasicCallTarget<A> {
   private:
    friend class Cell;
    Completion calls_left_{nullptr,
                           nullptr};  // made anew by whoever takes the target out, in code that stays
  };

  class Cell {
   public:
    explicit Cell(Domain& domain) noexcept
        : calls_(typename BasicRundownRef<A>::BornRunDown{}), domain_(&domain) {
      domain.add_cell();
    }
    Cell(const Cell&) = delete;
    Cell& operator=(const Cell&) = delete;
    ~Cell() { domain_->remove_cell(); }

    [[nodiscard]] Domain& domain() const noexcept { return *domain_; }
    [[nodiscard]] bool empty() const noexcept {
      return installed_.load(order::relaxed) == nullptr;  // relaxed: a hint
    }

    /// Puts a target in, opened before. Returns what was there, taken out (linked as close() wants it), or
    /// null. Calls are refused in between.
    /// Progress      blocking, asleep: waits for its turn where other threads install, and until the calls to
    ///               what was there have left. Not from inside one of them.
    [[nodiscard]] Target* install(Target& target) noexcept {
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
      // [cd:12] release, pairs with [cd:13].
      installed_.store(&target, order::release);
      Completion::run_each(turn_.close());
      return replaced;
    }

    /// Takes out whatever is there. Returns it, or null.
    [[nodiscard]] Target* remove_any() noexcept {
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
    bool remove(Target& target) noexcept {
      Target* expected = &target;
      // [cd:13] acquire CAS, pairs with [cd:12]: the target.
      if (!installed_.compare_exchange_strong(expected, nullptr, order::acquire, order::relaxed))
        return false;
      target.refs().duplicate();  // until close(): once the calls have left, nothing else may keep it
      new (&target.calls_left_) Completion(&drop_calls, &target);
      calls_.begin_rundown(target.calls_left_);
      return true;
    }

   private:
    friend class Call;

    static void drop_calls(Completion&, void* target) noexcept {
      static_cast<Target*>(target)->refs().release();
    }

    BasicRundownRef<A> calls_;
    Target* current_ = nullptr;  // read under a reference to calls_
    typename A::template Atomic<Target*> installed_{nullptr};
    BasicCompletionList<A> turn_{typename BasicCompletionList<A>::BornClosed{}};  // open: a thread installs
    Domain* domain_;
  };

  class Call {
   public:
    NMR_ALWAYS_INLINE explicit Call(Cell& cell) noexcept
        : cell_(cell.calls_.try_acquire() ? &cell : nullptr),
          target_(cell_ != nullptr ? cell.current_ : nullptr) {}
    NMR_ALWAYS_INLINE Call(Cell& cell, IfPrepared) noexcept : Call(cell) {}
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    NMR_ALWAYS_INLINE ~Call() { leave(); }

    [[nodiscard]] Target* target() const noexcept { return target_; }

    void leave() noexcept {
      target_ = nullptr;
      if (cell_ == nullptr) return;
      Cell* const cell = cell_;
      cell_ = nullptr;
      cell->calls_.release();
    }

    [[nodiscard]] Target& hold() noexcept {
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
  static void close(Domain&, BasicCallTarget<A>* batch) noexcept {
    CompletionBatch due;
    BasicCallTarget<A>::release_each(batch, due);
    due.run();
  }
  [[nodiscard]] static bool inside(Domain&, const BasicCallTarget<A>&) noexcept {
    return false;
  }  // cannot be known
};

using OneWordCalls = BasicOneWordCalls<StdAtomics>;

NMR_END_NAMESPACE
