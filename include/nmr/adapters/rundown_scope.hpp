#pragma once
#include <cstddef>

#include <nmr/adapters/endings.hpp>

NMR_BEGIN_NAMESPACE

/// A rundown reference with the shape of std::execution's scope tokens (P3149R11, [exec.scope.concepts]). It needs no
/// implementation of that: the concept is asked for by names alone.
template <class Ref>
class NMR_PUBLIC_TYPE BasicScopeToken {
 public:
  NMR_LOCAL explicit constexpr BasicScopeToken(Ref& ref) noexcept : ref_(&ref) {}

  /// Returns the sender as it is: an association is enough.
  template <class Sender>
  [[nodiscard]] NMR_LOCAL Sender&& wrap(Sender&& sender) const noexcept {
    return static_cast<Sender&&>(sender);
  }
  /// Returns whether one more is associated: as try_acquire() of the reference.
  /// Progress      as there.
  [[nodiscard]] NMR_LOCAL bool try_associate() const noexcept { return ref_->try_acquire(); }
  /// As release() of the reference: the last one out completes those who join.
  /// Progress      as there.
  /// Precondition  one is associated (trapped where the count shows it).
  NMR_LOCAL void disassociate() const noexcept { ref_->release(); }

 private:
  Ref* ref_;
};

/// An async scope over a rundown reference, as std::execution::simple_counting_scope where that can be:
///
///   unused, open                       active
///   closed, closed-and-joining         draining
///   unused-and-closed, joined          run down
///   open-and-joining                   is not there: to join closes first. There whoever joins goes on being counted
///                                      in for, and waits until nobody happens to be inside
///   destroyed in another state than    trapped as misuse while anybody is associated; else the end of all is no fault,
///     unused, ..., joined              whether anybody has joined or not
template <class Ref>
class NMR_PUBLIC_TYPE BasicRundownScope {
 public:
  using Token = BasicScopeToken<Ref>;

  NMR_LOCAL BasicRundownScope() noexcept(noexcept(Ref())) = default;
  BasicRundownScope(const BasicRundownScope&) = delete;
  BasicRundownScope& operator=(const BasicRundownScope&) = delete;
  /// Precondition  nobody is associated (trapped).
  NMR_LOCAL ~BasicRundownScope() = default;

  /// Returns the most that may be associated at a time.
  NMR_LOCAL static constexpr std::size_t max_associations() noexcept { return Ref::max_refs(); }

  /// Returns a token; as many as one likes.
  /// Progress      wait-free.
  [[nodiscard]] NMR_LOCAL Token get_token() noexcept { return Token(ref_); }

  /// From now on try_associate() refuses.
  /// Progress      as begin_rundown() of the reference.
  NMR_LOCAL void close() noexcept { (void)ref_.begin_rundown(); }

  /// Returns the end of all that are associated, to be awaited, any number of times: when that begins it closes.
  /// Progress      wait-free.
  /// Lifetime      whoever is told of the end may destroy the scope.
  NMR_LOCAL auto join() noexcept { return begin_rundown(ref_); }

  /// Returns the reference, for other styles of waiting.
  [[nodiscard]] NMR_LOCAL Ref& ref() noexcept { return ref_; }

 private:
  Ref ref_;
};

using RundownScope = BasicRundownScope<RundownRef>;
using ShardedRundownScope = BasicRundownScope<ShardedRundownRef>;

NMR_END_NAMESPACE
