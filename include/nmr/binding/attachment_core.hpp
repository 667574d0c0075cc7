#pragma once
#include <nmr/calls/calls_policy.hpp>
#include <nmr/platform/std_atomics.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// What calls one way go to, without its types: a table, a context, and the count of calls in progress. The base of
/// Attachment, and of each side's `outgoing` in a binding of a registry's.
template <CallsPolicy Calls>
class NMR_PUBLIC_TYPE AttachmentCore : public Calls::Target {
 public:
  NMR_LOCAL AttachmentCore() noexcept = default;
  NMR_LOCAL ~AttachmentCore() = default;
  NMR_LOCAL AttachmentCore(const void* dispatch, void* context) noexcept
      : dispatch_(dispatch), context_(context) {}

  [[nodiscard]] NMR_LOCAL const void* dispatch() const noexcept { return dispatch_; }
  [[nodiscard]] NMR_LOCAL void* context() const noexcept { return context_; }
  /// Returns the domain where it was attached last, or null if it never was. For a thread that is inside of a call to
  /// it.
  [[nodiscard]] NMR_LOCAL typename Calls::Domain* domain() const noexcept {
    return domain_.load(
        order::relaxed);  // relaxed: the attach happens-before every call of a thread that asks
  }

  /// Sets where calls go.
  ///
  /// Progress      wait-free.
  /// Precondition  not open.
  NMR_LOCAL void aim(const void* dispatch, void* context) noexcept {
    dispatch_ = dispatch;
    context_ = context;
  }
  /// Makes it ready for install() into a cell of the domain.
  ///
  /// Returns       false while it is attached or drains, or if another thread was faster.
  /// Progress      waits for callers that it is refusing just now, a few instructions of each.
  [[nodiscard]] NMR_LOCAL bool open(typename Calls::Domain& domain) noexcept {
    if (!Calls::Target::open()) return false;
    domain_.store(&domain, order::relaxed);  // relaxed: as above; who waits may ask just now
    return true;
  }

 private:
  const void* dispatch_ = nullptr;
  void* context_ = nullptr;
  AtomicOf<typename Calls::Atomics, typename Calls::Domain*> domain_{nullptr};
};

}  // namespace detail
NMR_END_NAMESPACE
