#pragma once
#include <nmr/platform/completion.hpp>
#include <nmr/platform/std_atomics.hpp>
#include <nmr/rundown/std_rundown_ref.hpp>

NMR_BEGIN_NAMESPACE

/// Stands for a call that is refused rather than have its thread registered: it never locks nor allocates.
struct NMR_PUBLIC_TYPE IfPrepared{};

/// What calls go to: a count of references, as those who count calls need it.
///
/// All calls that are counted elsewhere (in slots of threads, or in a handle) are one reference here together. Every
/// hold is one more, and so is every call that a detach finds in progress. So one count says when the last has left,
/// and nothing else runs completions.
///
/// Lifetime      as its RundownRef: may be destroyed once that has told that it has run down.
template <AtomicsPolicy Atomics>
class NMR_PUBLIC_TYPE BasicCallTarget {
 public:
  NMR_LOCAL BasicCallTarget() noexcept : refs_(typename BasicRundownRef<Atomics>::BornRunDown{}) {}
  BasicCallTarget(const BasicCallTarget&) = delete;
  BasicCallTarget& operator=(const BasicCallTarget&) = delete;
  NMR_LOCAL ~BasicCallTarget() = default;

  /// Makes it ready to be called, before it is published anywhere.
  ///
  /// Returns       false while it still is attached or drains, or another thread was faster: nothing has changed.
  /// Progress      as RundownRef::try_reinitialize(); runs no completion.
  /// Ordering      true happens-after the end of all calls and holds before.
  [[nodiscard]] NMR_LOCAL bool open() noexcept {
    return refs_.try_reinitialize() && refs_.try_acquire();  // the one reference of the calls
  }

  /// Whoever manages this target, or null; for a registry that finds its binding by what a thread is inside of.
  [[nodiscard]] NMR_LOCAL void* owner() const noexcept { return owner_; }
  NMR_LOCAL void set_owner(void* owner) noexcept { owner_ = owner; }

  /// The references: to begin rundown, to wait for it, and for holds.
  [[nodiscard]] NMR_LOCAL BasicRundownRef<Atomics>& refs() noexcept { return refs_; }
  [[nodiscard]] NMR_LOCAL const BasicRundownRef<Atomics>& refs() const noexcept { return refs_; }

  /// Links targets that are to be closed together, before they are handed to the domain.
  [[nodiscard]] NMR_LOCAL BasicCallTarget* next_to_close() const noexcept { return next_to_close_; }
  NMR_LOCAL void link_to_close(BasicCallTarget* next) noexcept { next_to_close_ = next; }
  /// Links those of the targets in a list that a TargetSet has in one bucket.
  [[nodiscard]] NMR_LOCAL BasicCallTarget* next_in_bucket() const noexcept { return next_in_bucket_; }
  NMR_LOCAL void link_in_bucket(BasicCallTarget* next) noexcept { next_in_bucket_ = next; }

  /// Gives back one reference of each target in a list, and adds to `due` the completions that are to run then. All
  /// references are given back before any completion runs, since that may wait for another target.
  NMR_LOCAL static void release_each(BasicCallTarget* list, CompletionBatch& due) noexcept {
    while (list != nullptr) {
      BasicCallTarget* const next = list->next_to_close_;
      due.append(list->refs_.release_deferred());
      list = next;
    }
  }

 private:
  BasicRundownRef<Atomics> refs_;
  void* owner_ = nullptr;
  BasicCallTarget* next_to_close_ = nullptr;  // of whoever closes it
  BasicCallTarget* next_in_bucket_ = nullptr;
};

NMR_END_NAMESPACE
