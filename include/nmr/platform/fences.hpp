#pragma once
/// The two halves of an asymmetric fence. The frequent side pays a compiler fence only (light); the rare side
/// asks the system to make every running thread of the process pass a full barrier (heavy). Together they
/// order like two sequentially consistent fences: if the light side's store comes first, whoever ran the
/// heavy side sees it; if the heavy side comes first, the light side's load sees what was stored before the
/// heavy side.
#include <atomic>
#include <cstdint>
#include <nmr/platform/config.hpp>

NMR_BEGIN_NAMESPACE
namespace platform {

inline void light_fence() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

inline void full_fence() noexcept {
#if defined(__GNUC__) && !defined(__clang__)
  __sync_synchronize();  // as the fence of <atomic>, which g++ rejects under the thread sanitizer
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

}  // namespace platform
NMR_END_NAMESPACE
