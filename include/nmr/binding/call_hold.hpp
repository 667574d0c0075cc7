#pragma once
#include <utility>  // to move it, its users need that

#include <nmr/binding/attachment.hpp>
#include <nmr/platform/pointer.hpp>

NMR_BEGIN_NAMESPACE

/// A call in progress that is not tied to a thread: for a request that outlives the function that started it. Movable,
/// may be left on any thread, and keeps the detach pending until it is. As large as a pointer.
///
/// Lifetime      may outlive the handle that the call came through.
template <Npi N, CallsPolicy Calls>
class [[nodiscard]] NMR_PUBLIC_TYPE BasicCallHold {
 public:
  using Dispatch = typename N::ProviderDispatch;

  NMR_LOCAL constexpr BasicCallHold() noexcept = default;
  NMR_LOCAL BasicCallHold(BasicCallHold&& other) noexcept : attachment_(platform::take(other.attachment_)) {}
  NMR_LOCAL BasicCallHold& operator=(BasicCallHold&& other) noexcept {
    BasicCallHold moved(static_cast<BasicCallHold&&>(other));
    platform::swap_pointers(attachment_, moved.attachment_);
    return *this;
  }
  BasicCallHold(const BasicCallHold&) = delete;  // no copy: duplicate() gives another
  BasicCallHold& operator=(const BasicCallHold&) = delete;
  NMR_LOCAL ~BasicCallHold() { leave(); }

  /// Returns whether it holds a call.
  [[nodiscard]] NMR_LOCAL explicit operator bool() const noexcept { return attachment_ != nullptr; }

  /// Returns the functions of the provider; valid until the hold is left.
  ///
  /// Precondition  not empty.
  NMR_LOCAL const Dispatch* operator->() const noexcept {
    return static_cast<const Dispatch*>(attachment_->dispatch());
  }
  /// Returns the context that those functions take. The hold is not empty.
  [[nodiscard]] NMR_LOCAL void* context() const noexcept { return attachment_->context(); }

  /// As CallGuard::still_attached(): whether to go on, or to leave soon.
  ///
  /// Progress      wait-free: one load.
  [[nodiscard]] NMR_LOCAL bool still_attached() const noexcept {
    return !attachment_->refs().rundown_begun();
  }

  /// Holds the same call once more. Succeeds while what it holds drains.
  ///
  /// Returns       another hold, to be left for itself; empty if *this is.
  /// Progress      wait-free: one read-modify-write.
  NMR_LOCAL BasicCallHold duplicate() const noexcept {
    if (attachment_ != nullptr) attachment_->refs().duplicate();
    return BasicCallHold(attachment_);
  }

  /// Leaves, as the destructor does; *this is empty then. Nothing is done if it is already.
  ///
  /// Progress      wait-free: one read-modify-write. The last one out of an attachment that drains runs the
  ///               completions, as CallGuard::leave().
  /// Ordering      what was done under the hold happens-before those completions.
  /// Lifetime      the provider's code and data, and the attachment, may be gone when it returns. Nothing is touched
  ///               after the attachment.
  NMR_LOCAL void leave() noexcept {
    if (attachment_ != nullptr) platform::take(attachment_)->refs().release();
  }

 private:
  template <Npi, CallsPolicy>
  friend class BasicCallGuard;
  NMR_LOCAL explicit BasicCallHold(detail::AttachmentCore<Calls>* attachment) noexcept
      : attachment_(attachment) {}

  detail::AttachmentCore<Calls>* attachment_ = nullptr;
};

template <Npi N>
using CallHold = BasicCallHold<N, PerThreadCalls>;

NMR_END_NAMESPACE
