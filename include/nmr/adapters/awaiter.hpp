#pragma once
#include <concepts>
#include <type_traits>

#include <nmr/platform/completion.hpp>
#include <nmr/platform/pointer.hpp>
#include <nmr/platform/status.hpp>
#include <nmr/platform/stop_token.hpp>
#include <nmr/rundown/retractable_completion.hpp>

NMR_BEGIN_NAMESPACE

/// Whatever tells of an end by one completion. `give` hands the completion on, once, and returns what the function
/// that takes it returns: a Status where it may refuse it, else anything. `Atomics` is its policy.
template <class S>
concept EndSource = RundownPolicy<typename S::Atomics> && std::copy_constructible<S> &&
                    requires(S& source, Completion& completion) { source.give(completion); };

/// One that a completion can be taken back from, as from a RundownRef.
template <class S>
concept RetractableSource =
    EndSource<S> && requires(S& source, BasicRetractableCompletion<typename S::Atomics>& completion) {
      { source.give(completion) } -> std::same_as<RundownState>;
      { source.take_back(completion) } -> std::same_as<bool>;
    };

namespace detail {
/// Not of the types that are visible, so that what the standard library makes of it is not either.
template <class Awaiter>
struct StopsAwaiter {
  Awaiter* awaiter;
  void operator()() const noexcept { awaiter->stop(); }
};
}  // namespace detail

/// What `co_await` waits with, for any promise. It lies in the coroutine's frame, the node with it: nothing is
/// allocated. Made by Ending.
///
/// Two arrive, in any order: who suspends the coroutine, and whoever knows how the wait has ended. The second one goes
/// on with it. So what ends while the coroutine is being suspended does not run it below the call that suspends it.
///
///   it has ended     the completion runs, on the last one out
///   it is stopped    the completion was taken back, on the thread that asked to stop. Where that comes too late it
///                    does nothing. So exactly one of them arrives.
///
/// With an executor the same node is posted by the second one, and the coroutine goes on where that runs it.
///
/// Lifetime      of one `co_await`. The frame is not destroyed while it waits (trapped where that can be seen).
template <EndSource Source, class Token>
class [[nodiscard("co_await it")]] NMR_PUBLIC_TYPE BasicAwaiter {
  using Atomics = typename Source::Atomics;
  using Given = decltype(std::declval<Source&>().give(std::declval<Completion&>()));
  enum : bool {
    kStoppable = !std::is_same_v<Token, platform::NeverStops>,
    kSaysStatus = std::is_same_v<Given, Status>,
  };
  static_assert(!bool(kStoppable) || RetractableSource<Source>,
                "its completion cannot be taken back: give a SharedEvent there, and await that");

 public:
  /// What `co_await` gives: whether it has ended, where it may be stopped; the Status, where that tells; else nothing.
  using Result =
      std::conditional_t<bool(kStoppable), bool, std::conditional_t<bool(kSaysStatus), Status, void>>;

  NMR_LOCAL BasicAwaiter(const Source& source, const Token& token, Executor* executor) noexcept
      : source_(source), token_(token), executor_(executor) {}
  BasicAwaiter(const BasicAwaiter&) = delete;
  BasicAwaiter& operator=(const BasicAwaiter&) = delete;
  /// Precondition  the coroutine does not wait (trapped).
  NMR_LOCAL ~BasicAwaiter() {
    if (!node_.in_use()) return;
    Atomics::misuse(
        {"co_await", "destroy", "the coroutine waits, and would go on where nothing is left", this});
  }

  /// Returns false: the completion is what tells.
  [[nodiscard]] NMR_LOCAL bool await_ready() const noexcept { return false; }

  /// Gives the completion.
  ///
  /// Returns       false if the coroutine goes on at once: it was refused, or has ended or been stopped by now, and
  ///               there is no executor.
  /// Progress      that of the function which takes the completion; allocates nothing.
  /// Lifetime      the frame may be gone when this returns true.
  template <class Handle>
  [[nodiscard]] NMR_LOCAL bool await_suspend(Handle coroutine) noexcept {
    coroutine_ = coroutine.address();
    resume_ = &resume<Handle>;
    if (!give()) return false;
    if (!arrive()) return true;
    if (executor_ == nullptr) return false;
    go_on();
    return true;
  }

  /// Returns what Result says.
  /// Progress      blocking where another thread is just asking to stop: for a moment.
  /// Ordering      what was done under what has ended happens-before this.
  NMR_LOCAL Result await_resume() noexcept {
    if (watches_) callback.~Callback();
    if constexpr (bool(kStoppable)) return !stopped_;
    if constexpr (bool(kSaysStatus)) return status_;
  }

 private:
  using Stop = detail::StopsAwaiter<BasicAwaiter>;
  friend Stop;
  using Callback = platform::StopCallbackOf<Token, Stop>;
  using Node = std::conditional_t<bool(kStoppable), BasicRetractableCompletion<Atomics>, Completion>;

  template <class Handle>
  NMR_LOCAL static void resume(void* coroutine) noexcept {
    Handle::from_address(coroutine).resume();
  }

  /// Returns false if the completion was refused. Whatever else comes of it waits for this thread to arrive, and the
  /// frame stays until then.
  [[nodiscard]] NMR_LOCAL bool give() noexcept {
    if constexpr (bool(kStoppable)) {
      // Only where it waits: what has run at once was in no list, and cannot be taken back.
      if (source_.give(node_) == RundownState::kPending) watch();
    } else if constexpr (bool(kSaysStatus)) {
      status_ = source_.give(node_);
      if (status_ != Status::kSuccess && status_ != Status::kPending) return false;
      status_ = Status::kSuccess;
    } else {
      (void)source_.give(node_);
    }
    return true;
  }
  NMR_LOCAL void watch() noexcept {
    watches_ = true;
    new (platform::At{&callback}) Callback(token_, Stop{this});
  }

  NMR_LOCAL static void fire(Completion&, void* self) noexcept {
    auto& awaiter = *static_cast<BasicAwaiter*>(self);
    if (awaiter.posted_) return awaiter.resume_(awaiter.coroutine_);
    if (awaiter.arrive()) awaiter.go_on();
  }
  /// Called by the token's callback. The frame stays while this runs, until it has arrived: to go on destroys the
  /// callback, and that waits.
  NMR_LOCAL void stop() noexcept {
    if (!source_.take_back(node_)) return;
    stopped_ = true;
    if (arrive()) go_on();
  }

  /// Returns true to the second one.
  [[nodiscard]] NMR_LOCAL bool arrive() noexcept {
    // [ad:1] acq_rel RMW, pairs with itself: what the first one has written happens-before that the second goes on.
    return arrived_.exchange(1, order::acq_rel) != 0;
  }
  NMR_LOCAL void go_on() noexcept {
    if (executor_ == nullptr) return resume_(coroutine_);
    posted_ = true;
    (void)node_.template begin_use<Atomics>("co_await");
    executor_->post(*executor_, node_);
  }

  Source source_;
  [[no_unique_address]] Token token_;
  Executor* executor_;
  void* coroutine_ = nullptr;
  void (*resume_)(void*) noexcept = nullptr;
  Node node_{&fire, this};
  AtomicOf<Atomics, unsigned> arrived_{0};
  Status status_ = Status::kSuccess;
  bool stopped_ = false;
  bool posted_ = false;
  bool watches_ = false;
  union {
    unsigned char none = 0;
    Callback callback;
  };
};

NMR_END_NAMESPACE
