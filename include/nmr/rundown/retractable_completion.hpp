#pragma once
#include <cstdint>
#include <nmr/platform/completion.hpp>
#include <nmr/platform/policy_event.hpp>

NMR_BEGIN_NAMESPACE

/// A completion that its owner may take back before it is bound to run: RundownRef::take_back(). For a wait whose time
/// is over, and for a waiter that is to stop.
///
/// It is taken back from the list that would run it. So two must not miss each other: who takes it back must not look at
/// a list that may be freed, and whoever closes the list may not free it while somebody looks. What each of them does is
/// in one word:
///
///   kAtList    who takes it back is at the list
///   kClaimed   the node is bound to run: nobody goes to the list for it any more
///
/// If kAtList comes first, who claims waits until it is gone, and who takes back sees kClaimed and leaves. If kClaimed
/// comes first, nobody goes there. Then the completion is about to run.
///
/// Lifetime      as Completion; and free once it has been taken back: then it may be given again. One that has run may
///               be given again too, but is not taken back any more.
template <RundownPolicy Atomics>
class NMR_PUBLIC_TYPE BasicRetractableCompletion : public Completion {
 public:
  NMR_LOCAL BasicRetractableCompletion(Function function, void* context) noexcept
      : Completion(&fire, this, Claims{}), run_(function), run_context_(context) {}
  NMR_LOCAL ~BasicRetractableCompletion() = default;

  /// For those who have lists of completions. `unlink` takes the node out of the list that would run it.
  ///
  /// Returns       true: it has been unlinked, and will not run. false: it is bound to run.
  /// Progress      waits for whoever is at the list, until the node is free or claimed; else that of `unlink`.
  /// Lifetime      false: the list may be gone, and has not been touched since it was closed.
  /// Precondition  it is in that list, or was claimed there. Nobody else takes it back.
  ///
  /// `unlink` may return false, where another thread is at the list just now. It is asked again, unless that thread has
  /// claimed this node. It runs only before claim() has returned. A list is not closed before all of its nodes have
  /// been claimed: so while `unlink` runs nobody can have freed the list. It must not wait for whoever is at the list,
  /// who may be about to claim this.
  template <class Unlink>
  [[nodiscard]] NMR_LOCAL bool take_back(Unlink unlink) noexcept {
    [[maybe_unused]] const ShortSectionOf<Atomics> section;  // claim() spins for this thread
    Word free = 0;
    // relaxed: nothing is known yet, and where it is claimed nothing is touched.
    if (!state_.compare_exchange_strong(free, kAtList, order::relaxed, order::relaxed)) return false;
    bool taken = false;
    // relaxed: that it is claimed is all that is asked.
    for (unsigned turn = 0; !(taken = unlink(*this)) && state_.load(order::relaxed) == kAtList; ++turn)
      Atomics::relax(turn);
    if (taken) end_use();
    // [rd:19] release RMW, pairs with [rd:20]: this thread is through with the list.
    state_.fetch_sub(kAtList, order::release);
    return taken;
  }

 private:
  using Word = std::uintptr_t;
  enum : Word { kAtList = 1, kClaimed = 2 };

  NMR_LOCAL static void fire(Completion& node, void* self) noexcept {
    auto& completion = static_cast<BasicRetractableCompletion&>(node);
    if (self == nullptr) return completion.claim();
    completion.run_(node, completion.run_context_);
  }
  NMR_LOCAL void claim() noexcept {
    // relaxed: who has been at the list and is not there any more has taken the node back, or has seen this.
    if ((state_.fetch_or(kClaimed, order::relaxed) & kAtList) == 0) return;
    // [rd:20] acquire, pairs with [rd:19]: it finds the list locked, and leaves. Who frees the list does so after that.
    for (unsigned turn = 0; (state_.load(order::acquire) & kAtList) != 0; ++turn) Atomics::relax(turn);
  }

  Function run_;
  void* run_context_;
  AtomicOf<Atomics, Word> state_{0};
};

NMR_END_NAMESPACE
