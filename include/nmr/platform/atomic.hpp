#pragma once
#include <nmr/platform/order.hpp>

#if !defined(__GNUC__)
#include <atomic>
#endif

NMR_BEGIN_NAMESPACE
namespace platform {

#if defined(__GNUC__)

/// As std::atomic, for what the headers use of it. The functions of std::atomic are weak symbols that stay visible:
/// where nothing is optimised, a plug-in that was loaded before lends them to the next, and stays mapped for it.
template <class T>
class NMR_PUBLIC_TYPE Atomic {
 public:
  NMR_LOCAL constexpr explicit Atomic(T value) noexcept : value_(value) {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  NMR_LOCAL T load(Order order) const noexcept { return __atomic_load_n(&value_, order.number()); }
  NMR_LOCAL void store(T value, Order order) noexcept { __atomic_store_n(&value_, value, order.number()); }
  NMR_LOCAL T exchange(T value, Order order) noexcept {
    return __atomic_exchange_n(&value_, value, order.number());
  }
  NMR_LOCAL bool compare_exchange_strong(T& expected, T value, Order success, Order failure) noexcept {
    return __atomic_compare_exchange_n(&value_, &expected, value, false, success.number(), failure.number());
  }
  NMR_LOCAL bool compare_exchange_weak(T& expected, T value, Order success, Order failure) noexcept {
    return __atomic_compare_exchange_n(&value_, &expected, value, true, success.number(), failure.number());
  }
  NMR_LOCAL T fetch_add(T value, Order order) noexcept {
    return __atomic_fetch_add(&value_, value, order.number());
  }
  NMR_LOCAL T fetch_sub(T value, Order order) noexcept {
    return __atomic_fetch_sub(&value_, value, order.number());
  }
  NMR_LOCAL T fetch_or(T value, Order order) noexcept {
    return __atomic_fetch_or(&value_, value, order.number());
  }

 private:
  T value_;
};

#else

template <class T>
using Atomic = std::atomic<T>;

#endif

}  // namespace platform
NMR_END_NAMESPACE
