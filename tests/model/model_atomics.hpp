#pragma once
/// The policy that puts the shipped headers under the explorer.
#include <cstring>

#include <nmr/platform/std_atomics.hpp>

#include "engine.hpp"

namespace model {

namespace detail {
template <class T>
std::uint64_t to_bits(T value) noexcept {
  static_assert(sizeof(T) <= sizeof(std::uint64_t));
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}
template <class T>
T from_bits(std::uint64_t bits) noexcept {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
/// What a failed compare_exchange may read with, given one order for both.
constexpr std::memory_order failure_order(std::memory_order order) noexcept {
  if (order == std::memory_order_acq_rel) return std::memory_order_acquire;
  return order == std::memory_order_release ? std::memory_order_relaxed : order;
}
}  // namespace detail

template <class T>
class Atomic {
  using Order = std::memory_order;

 public:
  Atomic() noexcept : Atomic(T{}) {}
  Atomic(T value) noexcept { Engine::get().create(this, ObjectKind::kAtomic, detail::to_bits(value)); }
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;
  ~Atomic() { Engine::get().destroy(this); }

  T load(Order order = Order::seq_cst, Site site = Site::here()) const noexcept {
    return run(OpKind::kLoad, T{}, order, site);
  }
  void store(T value, Order order = Order::seq_cst, Site site = Site::here()) noexcept {
    run(OpKind::kStore, value, order, site);
  }
  T exchange(T value, Order order = Order::seq_cst, Site site = Site::here()) noexcept {
    return run(OpKind::kExchange, value, order, site);
  }
  T fetch_add(T value, Order order = Order::seq_cst, Site site = Site::here()) noexcept {
    return run(OpKind::kAdd, value, order, site);
  }
  T fetch_sub(T value, Order order = Order::seq_cst, Site site = Site::here()) noexcept {
    return run(OpKind::kSub, value, order, site);
  }
  T fetch_and(T value, Order order = Order::seq_cst, Site site = Site::here()) noexcept {
    return run(OpKind::kAnd, value, order, site);
  }
  T fetch_or(T value, Order order = Order::seq_cst, Site site = Site::here()) noexcept {
    return run(OpKind::kOr, value, order, site);
  }
  T fetch_xor(T value, Order order = Order::seq_cst, Site site = Site::here()) noexcept {
    return run(OpKind::kXor, value, order, site);
  }
  bool compare_exchange_strong(T& expected, T value, Order success, Order failure,
                               Site site = Site::here()) noexcept {
    Op op = make(OpKind::kCompareExchange, value, success, site);
    op.expected = detail::to_bits(expected);
    op.failure = failure;
    const auto outcome = Engine::get().perform(op);
    if (!outcome.stored) expected = detail::from_bits<T>(outcome.value);
    return outcome.stored;
  }
  bool compare_exchange_strong(T& expected, T value, Order order = Order::seq_cst,
                               Site site = Site::here()) noexcept {
    return compare_exchange_strong(expected, value, order, detail::failure_order(order), site);
  }
  // Never fails without a reason: a loop around it would only go round once more.
  bool compare_exchange_weak(T& expected, T value, Order success, Order failure,
                             Site site = Site::here()) noexcept {
    return compare_exchange_strong(expected, value, success, failure, site);
  }
  bool compare_exchange_weak(T& expected, T value, Order order = Order::seq_cst,
                             Site site = Site::here()) noexcept {
    return compare_exchange_strong(expected, value, order, detail::failure_order(order), site);
  }

 private:
  Op make(OpKind kind, T value, Order order, Site site) const noexcept {
    Op op{kind, site};
    op.object = this;
    op.operand = detail::to_bits(value);
    op.mask = ~std::uint64_t{0} >> (64 - 8 * sizeof(T));
    op.order = op.failure = order;
    return op;
  }
  T run(OpKind kind, T value, Order order, Site site) const noexcept {
    return detail::from_bits<T>(Engine::get().perform(make(kind, value, order, site)).value);
  }

  T storage_{};  // for the size alone; the values are the explorer's
};

class Mutex {
 public:
  Mutex() noexcept { Engine::get().create(this, ObjectKind::kMutex, 0); }
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  ~Mutex() { Engine::get().destroy(this); }
  void lock(Site site = Site::here()) noexcept { run(OpKind::kLock, site); }
  void unlock(Site site = Site::here()) noexcept { run(OpKind::kUnlock, site); }

 private:
  void run(OpKind kind, Site site) noexcept {
    Op op{kind, site};
    op.object = this;
    Engine::get().perform(op);
  }
};

class Condition {
 public:
  Condition() noexcept { Engine::get().create(this, ObjectKind::kCondition, 0); }
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;
  ~Condition() { Engine::get().destroy(this); }

  void notify_all(Site site = Site::here()) noexcept {
    Op op{OpKind::kNotify, site};
    op.object = this;
    Engine::get().perform(op);
  }
  void wait(Mutex& mutex, Site site = Site::here()) noexcept { wait(mutex, false, site); }
  /// The time may run out in any wait that has a limit; once it has, it stays so for this deadline.
  bool wait_until(Mutex& mutex, std::int64_t deadline, Site site = Site::here()) noexcept {
    if (deadline == nmr::platform::kNever) return wait(mutex, false, site), true;
    return Engine::get().wait_until(deadline, [&] { wait(mutex, true, site); });
  }

 private:
  void wait(Mutex& mutex, bool timed, Site site) noexcept {
    Op op{OpKind::kWait, site};
    op.object = this;
    op.operand = reinterpret_cast<std::uintptr_t>(&mutex);
    Engine::get().perform(op);
    Op relock{OpKind::kLock, site};
    relock.object = &mutex;
    relock.ends_wait = true;
    relock.timed = timed;
    Engine::get().perform(relock);
  }
};

template <unsigned call_slots, unsigned first_call_records>
struct ModelPolicy {
  enum : unsigned { kCallSlots = call_slots, kFirstCallRecords = first_call_records, kIndexPlaces = 2 };

  template <class T>
  using Atomic = model::Atomic<T>;
  using Mutex = model::Mutex;
  using Condition = model::Condition;
  struct SignalBlock {
    explicit SignalBlock(Site site = Site::here()) noexcept { Engine::get().block_signals(site); }
    ~SignalBlock() { Engine::get().unblock_signals(); }
    SignalBlock(const SignalBlock&) = delete;
    SignalBlock& operator=(const SignalBlock&) = delete;
  };

  /// Orders the compiler only. Here nothing is reordered within a thread that the model does not reorder
  /// itself.
  static void light_fence() noexcept {}
  static void full_fence(Site site = Site::here()) noexcept {
    Engine::get().perform({OpKind::kFullFence, site});
  }
  static bool try_enable_heavy_fence() noexcept { return Engine::get().options().heavy_fence; }
  static void heavy_fence(Site site = Site::here()) noexcept {
    if (!Engine::get().options().interrupts)
      Engine::get().fail("the program needs Options::interrupts", site);
    Engine::get().perform({OpKind::kHeavyBegin, site});
    Engine::get().perform({OpKind::kHeavyEnd, site});
  }
  static void relax(unsigned, Site site = Site::here()) noexcept {
    Engine::get().perform({OpKind::kRelax, site});
  }
  static std::uintptr_t thread_pointer() noexcept { return Engine::get().thread_pointer(); }
  static unsigned processor_count() noexcept { return Engine::get().options().processors; }
  static std::int64_t now_ns() noexcept { return 1; }
  static void misuse(const nmr::MisuseReport& report) noexcept {
    Engine::get().misuse(report.object, report.operation, report.rule);
  }
};

using ModelAtomics = ModelPolicy<2, 2>;
static_assert(nmr::AtomicsPolicy<ModelAtomics>);

/// Ends an object whose memory stays with the program: any access that this does not come after is a fault.
template <class T>
void destroy(T& object) noexcept {
  object.~T();
  retire(&object, sizeof object);
}

/// Plain data of a program: each access is checked against all others, in whichever order they came.
template <class T>
class Var {
 public:
  explicit Var(T value) noexcept : value_(value) { Engine::get().create(this, ObjectKind::kPlain, 0); }
  Var(const Var&) = delete;
  Var& operator=(const Var&) = delete;

  T read(Site site = Site::here()) const noexcept {
    run(OpKind::kRead, site);
    return value_;
  }
  void write(T value, Site site = Site::here()) noexcept {
    run(OpKind::kWrite, site);
    value_ = value;
  }
  /// After this any access is a fault.
  void free(Site site = Site::here()) noexcept { run(OpKind::kFree, site); }

 private:
  void run(OpKind kind, Site site) const noexcept {
    Op op{kind, site};
    op.object = this;
    Engine::get().perform(op);
  }
  T value_;
};

}  // namespace model
