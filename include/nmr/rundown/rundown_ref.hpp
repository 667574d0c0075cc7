#pragma once
#include <cstddef>
#include <cstdint>
#include <nmr/platform/atomics_policy.hpp>
#include <nmr/platform/status.hpp>
#include <nmr/rundown/event.hpp>
#include <nmr/rundown/rundown_data.hpp>

NMR_BEGIN_NAMESPACE

/// Counts references to an object, refuses new ones once rundown has begun, and tells when the last is gone
/// (EX_RUNDOWN_REF). A word and a list head; no allocation, thread-local storage, exceptions or threads of its own.
/// RundownWord says how it works; <nmr/rundown.hpp> what each function may do in a callback or a signal handler.
///
/// Lifetime      may be destroyed once a completion or a wait has told that it has run down. Those who hold or release
///               need no further care. For all others the owner sees to it that nobody starts a new call on *this, and
///               that whoever is being refused is out of it.
template <RundownPolicy Atomics>
class NMR_PUBLIC_TYPE BasicRundownRef : private detail::RundownData<Atomics> {
  using Data = detail::RundownData<Atomics>;
  using Data::kBegun, Data::kDead, Data::kOneRef, Data::kOverLimit, Data::kOutOfRange;
  using Data::word_, Data::completions_, Data::misuse, Data::is_last, Data::close;
  using typename Data::Word;

 public:
  /// Returns the most references that may be held at a time.
  NMR_LOCAL static constexpr std::size_t max_refs() noexcept { return kOverLimit / kOneRef - 1; }

  /// Born active, without references (ExInitializeRundownProtection).
  NMR_LOCAL constexpr BasicRundownRef() noexcept = default;

  /// Born run down, as one that has run down: refuses until reinitialize(). For objects that are not ready yet.
  struct BornRunDown {};
  NMR_LOCAL constexpr explicit BasicRundownRef(BornRunDown) noexcept
      : Data(kBegun, typename Data::List::BornClosed{}) {}

  BasicRundownRef(const BasicRundownRef&) = delete;
  BasicRundownRef& operator=(const BasicRundownRef&) = delete;

  /// Trivial, and nothing is looked at, where the policy says so: see RundownPolicy.
  /// Precondition  no reference is held and nobody waits (trapped).
  NMR_LOCAL ~BasicRundownRef() = default;

  /// Takes `n` references, all or none (ExAcquireRundownProtection, ...Ex). n = 0 only asks.
  ///
  /// Returns       true: the protected object stays usable until release(n).
  ///               false: rundown has begun, and there is nothing to release.
  /// Progress      wait-free. A refused call may run the completion: its undo can be the last. See <nmr/rundown.hpp>.
  /// Ordering      true happens-after the reinitialize() that last opened *this, if any.
  /// Precondition  no more than max_refs() are held then (trapped, and refused).
  [[nodiscard]] NMR_LOCAL bool try_acquire(std::size_t n = 1) noexcept {
    // [rd:7] relaxed: no order, only progress. Once begun is visible nobody raises the count, so that
    // spinning refused callers cannot keep a drain from ending.
    if ((word_.load(order::relaxed) & kBegun) != 0) return false;
    if (n == 0) return (word_.load(order::acquire) & kBegun) == 0;  // [rd:8] as below
    if (n > max_refs()) [[unlikely]]
      return misuse("try_acquire", "more references than max_refs()"), false;
    // [rd:8] acquire RMW, pairs with [rd:13].
    const Word before = word_.fetch_add(n * kOneRef, order::acquire);
    if (((before + n * kOneRef) & (kBegun | kOverLimit | kOutOfRange)) == 0) [[likely]]
      return true;
    refuse(before, n);
    return false;
  }

  /// Takes `n` more references on behalf of one that the caller holds already; succeeds while draining too.
  /// Progress      wait-free; runs no completion.
  /// Precondition  a reference is held, and no more than max_refs() then (trapped where the count shows it).
  NMR_LOCAL void duplicate(std::size_t n = 1) noexcept {
    if (n == 0) return;
    if (n > max_refs()) [[unlikely]]
      return misuse("duplicate", "more references than max_refs()");
    const Word before = word_.fetch_add(n * kOneRef, order::relaxed);  // relaxed: the one that is held orders
    if (before >= kOneRef && ((before + n * kOneRef) & (kOverLimit | kOutOfRange)) == 0) [[likely]]
      return;
    word_.fetch_sub(n * kOneRef, order::relaxed);  // relaxed: undoes the line above
    misuse("duplicate", "without a reference that is held, or past max_refs()");
  }

  /// Gives back `n` references (ExReleaseRundownProtection, ...Ex). The last one out, once rundown has begun,
  /// runs the completions. n = 0 does nothing.
  ///
  /// Progress      wait-free; the last one out runs the completions, and may stand still for timed waits that end then.
  /// Ordering      everything before it happens-before the completion.
  /// Lifetime      *this may be gone on return: the last one out alone touches it then, until completions run.
  /// Precondition  that many references are held (trapped where the count shows it).
  NMR_LOCAL void release(std::size_t n = 1) noexcept {
    if (n == 0) return;
    if (n > max_refs()) [[unlikely]]
      return misuse("release", "more references than max_refs()");
    // [rd:9] release RMW, pairs with [rd:10], [rd:21]; later RMWs keep its release sequence alive.
    const Word left = word_.fetch_sub(n * kOneRef, order::release) - n * kOneRef;
    if ((left & (kBegun | kOutOfRange)) != 0) [[unlikely]]
      (void)finish_release(left, n);
  }

  /// Gives back one reference, as release(), for one who cannot have completions run just now, holding a lock perhaps.
  /// Returns       the completions that are due, for Completion::run_each(), those that end waits among them; null if
  ///               there are none, or others are still inside.
  /// Progress      wait-free, but for timed waits as release().
  /// Lifetime      if it was the last, *this has run down for whoever asks now. It may be gone on return.
  [[nodiscard]] NMR_LOCAL Completion* release_deferred() noexcept {
    const Word left = word_.fetch_sub(kOneRef, order::release) - kOneRef;  // [rd:9] as in release()
    return is_last(left, 1) ? close() : nullptr;
  }

  /// Begins rundown: from now on try_acquire() refuses. Never waits for references. `completion` runs exactly once,
  /// when the last reference is gone: on the thread that gives it back, or here, before this returns, if none is left.
  /// May be called by any number of threads, each with its own completion or none.
  ///
  /// Returns       kDrained: it has run down, and a completion given here has run. kPending: somebody is still inside,
  ///               and the completion will run (or has run by now, on another thread).
  /// Progress      as release(), and lock-free: to link the completion may take several tries.
  /// Ordering      what was done under a reference happens-before the completion.
  /// Lifetime      for who begins first as release(). For who comes later the owner keeps *this until this returns.
  /// Precondition  the completion is not in use (trapped; then nothing begins): it is given for one end at a time.
  NMR_LOCAL RundownState begin_rundown(Completion& completion) noexcept {
    return completion.begin_use<Atomics>("begin_rundown") ? begin(&completion) : join(nullptr);
  }
  /// As above, without a completion.
  NMR_LOCAL RundownState begin_rundown() noexcept { return begin(nullptr); }
  /// Returns       as begin_rundown(completion), but begins nothing: another does, before or after.
  /// Progress      as there; Lifetime as for who comes later.
  NMR_LOCAL RundownState when_run_down(Completion& completion) noexcept {
    return join(completion.begin_use<Atomics>("when_run_down") ? &completion : nullptr);
  }
  /// Takes back a completion that was given to *this with the result kPending (a precondition), once.
  /// Returns       true: it will not run, and is free. false: it has run, or is about to.
  /// Progress      linear in those that wait; blocking, awake, for a moment where another thread is at their list.
  /// Lifetime      *this may be gone: who has been told of the end may destroy it before and beside this.
  [[nodiscard]] NMR_LOCAL bool take_back(BasicRetractableCompletion<Atomics>& completion) noexcept {
    return completion.take_back(completions_.unlinker());
  }

  /// Begins rundown if nobody is inside, and ends it in the same step: to unload what is unused, and else leave it as it
  /// is (DllCanUnloadNow asks alone). No caller is refused by a try that returns false.
  ///
  /// Returns       true: it has run down, as after run_down(). false: a reference is held, or rundown has begun.
  /// Progress      wait-free, but for timed waits as release(); true runs the completions of when_run_down().
  /// Ordering      true happens-after everything that was done under a reference.
  [[nodiscard]] NMR_LOCAL bool try_run_down_if_idle() noexcept {
    Word nobody = 0;
    // [rd:21] acquire CAS, pairs with [rd:9]: as [rd:10]; relaxed where it fails: nothing is done then.
    if (!word_.compare_exchange_strong(nobody, kBegun, order::acquire, order::relaxed)) return false;
    Completion::run_each(completions_.close());
    return true;
  }

  /// Waits until *this has run down, which another thread may begin before or after. Any number of threads may wait. A
  /// completion of another's may still be about to run, or running, when this returns. No cancellation point.
  /// Progress      blocking, asleep, until the last one out. At once if it has run down; so in its completions too.
  /// Ordering      happens-after everything that was done under a reference.
  /// Precondition  this thread holds no reference: it would wait for itself, which a bare count cannot know.
  NMR_LOCAL void wait_for_rundown() noexcept {
    BasicEvent<Atomics> event;
    if (completions_.push(event)) event.wait();
  }

  /// As wait_for_rundown(), for at most `timeout` (any std::chrono::duration).
  /// Returns       false if the time was over first; *this goes on as it was and may be waited for again. Once the end
  ///               has been reached it is true, and told after those who were to be told before.
  /// Progress      blocking, for a moment longer than `timeout` where another thread is at the list of completions.
  /// Lifetime      whoever is told of the end may destroy or reopen *this, whatever timed waits that have begun are at.
  template <class Duration>
  [[nodiscard]] NMR_LOCAL bool wait_for_rundown_for(const Duration& timeout) noexcept {
    return wait_for_rundown_until_ns(deadline_after<Atomics>(platform::to_nanoseconds(timeout)));
  }
  /// As wait_for_rundown_for(). The deadline is of any std::chrono clock.
  template <class TimePoint>
  [[nodiscard]] NMR_LOCAL bool wait_for_rundown_until(const TimePoint& deadline) noexcept {
    const auto now = TimePoint::clock::now();
    return deadline <= now ? wait_for_rundown_until_ns(0) : wait_for_rundown_for(deadline - now);
  }
  /// As wait_for_rundown_for(). The deadline is of the policy's own clock, now_ns().
  [[nodiscard]] NMR_LOCAL bool wait_for_rundown_until_ns(platform::Deadline deadline) noexcept {
    BasicEvent<Atomics> event;
    return !completions_.push(event) || event.wait_until(deadline, completions_.unlinker());
  }

  /// Begins rundown and waits for its end (ExWaitForRundownProtectionRelease).
  /// Progress      as wait_for_rundown(); Ordering and Precondition too.
  NMR_LOCAL void run_down() noexcept {
    BasicEvent<Atomics> event;
    if (begin_rundown(event) == RundownState::kPending) event.wait();
  }

  /// Returns true once rundown has begun: a hint, true for good until reinitialize().
  [[nodiscard]] NMR_LOCAL bool rundown_begun() const noexcept {
    return (word_.load(order::relaxed) & kBegun) != 0;  // relaxed: a hint, publishes nothing
  }

  /// Returns true if *this has run down. Then it may be reinitialised or destroyed, as after a wait.
  /// Ordering      true happens-after everything that was done under a reference.
  [[nodiscard]] NMR_LOCAL bool run_down_already() const noexcept { return completions_.closed(); }

  /// Returns the references held, as of some moment; callers being refused may show in it.
  [[nodiscard]] NMR_LOCAL std::size_t approximate_refs() const noexcept {
    return word_.load(order::relaxed) / kOneRef;  // relaxed: a figure for people
  }

  /// Says that the object stays run down (ExRundownCompleted). Here a check only: waits return at once anyway.
  /// Progress      wait-free.
  /// Precondition  *this has run down (trapped).
  NMR_LOCAL void rundown_completed() noexcept {
    if (!completions_.closed()) misuse("rundown_completed", "it has not run down");
  }

  /// Opens *this again (ExReInitializeRundownProtection).
  /// Progress      blocking, awake: for callers that are being refused just now, a few instructions of each.
  /// Ordering      happens-before each try_acquire() that it lets in.
  /// Precondition  *this has run down (trapped), and no other thread begins at the same time. Those who wait do so to
  ///               the end of the life in which their wait began.
  NMR_LOCAL void reinitialize() noexcept {
    if (!try_reinitialize()) misuse("reinitialize", "it has not run down");
  }
  /// As reinitialize(). Returns false if *this has not run down, or another thread was the one to open it.
  [[nodiscard]] NMR_LOCAL bool try_reinitialize() noexcept {
    if (!completions_.reopen()) return false;
    for (unsigned turn = 0;; ++turn) {
      Word word = word_.load(order::relaxed);  // relaxed: validated by the CAS
      // [rd:13] release CAS, pairs with [rd:8], [rd:11]. At count 0: no undo is left to go astray in the next life.
      if (word < kOneRef && word_.compare_exchange_strong(word, 0, order::release, order::relaxed))
        return true;
      Atomics::relax(turn);  // as said above: none is added, begun is visible
    }
  }

 private:
  template <ShardedPolicy>
  friend class BasicShardedRundownRef;

  /// Takes back what a refused caller has added. That may be the last, and complete.
  NMR_COLD NMR_LOCAL void refuse(Word before, std::size_t n) noexcept {
    if (before == kBegun) {
      // Raised from 0: somebody else completes or has completed. Only one caller can see this, so dead is not set yet.
      word_.fetch_sub(n * kOneRef - kDead, order::relaxed);  // relaxed: nothing was done under it
      return;
    }
    (void)give_back(n);
    if ((before & kBegun) == 0) misuse("try_acquire", "more references than max_refs()");
  }

  /// Returns true if these were the last, and completed.
  NMR_LOCAL bool give_back(std::size_t n) noexcept {
    // [rd:9] as in release()
    const Word left = word_.fetch_sub(n * kOneRef, order::release) - n * kOneRef;
    return finish_release(left, n);
  }
  NMR_COLD NMR_LOCAL bool finish_release(Word left, std::size_t n) noexcept {
    if (!is_last(left, n)) return false;
    Completion::run_each(close());
    return true;
  }
  NMR_LOCAL RundownState begin(Completion* completion) noexcept {
    if (!hold_open()) return join(completion);
    set_begun();
    return end_begin(completion);
  }

  // The steps of begin(), which the sharded form takes apart.
  // Who begins first holds a reference of its own: nobody can complete before its node is in the list, and it touches
  // nothing after its own last decrement. Who comes later links its node, and touches nothing after that.

  /// Returns true with a reference, or false if rundown has begun.
  NMR_LOCAL bool hold_open() noexcept {
    // [rd:11] acquire RMW, pairs with [rd:13], as [rd:8].
    const Word before = word_.fetch_add(kOneRef, order::acquire);
    if ((before & kBegun) == 0) return true;
    refuse(before, 1);
    return false;
  }
  NMR_LOCAL void set_begun() noexcept {
    word_.fetch_or(kBegun, order::relaxed);  // relaxed: [rd:9] in end_begin() releases what it did before
  }
  NMR_LOCAL RundownState end_begin(Completion* completion) noexcept {
    if (completion != nullptr && !completions_.push(*completion)) {
      // The reference of this beginner should have kept it open: somebody gave it back.
      misuse("release", "more references than are held");
      completion->run();
      return RundownState::kDrained;
    }
    return give_back(1) ? RundownState::kDrained : RundownState::kPending;
  }
  /// Adds `count`, modulo the word, on behalf of references that were counted elsewhere.
  NMR_LOCAL void move_in(Word count) noexcept {
    word_.fetch_add(count * kOneRef, order::relaxed);  // relaxed: the caller's reference orders it
  }
  NMR_LOCAL RundownState join(Completion* completion) noexcept {
    if (completion == nullptr) return completions_.closed() ? RundownState::kDrained : RundownState::kPending;
    if (completions_.push(*completion)) return RundownState::kPending;
    completion->run();
    return RundownState::kDrained;
  }
};

NMR_END_NAMESPACE
