#pragma once
/// The same call made in a dozen ways. Each mechanism is a place to call through: `int call(int value)`
/// returns what the callee does, or -1 if it is refused.
#include <atomic>
#include <memory>

#include <nmr/binding.hpp>
#include <nmr/rundown.hpp>

#include "baselines.hpp"
#include "echo.hpp"

/// Nothing keeps the callee alive. What all others are compared with.
class BareCall {
 public:
  static constexpr const char* kName = "bare call";
  NMR_ALWAYS_INLINE int call(int value) noexcept {
    return table_.load(std::memory_order_relaxed)->echo(context_, value);
  }

 private:
  std::atomic<const EchoDispatch*> table_{kEchoTable};
  void* context_ = nullptr;
};

/// Counted by the library, in one of its two ways.
template <class Calls>
class GuardedCall {
 public:
  GuardedCall() noexcept { (void)handle_.attach(binding_); }
  ~GuardedCall() { (void)handle_.detach_and_wait(); }
  GuardedCall(const GuardedCall&) = delete;
  GuardedCall& operator=(const GuardedCall&) = delete;

  NMR_ALWAYS_INLINE int call(int value) noexcept {
    const auto guard = handle_.try_call();
    return guard ? guard->echo(guard.context(), value) : -1;
  }

 private:
  typename Calls::Domain domain_;
  nmr::BasicAttachment<EchoNpi, Calls> binding_{kEchoTable, nullptr};
  alignas(2 * nmr::kCacheLine) nmr::BasicBindingHandle<EchoNpi, Calls> handle_{domain_};
};
struct GuardedPerThread : GuardedCall<nmr::PerThreadCalls> {
  static constexpr const char* kName = "guarded call";
};
struct GuardedOneWord : GuardedCall<nmr::OneWordCalls> {
  static constexpr const char* kName = "guarded call, one word";
};

/// Entered and left by hand, around a bare call.
template <class Gate>
class GatedCall {
 public:
  NMR_ALWAYS_INLINE int call(int value) noexcept {
    if (!gate_.enter()) return -1;
    const int result = bare_.call(value);
    gate_.leave();
    return result;
  }

 private:
  alignas(2 * nmr::kCacheLine) Gate gate_;
  alignas(2 * nmr::kCacheLine) BareCall bare_;
};
struct CallInCasRundown : GatedCall<CasRundown> {
  static constexpr const char* kName = "compare-and-swap rundown";
};
struct CallInSpinLockCounter : GatedCall<SpinLockCounter> {
  static constexpr const char* kName = "spin lock and counter";
};
struct CallUnderMutex : GatedCall<UnderMutex> {
  static constexpr const char* kName = "mutex";
};
struct CallUnderSharedMutex : GatedCall<UnderSharedMutex> {
  static constexpr const char* kName = "shared_mutex";
};

template <class Ref>
class CallInRef {
 public:
  ~CallInRef() { ref_.run_down(); }

  NMR_ALWAYS_INLINE int call(int value) noexcept {
    const auto guard = nmr::try_guard(ref_);
    return guard ? bare_.call(value) : -1;
  }

 private:
  alignas(2 * nmr::kCacheLine) Ref ref_;
  alignas(2 * nmr::kCacheLine) BareCall bare_;
};
struct CallInRundownRef : CallInRef<nmr::RundownRef> {
  static constexpr const char* kName = "RundownRef";
};
struct CallInShardedRef : CallInRef<nmr::ShardedRundownRef> {
  static constexpr const char* kName = "ShardedRundownRef";
};

/// The callee is owned by whoever holds the pointer; nobody can end it, only wait until it happens.
class CallByCopiedPointer {
 public:
  static constexpr const char* kName = "shared_ptr copy";
  NMR_ALWAYS_INLINE int call(int value) noexcept {
    const auto callee = callee_;
    return callee->call(value);
  }

 private:
  std::shared_ptr<BareCall> callee_ = std::make_shared<BareCall>();
};
class CallByLockedPointer {
 public:
  static constexpr const char* kName = "weak_ptr lock";
  NMR_ALWAYS_INLINE int call(int value) noexcept {
    const auto callee = weak_.lock();
    return callee ? callee->call(value) : -1;
  }

 private:
  std::shared_ptr<BareCall> callee_ = std::make_shared<BareCall>();
  std::weak_ptr<BareCall> weak_ = callee_;
};
#if defined(__cpp_lib_atomic_shared_ptr)
class CallByAtomicPointer {
 public:
  static constexpr const char* kName = "atomic<shared_ptr>";
  NMR_ALWAYS_INLINE int call(int value) noexcept {
    const auto callee = callee_.load(std::memory_order_acquire);
    return callee ? callee->call(value) : -1;
  }

 private:
  std::atomic<std::shared_ptr<BareCall>> callee_{std::make_shared<BareCall>()};
};
#endif
