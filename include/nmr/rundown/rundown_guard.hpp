#pragma once
#include <cstddef>

#include <nmr/platform/pointer.hpp>

NMR_BEGIN_NAMESPACE

/// Owns one reference of a RundownRef or ShardedRundownRef, or none. One pointer large. Movable; may be dropped on any
/// thread.
///
/// Progress      no function of a guard allocates or waits for references. Whoever gives the last one back runs the
///               completions: see release() of the reference.
/// Lifetime      a guard is emptied before it gives its reference back, and not touched after that. So a completion may
///               free the memory that a guard which was reset() is in.
template <class Ref>
class [[nodiscard("keep the guard: without a name it gives the reference back at once")]] NMR_PUBLIC_TYPE
    BasicRundownGuard {
 public:
  NMR_LOCAL constexpr BasicRundownGuard() noexcept = default;

  /// Takes a reference unless rundown has begun; then the guard is empty. As ref.try_acquire() in all: with a
  /// RundownRef one that is refused may run a completion.
  NMR_LOCAL explicit BasicRundownGuard(Ref& ref) noexcept : ref_(ref.try_acquire() ? &ref : nullptr) {}

  /// Takes over a reference that the caller holds, and does not give it back itself.
  struct Adopt {};
  NMR_LOCAL BasicRundownGuard(Ref& ref, Adopt) noexcept : ref_(&ref) {}

  /// The other guard is empty afterwards. To assign gives back what *this held, last: as reset().
  NMR_LOCAL BasicRundownGuard(BasicRundownGuard&& other) noexcept : ref_(platform::take(other.ref_)) {}
  NMR_LOCAL BasicRundownGuard& operator=(BasicRundownGuard&& other) noexcept {
    BasicRundownGuard(static_cast<BasicRundownGuard&&>(other)).swap(*this);
    return *this;
  }
  /// As reset().
  NMR_LOCAL ~BasicRundownGuard() { reset(); }

  /// Returns true if a reference is held. One that was refused has had no effect and needs no release.
  [[nodiscard]] NMR_LOCAL explicit operator bool() const noexcept { return ref_ != nullptr; }

  /// Returns a second guard; succeeds while draining too. Empty if *this is.
  /// Progress      wait-free; runs no completion.
  NMR_LOCAL BasicRundownGuard duplicate() const noexcept {
    if (ref_ == nullptr) return {};
    ref_->duplicate();
    return BasicRundownGuard(*ref_, Adopt{});
  }

  /// Gives the reference back, if any. May run the completion: it can be the last.
  /// Progress      as release() of the reference; Ordering and Lifetime too.
  NMR_LOCAL void reset() noexcept {
    if (ref_ != nullptr) platform::take(ref_)->release();
  }

  /// Exchanges the two references.
  /// Progress      wait-free.
  NMR_LOCAL void swap(BasicRundownGuard& other) noexcept { platform::swap_pointers(ref_, other.ref_); }

 private:
  Ref* ref_ = nullptr;
};

/// Takes a reference for a scope; the guard is empty if rundown has begun. As ref.try_acquire() in all: with a
/// RundownRef one that is refused may run a completion.
template <class Ref>
[[nodiscard("keep the guard: without a name it gives the reference back at once")]] BasicRundownGuard<Ref>
try_guard(Ref& ref) noexcept {
  return BasicRundownGuard<Ref>(ref);
}

NMR_END_NAMESPACE
