#pragma once
#include <cstdint>
#include <nmr/platform/atomics.hpp>
#include <nmr/platform/completion.hpp>

NMR_BEGIN_NAMESPACE

/// The completions that wait for one end, in one word: open with a list of nodes, or closed.
///
///   0            open, empty
///   node         open, newest node first
///   node | 1     open, one thread is unlinking
///   2            closed: what was waited for has happened
///
/// INVARIANT: closed is left by reopen() alone; a node in the list runs exactly once, unless unlink() took it
/// out.
///
/// Lifetime      close() touches *this for the last time before the first node is claimed.
template <AtomicsPolicy Atomics>
class BasicCompletionList {
 public:
  constexpr BasicCompletionList() noexcept = default;
  struct BornClosed {};
  constexpr explicit BasicCompletionList(BornClosed) noexcept : head_(kClosed) {}
  BasicCompletionList(const BasicCompletionList&) = delete;
  BasicCompletionList& operator=(const BasicCompletionList&) = delete;

  /// Returns true once close() has closed the list and will not touch it any more.
  /// Ordering      true happens-after everything that happened before the closing.
  [[nodiscard]] bool closed() const noexcept {
    // [rd:1] acquire, pairs with [rd:4]: who sees it closed may free what was protected, and the list.
    return head_.load(order::acquire) == kClosed;
  }

  [[nodiscard]] bool empty() const noexcept {
    // relaxed: only asked by the destructor, when nobody else may be here.
    return (head_.load(order::relaxed) & ~kClosed) == 0;
  }

  /// Links a node. Returns false if the list is closed: then the node will not run, and the caller runs it.
  /// Progress      lock-free, but for the moment in which a timed wait unlinks itself.
  [[nodiscard]] bool push(Completion& node) noexcept {
    for (unsigned turn = 0;; ++turn) {
      // [rd:2] acquire, pairs with [rd:4], as [rd:1].
      Word head = head_.load(order::acquire);
      if (head == kClosed) return false;
      if ((head & kUnlinking) == 0) {
        node.next_ = to_node(head);
        // [rd:3] release CAS, pairs with [rd:4], [rd:5]: the node is whole before it can be found.
        if (head_.compare_exchange_strong(head, to_word(&node), order::release, order::relaxed)) return true;
      }
      Atomics::relax(turn);
    }
  }

  /// Closes the list. Called once by whoever found the end reached.
  /// Returns its nodes, oldest first, bound to run: for Completion::run_each().
  [[nodiscard]] Completion* close() noexcept {
    Word head = 0;
    for (unsigned turn = 0;; ++turn) {
      head = head_.load(order::relaxed);  // relaxed: validated by the CAS
      // [rd:4] acq_rel CAS. acquire pairs with [rd:3], [rd:6]: whole nodes. release pairs with [rd:1],
      // [rd:2].
      if ((head & kUnlinking) == 0 &&
          head_.compare_exchange_strong(head, kClosed, order::acq_rel, order::relaxed)) {
        break;
      }
      Atomics::relax(turn);
    }
    // From here on *this may be gone as soon as a node has been claimed; and a waiter whose time is over must
    // not come back to it. So all are claimed before the first runs.
    Completion* oldest = nullptr;
    for (Completion* node = to_node(head); node != nullptr;) {
      if (node->claim_ != nullptr) node->claim_(*node);
      Completion* const next = node->next_;
      node->next_ = oldest;
      oldest = node;
      node = next;
    }
    return oldest;
  }

  /// Takes a node back. Returns false if the list is closed: then the node has run or is about to.
  /// Progress      blocking: waits for other threads that unlink.
  /// Precondition  the node is in this list or was closed with it, and *this cannot be freed meanwhile.
  [[nodiscard]] bool unlink(Completion& node) noexcept {
    Word head = 0;
    for (unsigned turn = 0;; ++turn) {
      head = head_.load(order::relaxed);  // relaxed: closed sends the caller to the event, which orders
      if (head == kClosed) return false;
      // [rd:5] acquire CAS, pairs with [rd:3], [rd:6]: whole nodes, and the links that an earlier unlink
      // changed.
      if ((head & kUnlinking) == 0 &&
          head_.compare_exchange_strong(head, head | kUnlinking, order::acquire, order::relaxed)) {
        break;
      }
      Atomics::relax(turn);
    }
    Completion* first = to_node(head);
    for (Completion** link = &first; *link != nullptr; link = &(*link)->next_) {
      if (*link == &node) {
        *link = node.next_;
        break;
      }
    }
    // [rd:6] release, pairs with [rd:4], [rd:5]: the changed links.
    head_.store(to_word(first), order::release);
    return true;
  }

  /// Opens a closed list again: for one of those who try. Returns false if it was not closed.
  /// Ordering      the caller publishes it (RundownRef::reinitialize).
  [[nodiscard]] bool reopen() noexcept {
    Word head = kClosed;
    // [rd:1] as above; relaxed where it fails: nothing is done then
    return head_.compare_exchange_strong(head, 0, order::acquire, order::relaxed);
  }

 private:
  using Word = std::uintptr_t;
  enum : Word { kUnlinking = 1, kClosed = 2 };

  static Word to_word(Completion* node) noexcept { return reinterpret_cast<Word>(node); }
  static Completion* to_node(Word head) noexcept { return reinterpret_cast<Completion*>(head); }

  typename Atomics::template Atomic<Word> head_{0};
};

NMR_END_NAMESPACE
