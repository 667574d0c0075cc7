#pragma once
/// Memory orders by their short names. Not those of `<atomic>`: that header brings in threads and strings with some
/// standard libraries, also where the implementation is freestanding.
#include <nmr/platform/config.hpp>

NMR_BEGIN_NAMESPACE

/// Whether a type has the names of std::memory_order.
template <class T>
concept MemoryOrder = requires { T::relaxed, T::acquire, T::release, T::acq_rel, T::seq_cst; };

/// A memory order. It becomes one of std::memory_order, and that becomes one of these: so a policy may have std::atomic,
/// and what the policy has may be used as std::atomic.
class NMR_PUBLIC_TYPE Order {
 public:
  enum Name : int {
    kRelaxed = 0,
    kAcquire = 2,
    kRelease = 3,
    kAcqRel = 4,
    kSeqCst = 5
  };  // as compilers number them

  NMR_ALWAYS_INLINE NMR_LOCAL constexpr Order(Name name) noexcept : name_(name) {}
  template <MemoryOrder T>
  NMR_ALWAYS_INLINE NMR_LOCAL constexpr Order(T order) noexcept
      : name_(order == T::relaxed   ? kRelaxed
              : order == T::acquire ? kAcquire
              : order == T::release ? kRelease
              : order == T::acq_rel ? kAcqRel
                                    : kSeqCst) {}
  template <MemoryOrder T>
  NMR_ALWAYS_INLINE NMR_LOCAL constexpr operator T() const noexcept {
    switch (name_) {
      case kRelaxed: return T::relaxed;
      case kAcquire: return T::acquire;
      case kRelease: return T::release;
      case kAcqRel: return T::acq_rel;
      case kSeqCst: break;
    }
    return T::seq_cst;
  }

  /// Returns its number, for a compiler's own atomics.
  [[nodiscard]] NMR_ALWAYS_INLINE NMR_LOCAL constexpr int number() const noexcept { return name_; }

 private:
  Name name_;
};

namespace order {
constexpr Order relaxed{Order::kRelaxed};
constexpr Order acquire{Order::kAcquire};
constexpr Order release{Order::kRelease};
constexpr Order acq_rel{Order::kAcqRel};
}  // namespace order

NMR_END_NAMESPACE
