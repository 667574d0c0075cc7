#pragma once
#include <atomic>
#include <nmr/platform/config.hpp>

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

  NMR_LOCAL T load(std::memory_order order) const noexcept { return __atomic_load_n(&value_, of(order)); }
  NMR_LOCAL void store(T value, std::memory_order order) noexcept {
    __atomic_store_n(&value_, value, of(order));
  }
  NMR_LOCAL T exchange(T value, std::memory_order order) noexcept {
    return __atomic_exchange_n(&value_, value, of(order));
  }
  NMR_LOCAL bool compare_exchange_strong(T& expected, T value, std::memory_order success,
                                         std::memory_order failure) noexcept {
    return __atomic_compare_exchange_n(&value_, &expected, value, false, of(success), of(failure));
  }
  NMR_LOCAL bool compare_exchange_weak(T& expected, T value, std::memory_order success,
                                       std::memory_order failure) noexcept {
    return __atomic_compare_exchange_n(&value_, &expected, value, true, of(success), of(failure));
  }
  NMR_LOCAL T fetch_add(T value, std::memory_order order) noexcept {
    return __atomic_fetch_add(&value_, value, of(order));
  }
  NMR_LOCAL T fetch_sub(T value, std::memory_order order) noexcept {
    return __atomic_fetch_sub(&value_, value, of(order));
  }
  NMR_LOCAL T fetch_or(T value, std::memory_order order) noexcept {
    return __atomic_fetch_or(&value_, value, of(order));
  }

 private:
  NMR_ALWAYS_INLINE NMR_LOCAL static constexpr int of(std::memory_order order) noexcept {
    return static_cast<int>(order);
  }

  T value_;
};

#else

template <class T>
using Atomic = std::atomic<T>;

#endif

}  // namespace platform
NMR_END_NAMESPACE
