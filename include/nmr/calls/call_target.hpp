#pragma once
#include <nmr/platform/atomics.hpp>
#include <nmr/platform/completion.hpp>
#include <nmr/rundown/rundown_ref.hpp>

NMR_BEGIN_NAMESPACE

/// Stands for a call that is refused rather than have its thread registered: it never locks nor allocates.
struct NMR_PUBLIC_TYPE IfPrepared{};

/// What calls go to, as those who count them see it: references to it.
///
/// All calls that are counted elsewhere (in slots of threads, or in a handle) are together one reference
/// here; every hold is one more, and so is every call that a detach finds in progress. So one count says when
/// the last has left, and it is the only thing that runs completions.
template <AtomicsPolicy Atomics>
class NMR_PUBLIC_TYPE BasicCallTarget {
 public:
  NMR_LOCAL BasicCallTarget() noexcept : refs_(typename BasicRundownRef<Atomics>::BornRunDown{}) {}
  BasicCallTarget(const BasicCallTarget&) = delete;
  BasicCallTarget& operator=(const BasicCallTarget&) = delete;
  NMR_LOCAL ~BasicCallTarget() = default;

  /// Makes it ready to be called, before it is published anywhere. Returns false while it still is attached
  /// or drains, or another thread was faster.
  [[nodiscard]] NMR_LOCAL bool open() noexcept {
    return refs_.try_reinitialize() && refs_.try_acquire();  // the one reference of the calls
  }

  /// Whoever manages it, or null; for a registry that finds its binding by what a thread is inside of.
  [[nodiscard]] NMR_LOCAL void* owner() const noexcept { return owner_; }
  NMR_LOCAL void set_owner(void* owner) noexcept { owner_ = owner; }

  [[nodiscard]] NMR_LOCAL BasicRundownRef<Atomics>& refs() noexcept { return refs_; }
  [[nodiscard]] NMR_LOCAL const BasicRundownRef<Atomics>& refs() const noexcept { return refs_; }

  /// Links targets that are to be closed together, before they are handed to the domain.
  [[nodiscard]] NMR_LOCAL BasicCallTarget* next_to_close() const noexcept { return next_to_close_; }
  NMR_LOCAL void link_to_close(BasicCallTarget* next) noexcept { next_to_close_ = next; }
  /// Links those of them that are hard to tell apart, for whoever closes them.
  [[nodiscard]] NMR_LOCAL BasicCallTarget* next_in_bucket() const noexcept { return next_in_bucket_; }
  NMR_LOCAL void link_in_bucket(BasicCallTarget* next) noexcept { next_in_bucket_ = next; }

  /// Gives back one reference of each of a list, and adds to `due` what is to run then. All are let go of
  /// before any of that runs, since it may wait for another.
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
