#pragma once
#include <cstdint>
#include <nmr/platform/atomics_policy.hpp>
#include <nmr/platform/completion.hpp>
#include <nmr/platform/policy_event.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// The completions that wait for one end, in one word: open with a list of nodes, or closed.
///
///   0            open, empty
///   node         open, newest node first
///   node | 1     open still, and one thread alone is at the links: it takes a node out, or closes the list
///   2            closed: what was waited for has happened
///
/// INVARIANT: only reopen() opens a closed list. A node in the list runs exactly once, unless try_unlink() took it out.
///
/// Lifetime      whoever sees that the list is closed may free or reopen it. By then every node has been claimed, and
///               those who were here before look neither at this word nor at a node again. Two things follow. To become
///               closed is the last step of close(). And a timed wait that may come too late for its own node does not
///               wait for the links: it tries, by try_unlink(), and gives up where the node has been claimed.
template <RundownPolicy Atomics>
class CompletionList {
 public:
  constexpr CompletionList() noexcept = default;
  /// Born closed, as close() leaves it.
  struct BornClosed {};
  constexpr explicit CompletionList(BornClosed) noexcept : head_(kClosed) {}
  CompletionList(const CompletionList&) = delete;
  CompletionList& operator=(const CompletionList&) = delete;

  /// Returns true once close() has closed the list, and nobody who was here before will touch it any more; and where it
  /// was born closed.
  /// Ordering      true happens-after everything that happened before the closing.
  [[nodiscard]] bool closed() const noexcept {
    // [rd:1] acquire, pairs with [rd:5]: who sees it closed may free what was protected, and the list.
    return head_.load(order::acquire) == kClosed;
  }

  /// Returns whether no node waits here. For the destructor of the list's owner.
  [[nodiscard]] bool empty() const noexcept {
    // relaxed: only asked by the destructor, when nobody else may be here.
    return (head_.load(order::relaxed) & ~kClosed) == 0;
  }

  /// Links a node. Returns false if the list is closed: then the node is not linked, and the caller runs it.
  /// Progress      lock-free, but for the moment in which another thread is at the links.
  /// Lifetime      once it has returned true the list may be gone: see close().
  /// Precondition  the node is in no list.
  [[nodiscard]] bool push(Completion& node) noexcept {
    for (unsigned turn = 0;; ++turn) {
      // [rd:2] acquire, pairs with [rd:5], as [rd:1].
      Word head = head_.load(order::acquire);
      if (head == kClosed) return false;
      if ((head & kAtLinks) == 0) {
        node.next_ = to_node(head);
        // [rd:3] release CAS, pairs with [rd:4]: the node is whole before it can be found.
        if (head_.compare_exchange_strong(head, to_word(&node), order::release, order::relaxed)) return true;
      }
      Atomics::relax(turn);  // until another has pushed, or is through with the links
    }
  }

  /// Closes the list. Called once by whoever found the end reached.
  ///
  /// Returns       its nodes, oldest first, bound to run: for Completion::run_each().
  /// Progress      blocking for the moment in which a wait whose time is over is at the links, or looks whether it has
  ///               been claimed.
  /// Ordering      what happened before happens-before what those do who see the list closed.
  /// Lifetime      *this may be gone on return, before any of the nodes has run.
  [[nodiscard]] Completion* close() noexcept {
    [[maybe_unused]] const ShortSectionOf<Atomics> section;  // who pushes spins for this thread
    Word head = 0;
    for (unsigned turn = 0; !try_lock(head); ++turn) Atomics::relax(turn);  // until they have unlinked
    Completion* oldest = nullptr;
    for (Completion* node = to_node(head); node != nullptr;) {
      // The claim: from here on a wait whose time is over does not come back to *this, which it might find freed.
      if (node->claims_) node->function_(*node, nullptr);
      Completion* const next = node->next_;
      node->next_ = oldest;
      oldest = node;
      node = next;
    }
    // [rd:5] release, pairs with [rd:1], [rd:2]: what has ended, and that this was the last touch of *this.
    head_.store(kClosed, order::release);
    return oldest;
  }

  /// Takes a node back.
  ///
  /// Returns       false if another thread is at the links, which may be about to close the list. Then the caller lets
  ///               the node be claimed, and tries again if it has not been.
  /// Progress      linear in the list, and waits for nobody.
  /// Precondition  the node is in this list, is not claimed, and cannot be claimed before this returns.
  [[nodiscard]] bool try_unlink(Completion& node) noexcept {
    Word head = 0;
    if (!try_lock(head)) return false;
    Completion* first = to_node(head);
    for (Completion** link = &first; *link != nullptr; link = &(*link)->next_) {
      if (*link == &node) {
        *link = node.next_;
        break;
      }
    }
    // [rd:6] release, pairs with [rd:4]: the changed links.
    head_.store(to_word(first), order::release);
    return true;
  }

  /// As a function, for RetractableCompletion::take_back().
  struct Unlinker {
    CompletionList& list;
    [[nodiscard]] bool operator()(Completion& node) const noexcept { return list.try_unlink(node); }
  };
  [[nodiscard]] Unlinker unlinker() noexcept { return {*this}; }

  /// Opens a closed list again. Returns true to one of those who try; false if the list was not closed.
  /// Progress      wait-free.
  /// Ordering      true happens-after the closing. The caller publishes that it is open (RundownRef::reinitialize).
  [[nodiscard]] bool reopen() noexcept {
    Word head = kClosed;
    // [rd:1] as above; relaxed where it fails: nothing is done then
    return head_.compare_exchange_strong(head, 0, order::acquire, order::relaxed);
  }

 private:
  using Word = std::uintptr_t;
  enum : Word { kAtLinks = 1, kClosed = 2 };

  /// Takes the links, unless another has them. Returns whether, and the newest node.
  [[nodiscard]] bool try_lock(Word& head) noexcept {
    head = head_.load(order::relaxed);  // relaxed: validated by the CAS
    while ((head & kAtLinks) == 0) {
      // [rd:4] acquire CAS, pairs with [rd:3], [rd:6]: whole nodes, and the links that others have changed.
      if (head_.compare_exchange_strong(head, head | kAtLinks, order::acquire, order::relaxed)) return true;
    }
    return false;
  }

  static Word to_word(Completion* node) noexcept { return reinterpret_cast<Word>(node); }
  static Completion* to_node(Word head) noexcept { return reinterpret_cast<Completion*>(head); }

  AtomicOf<Atomics, Word> head_{0};
};

}  // namespace detail
NMR_END_NAMESPACE
