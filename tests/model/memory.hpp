#pragma once
/// What threads share under the explorer: objects, the stores to them, and what each thread knows of them.
///
/// The views follow the usual operational form of the C++20 model: each store is a message; a thread may read
/// any message that is not older than its view; release messages carry their writer's view and clock; only
/// read-modify-writes continue a release sequence. A new store goes to any place after its thread's view, and a
/// read-modify-write right after what it reads. No load reads a store that runs later: load buffering is not
/// explored. An access of the order seq_cst is none of the views': a program has a full fence before it in its
/// place, which is a step of its own.
#include <deque>
#include <string>
#include <vector>

#include "operation.hpp"

namespace model {

enum class ObjectKind : std::uint8_t { kAtomic, kMutex, kCondition, kPlain };

struct Message {
  std::uint64_t value;
  ThreadId writer;
  Clock clock;
  View view;
  std::uint8_t number;  // of the stores to its atomic, as they ran
  /// The same in runs that differ in the order of independent steps alone: its writer's nth.
  std::uint32_t name;
  bool modifies;  // what is before it: nothing comes between
  Clock cause{};  // for the reduction: the steps that this store comes after in every equal run
};

struct Object {
  const void* address;
  std::uint16_t number;
  ObjectKind kind;
  bool alive;
  ThreadId creator;
  Time created;
  std::uint64_t initial;
  std::array<Time, kMaxThreads> touched;  // the last access of each thread

  // kAtomic: its stores in modification order; empty before the first access
  unsigned location;
  std::vector<Message> messages;
  std::size_t ran_last;  // the place of the one that did

  [[nodiscard]] std::size_t place_of(unsigned nth) const noexcept {
    std::size_t place = nth;
    if (messages[place].number == nth) return place;
    for (place = 0; messages[place].number != nth;) ++place;
    return place;
  }
  [[nodiscard]] bool newest(std::size_t place) const noexcept { return place + 1 == messages.size(); }

  // kMutex
  int holder;
  int holder_before;  // who has locked it last
  std::uint32_t turns;  // how often it has been locked
  View view;
  Clock clock;

  Clock cause;  // for the reduction, as in Message: of the last store or unlock

  // kPlain: the last write, and the last read of each thread
  ThreadId writer;
  Time written;
};

/// What one thread knows.
struct Knowledge {
  struct Buffered {
    Object* object;
    std::uint64_t value;
    Clock clock;
  };

  View now;  // bounds what may be read
  View acquired;  // what an acquire fence would add
  View released;  // what relaxed stores carry since the last release fence
  Clock clock, acquired_clock, released_clock;
  std::uint32_t stores;  // so far
  std::deque<Buffered> buffer;  // kTso
  View asked;  // of a heavy fence in progress: what it brings to all, and what it has gathered
  View gathered;
};

class Memory {
 public:
  /// `orders`: whether a store may come before some that have run, in the order of its atomic. With views.
  void reset(Backend backend, bool orders);

  void create(ThreadId by, const void* address, ObjectKind kind, std::uint64_t initial);
  void destroy(ThreadId by, const void* address);
  /// Returns the object at an address, after checking that `by` may use it.
  Object* use(ThreadId by, const void* address);
  [[nodiscard]] Object* find(const void* address) noexcept;

  /// Lists what an atomic operation of `thread` may do now; nothing if it has to wait for its buffer.
  void choices(ThreadId thread, const Op& op, std::vector<Action>& out);
  /// Does it. Returns the value read; `stored` tells whether a compare-and-exchange succeeded.
  std::uint64_t step(ThreadId thread, const Op& op, std::uint16_t choice, bool& stored);
  void flush(ThreadId thread);

  void plain(ThreadId by, Object& object, OpKind kind);

  /// Returns whether a fence right now would keep a load from a message that it may read as it is.
  [[nodiscard]] bool fence_forbids(ThreadId thread, const Object& object, unsigned number) const noexcept {
    return object.place_of(number) < know_[thread].acquired.oldest[object.location];
  }
  /// The same for what an interrupt of `fencer` would bring.
  [[nodiscard]] bool interrupt_forbids(ThreadId fencer, const Object& object,
                                       unsigned number) const noexcept {
    return object.place_of(number) < know_[fencer].asked.oldest[object.location];
  }

  void full_fence(ThreadId thread);
  void heavy_begin(ThreadId thread);
  void heavy_serve(ThreadId thread, ThreadId fencer);
  /// A thread that is not running passes a full barrier when it is switched away from or to.
  void heavy_off_cpu(ThreadId thread, ThreadId fencer) { know_[fencer].gathered.join(know_[thread].now); }
  void heavy_end(ThreadId thread);

  void lock(ThreadId thread, Object& mutex);
  void unlock(ThreadId thread, Object& mutex);

  /// A thread that begins late is switched to after the heavy fences that are over or under way.
  void start_late(ThreadId thread, ThreadId predecessor);
  void tick(ThreadId thread) noexcept { ++know_[thread].clock.times[thread]; }
  void join(ThreadId thread, ThreadId ended);

  [[nodiscard]] const Clock& clock(ThreadId thread) const noexcept { return know_[thread].clock; }
  [[nodiscard]] std::uint32_t run() const noexcept { return run_; }
  [[nodiscard]] bool buffered(ThreadId thread) const noexcept { return !know_[thread].buffer.empty(); }
  [[nodiscard]] const Object& next_flushed(ThreadId thread) const noexcept {
    return *know_[thread].buffer.front().object;
  }

  /// Returns a number for the orders of all atomics' stores.
  [[nodiscard]] std::uint64_t orders() const noexcept;

  std::string fault;  // the first one

 private:
  enum : std::size_t { kSlots = 1 << 14 };
  struct Slot {
    const void* address = nullptr;
    std::uint32_t run = 0;
    std::uint32_t index = 0;
  };

  Slot& slot(const void* address) noexcept;
  void give_location(Object& object);
  std::uint64_t read(ThreadId thread, Object& object, std::size_t index, std::memory_order order);
  void write(ThreadId thread, Object& object, std::uint64_t value, std::memory_order order, std::size_t after,
             bool modifies);
  void make_room(const Object& object, std::size_t place);
  [[nodiscard]] std::uint32_t name_next(ThreadId thread) noexcept {
    return std::uint32_t{thread} << 24 | ++know_[thread].stores;
  }
  void local_fence(ThreadId thread);
  void report(const std::string& what) {
    if (fault.empty()) fault = what;
  }

  Backend backend_ = Backend::kViews;
  bool orders_ = true;
  std::array<Knowledge, kMaxThreads> know_;
  View fences_;  // what full fences pass on to each other
  View started_;
  std::deque<Object> objects_;
  std::uint32_t used_ = 0;
  unsigned locations_ = 0;
  std::vector<Slot> slots_{kSlots};
  std::uint32_t run_ = 0;
};

}  // namespace model
