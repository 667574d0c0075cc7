#pragma once
#include <nmr/binding/attachment.hpp>
#include <nmr/binding/call_hold.hpp>

NMR_BEGIN_NAMESPACE

/// A call in progress, from BindingHandle::try_call(); empty if the call was refused. While the guard lives, the
/// provider's code and data stay. Not movable; several may be left in any order. Where pointers have 64 bits a guard
/// takes 24 bytes; counted in one word, 16.
///
/// The call counts as one of the thread that made the guard. A fiber or coroutine may be resumed on another thread
/// inside the call, and leave there. Until it has left, a self-wait is seen on the thread that made the guard, even if
/// that has nothing to do with the fiber any more. It is not seen on the thread that the fiber is on.
///
/// An exception that passes leaves the call before a handler further out sees the exception. If the call was the last
/// one, the code of the exception's type may be unmapped by then: see call_translated().
template <Npi N, CallsPolicy Calls>
class [[nodiscard(
    "keep the guard: without a name it leaves the call at once")]] NMR_PUBLIC_TYPE BasicCallGuard {
 public:
  using Dispatch = typename N::ProviderDispatch;

  NMR_ALWAYS_INLINE NMR_LOCAL explicit BasicCallGuard(typename Calls::Cell& cell) noexcept : call_(cell) {}
  NMR_ALWAYS_INLINE NMR_LOCAL BasicCallGuard(typename Calls::Cell& cell, IfPrepared if_prepared) noexcept
      : call_(cell, if_prepared) {}
  BasicCallGuard(const BasicCallGuard&) = delete;  // stays in its scope: hold() gives what can be moved
  BasicCallGuard& operator=(const BasicCallGuard&) = delete;
  NMR_ALWAYS_INLINE NMR_LOCAL ~BasicCallGuard() {
    leave();
  }  // spelt out: in line also where an exception passes

  /// Returns false if nothing is attached, or what was is being detached. The callee was not and must not be entered.
  [[nodiscard]] NMR_LOCAL explicit operator bool() const noexcept { return call_.target() != nullptr; }

  /// Returns the functions of the provider; valid until the guard is left. A function that the table declares
  /// [[gnu::const]] is not kept inside: the compiler may call it after the guard has been left.
  ///
  /// Precondition  not empty, which is to be looked at first: so not of a guard that has no name.
  NMR_LOCAL const Dispatch* operator->() const& noexcept {
    return static_cast<const Dispatch*>(attachment()->dispatch());
  }
  template <class Guard = BasicCallGuard>
  const Dispatch* operator->() const&& {
    static_assert(sizeof(Guard) == 0, "give the guard a name, and look at it before the call");
    return nullptr;
  }
  /// Returns the context that those functions take. The guard is not empty.
  [[nodiscard]] NMR_LOCAL void* context() const noexcept { return attachment()->context(); }

  /// Returns whether the call goes to this attachment. For registries.
  [[nodiscard]] NMR_LOCAL bool goes_to(const detail::AttachmentCore<Calls>& attachment) const noexcept {
    return call_.target() == &attachment;
  }

  /// Returns whether no detach of what the call goes to has begun. For many calls under one guard, which cost less than a
  /// guard for each: `while (guard.still_attached()) guard->next(guard.context());`. A detach then waits for the call
  /// that is in progress, and hardly for one more.
  ///
  /// Progress      wait-free: one load.
  /// Ordering      none: true may be out of date. Either way the call counts, and may go on, until the guard is left.
  /// Precondition  not empty.
  [[nodiscard]] NMR_ALWAYS_INLINE NMR_LOCAL bool still_attached() const noexcept {
    return !call_.target()->refs().rundown_begun();
  }

  /// Turns the call into a hold, and leaves the guard empty. Succeeds while the attachment drains.
  ///
  /// Returns       the hold, which is now what keeps the attachment; empty if *this is.
  /// Progress      wait-free: one read-modify-write, then as leave(), which is not the last one out.
  NMR_LOCAL BasicCallHold<N, Calls> hold() noexcept {
    if (call_.target() == nullptr) return {};
    return BasicCallHold<N, Calls>(static_cast<detail::AttachmentCore<Calls>*>(&call_.hold()));
  }

  /// Leaves early, as the destructor does; *this is empty then. Nothing is done if it is already.
  ///
  /// Progress      wait-free, and allocates nothing; but the last one out of an attachment that drains runs the
  ///               completions, and may wait for a moment for timed waits whose time is over just then. On another
  ///               thread than the guard was made on, it takes the domain's mutex if a detach has found this call. In a
  ///               signal handler too, if the completions may run there. Those of a registry may not where the handler
  ///               has interrupted the registry: they take its mutex.
  /// Ordering      the call happens-before those completions.
  /// Lifetime      the provider's code and data, and the attachment, may be gone when it returns. What it touches last
  ///               is the thread's slot, in the domain; then, as the last one out, the attachment; then nothing once a
  ///               completion has been entered; the handle not at all. Counted in one word: the count, in the handle,
  ///               then the attachment; the domain not at all.
  NMR_ALWAYS_INLINE NMR_LOCAL void leave() noexcept { call_.leave(); }

 private:
  [[nodiscard]] NMR_LOCAL detail::AttachmentCore<Calls>* attachment() const noexcept {
    return static_cast<detail::AttachmentCore<Calls>*>(call_.target());
  }

  typename Calls::Call call_;
};

template <Npi N>
using CallGuard = BasicCallGuard<N, PerThreadCalls>;

NMR_END_NAMESPACE
