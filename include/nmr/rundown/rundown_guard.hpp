#pragma once
#include <cstddef>
#include <utility>

#include <nmr/rundown/rundown_ref.hpp>
#include <nmr/rundown/sharded_rundown_ref.hpp>

NMR_BEGIN_NAMESPACE

/// Owns one reference of a RundownRef or ShardedRundownRef, or none. Movable, and may be dropped on any
/// thread.
template <class Ref>
class [[nodiscard]] NMR_PUBLIC_TYPE BasicRundownGuard {
 public:
  constexpr BasicRundownGuard() noexcept = default;

  /// Takes a reference unless rundown has begun; then the guard is empty.
  explicit BasicRundownGuard(Ref& ref) noexcept : ref_(ref.try_acquire() ? &ref : nullptr) {}

  /// Takes over a reference that the caller holds.
  struct Adopt {};
  BasicRundownGuard(Ref& ref, Adopt) noexcept : ref_(&ref) {}

  BasicRundownGuard(BasicRundownGuard&& other) noexcept : ref_(std::exchange(other.ref_, nullptr)) {}
  BasicRundownGuard& operator=(BasicRundownGuard&& other) noexcept {
    BasicRundownGuard(std::move(other)).swap(*this);
    return *this;
  }
  ~BasicRundownGuard() { reset(); }

  /// Returns true if a reference is held. One that was refused has had no effect and needs no release.
  [[nodiscard]] explicit operator bool() const noexcept { return ref_ != nullptr; }

  /// Returns a second guard; succeeds while draining too. Empty if *this is.
  BasicRundownGuard duplicate() const noexcept {
    if (ref_ == nullptr) return {};
    ref_->duplicate();
    return BasicRundownGuard(*ref_, Adopt{});
  }

  /// Gives the reference back, if any. May run the completion: it can be the last.
  void reset() noexcept {
    if (ref_ != nullptr) std::exchange(ref_, nullptr)->release();
  }

  void swap(BasicRundownGuard& other) noexcept { std::swap(ref_, other.ref_); }

 private:
  Ref* ref_ = nullptr;
};

using RundownGuard = BasicRundownGuard<RundownRef>;
using ShardedRundownGuard = BasicRundownGuard<ShardedRundownRef>;

/// Takes a reference for a scope; the guard is empty if rundown has begun.
template <class Ref>
BasicRundownGuard<Ref> try_guard(Ref& ref) noexcept {
  return BasicRundownGuard<Ref>(ref);
}

NMR_END_NAMESPACE
