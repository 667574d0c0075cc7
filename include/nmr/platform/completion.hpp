#pragma once
#include <nmr/platform/atomics_policy.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {
template <RundownPolicy Atomics>
class CompletionList;
}

/// What is to happen when something has ended: a function and its context, in a node that the caller owns.
/// The library links the node into its lists, so that being told of an end never allocates.
///
/// The function runs on the thread that leaves last, which may be inside a release, a refused call or the call that the
/// completion was given to. No lock of the library is held then: it may call back. It must not throw.
///
/// Ordering      everything that was done under what has ended happens-before the function.
/// Lifetime      for one end at a time: in use from the call that it is given to until its function has been entered.
///               Whoever runs it reads nothing of the node from then on. So the function may free the node and what it
///               belongs to, or give it again. To give a completion while it is in use is misuse: that is reported, and
///               the call that it is given to has no effect.
class NMR_PUBLIC_TYPE Completion {
 public:
  using Function = void (*)(Completion& self, void* context) noexcept;

  NMR_LOCAL constexpr Completion(Function function, void* context) noexcept
      : function_(function), context_(context) {}
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;

  /// Enters the function. For executors, and for whoever has been given it to run: once.
  /// Lifetime      it may be gone, or in use again, when this returns.
  NMR_LOCAL void run() noexcept {
    in_use_ = false;  // first: the function may give it again, or free it
    function_(*this, context_);
  }

  /// Returns whether it has been given to somebody and has yet to run. For the thread that gives it, and for
  /// those whose question is ordered with the giving and the run.
  [[nodiscard]] NMR_LOCAL bool in_use() const noexcept { return in_use_; }

  /// For those who are given completions: returns whether it is in use, and reports that.
  template <RundownPolicy Atomics>
  [[nodiscard]] NMR_LOCAL bool given_twice(const char* operation) const noexcept {
    if (!in_use_) [[likely]]
      return false;
    Atomics::misuse({"Completion", operation, "given while it is in use: it has yet to run", this});
    return true;
  }
  /// As above; and if it was not in use, it is now. Returns whether it may be kept, to be run once.
  template <RundownPolicy Atomics>
  [[nodiscard]] NMR_LOCAL bool begin_use(const char* operation) noexcept {
    if (given_twice<Atomics>(operation)) return false;
    return in_use_ = true;
  }

  /// Runs each of a list that somebody has been given to run, in order.
  NMR_LOCAL static void run_each(Completion* first) noexcept {
    while (first != nullptr) {
      Completion* const next = first->next_;  // before it runs: it may free itself
      first->run();
      first = next;
    }
  }

  /// The node's link, for the queue of an executor: free to use from post() until run().
  [[nodiscard]] NMR_LOCAL Completion*& link() noexcept { return next_; }

 protected:
  /// For a node that its owner may want to take back (a timed wait). Its function is called twice. Without a context
  /// once the node is bound to run, before any node that ends together with it runs: that is the claim. And with its
  /// context, which is not null, when it runs.
  struct Claims {};
  NMR_LOCAL constexpr Completion(Function function, void* context, Claims) noexcept
      : function_(function), context_(context), claims_(true) {}
  [[nodiscard]] NMR_LOCAL void* context() const noexcept { return context_; }
  /// Says that it will not run: its owner has taken it back.
  NMR_LOCAL void end_use() noexcept { in_use_ = false; }

 private:
  template <RundownPolicy>
  friend class detail::CompletionList;
  friend class CompletionBatch;

  Function function_;
  void* context_;
  Completion* next_ = nullptr;
  bool in_use_ = false;
  bool claims_ = false;
};

/// Lists of completions that are due, gathered by whoever cannot run them just now, holding a lock perhaps.
class CompletionBatch {
 public:
  CompletionBatch() noexcept = default;
  CompletionBatch(const CompletionBatch&) = delete;
  CompletionBatch& operator=(const CompletionBatch&) = delete;

  /// Adds a list, or nothing.
  void append(Completion* list) noexcept {
    *end_ = list;
    while (*end_ != nullptr) end_ = &(*end_)->next_;
  }
  /// Runs them, in order. Once.
  void run() noexcept { Completion::run_each(first_); }

 private:
  Completion* first_ = nullptr;
  Completion** end_ = &first_;
};

/// Where completions run, for those who cannot have them on the thread that happens to leave last.
///
/// `post` must have the completion run exactly once, on whichever thread it likes. It must not allocate or fail: the
/// node has a link, for a queue of the executor's or of another that it is given on to. It is called inside a release,
/// so it must not block either, nor wait for the completion: the end that follows from it is told when `post` has
/// returned.
struct NMR_PUBLIC_TYPE Executor {
  using Post = void (*)(Executor& self, Completion& completion) noexcept;
  Post post;
};

NMR_END_NAMESPACE
