#pragma once
/// One step of a program under test, and the explorer's choice of a step.
#include <atomic>
#include <cstdint>

#include "basics.hpp"

namespace model {

enum class OpKind : std::uint8_t {
  kLoad,
  kStore,
  kExchange,
  kAdd,
  kSub,
  kAnd,
  kOr,
  kXor,
  kCompareExchange,
  kFullFence,
  kHeavyBegin,
  kHeavyEnd,
  kLock,
  kUnlock,
  kWait,
  kNotify,
  kRelax,
  kRead,
  kWrite,
  kFree,
  kBlockSignals,
  kStart,
  kFinish,
};

struct Op {
  OpKind kind;
  Site site;
  const void* object = nullptr;
  std::uint64_t operand = 0;   // value stored or added; the mutex of kWait
  std::uint64_t expected = 0;  // of kCompareExchange
  std::uint64_t mask = ~std::uint64_t{0};
  std::memory_order order = std::memory_order_relaxed;
  std::memory_order failure = std::memory_order_relaxed;
  bool ends_wait = false;  // kLock: comes after a wake-up
  bool timed = false;    // and that wait's time may run out
  bool dropped = false;  // a planted fault: does nothing
  bool given = false;    // kLoad: a planted fault, reads `operand`
  bool late = false;     // kStore: a planted fault, comes after the thread's next step
};

/// Returns true for what only reads or writes the value of an atomic object.
[[nodiscard]] constexpr bool is_atomic(OpKind kind) noexcept { return kind <= OpKind::kCompareExchange; }
[[nodiscard]] constexpr bool is_modify(OpKind kind) noexcept {
  return kind >= OpKind::kExchange && kind <= OpKind::kCompareExchange;
}

[[nodiscard]] constexpr bool has_acquire(std::memory_order order) noexcept {
  return order != std::memory_order_relaxed && order != std::memory_order_release;
}
[[nodiscard]] constexpr bool has_release(std::memory_order order) noexcept {
  return order == std::memory_order_release || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}

[[nodiscard]] constexpr bool is_seq_cst(const Op& op) noexcept {
  return is_atomic(op.kind) &&
         (op.order == std::memory_order_seq_cst || op.failure == std::memory_order_seq_cst);
}

/// Returns true for what waits until its thread's buffer is empty, as the instructions do that x86 has for it.
[[nodiscard]] constexpr bool drains(const Op& op) noexcept {
  return is_modify(op.kind) || (op.kind == OpKind::kStore && op.order == std::memory_order_seq_cst);
}

/// What the explorer can do next. Two actions of different threads commute unless they use the same resource
/// and one of them writes it; that is all the reduction knows.
struct Action {
  enum Kind : std::uint8_t { kStep, kServe, kFlush, kTimeout, kWake, kSignal };
  /// Resources: 0 none, then the two below, then the objects by their numbers.
  enum : std::uint16_t { kNone, kFences, kLiveThreads, kFirstObject };

  ThreadId thread = 0;
  Kind kind = kStep;
  // kStep: which message is read, or goes before what is stored, or kNewest; kServe: whose fence.
  std::uint16_t choice = 0;
  std::uint16_t uses[2] = {kNone, kNone};
  bool writes = true;
  bool covers =
      true;  // may be put to sleep: the runs that it covers need no fewer preemptions than those it leads to

  enum : std::uint16_t { kNewest = 0xFFFF };

  [[nodiscard]] bool same(const Action& other) const noexcept {
    return thread == other.thread && kind == other.kind && choice == other.choice;
  }
  [[nodiscard]] bool commutes(const Action& other) const noexcept {
    if (thread == other.thread) return false;
    if (!writes && !other.writes) return true;
    for (const auto mine : uses) {
      for (const auto theirs : other.uses) {
        if (mine != kNone && mine == theirs) return false;
      }
    }
    return true;
  }
};

}  // namespace model
