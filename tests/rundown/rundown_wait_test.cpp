#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include <nmr/rundown.hpp>

#include "platform/counted_completion.hpp"
#include "platform/threads.hpp"
#include "support/misuse.hpp"

namespace {

/// Tells how many threads have linked the node of a timed wait.
struct TellsWaits : nmr::StdAtomics {
  static inline std::atomic<int> threads_waiting{0};

  class Condition : public nmr::StdAtomics::Condition {
   public:
    bool wait_until(nmr::platform::Mutex& mutex, nmr::platform::Deadline deadline) noexcept {
      static thread_local bool counted = false;
      if (!counted) threads_waiting.fetch_add(1);
      counted = true;
      return nmr::StdAtomics::Condition::wait_until(mutex, deadline);
    }
  };
};

/// A policy whose time is over at the first look, and which lets the test act at that moment: inside the
/// wait, before it takes its node back.
struct EndsWhileWaiting : nmr::StdAtomics {
  static inline void (*at_timeout)() = nullptr;
  /// The wait goes on, under its mutex.
  static inline std::atomic<bool> over{false};

  class Condition : public nmr::StdAtomics::Condition {
   public:
    bool wait_until(nmr::platform::Mutex& mutex, nmr::platform::Deadline) noexcept {
      mutex.unlock();  // as a wait does
      at_timeout();
      mutex.lock();
      over.store(true);
      return false;
    }
  };
};

template <class Ref>
Ref*& object() noexcept {
  static Ref* the_object = nullptr;
  return the_object;
}

template <template <class> class Form>
void end_at_timeout() {
  using Ref = Form<EndsWhileWaiting>;
  object<Ref>() = new Ref;
  Ref& ref = *object<Ref>();
  CHECK(ref.try_acquire());
  CHECK(ref.begin_rundown() == nmr::RundownState::kPending);
  EndsWhileWaiting::at_timeout = [] { object<Ref>()->release(); };
  CHECK(
      ref.wait_for_rundown_for(std::chrono::seconds(0)));  // its time was over, and it was told all the same
  delete object<Ref>();
}

/// The first to be told of an end: frees the object, and holds up the others until a timed wait has come
/// back.
template <class Ref>
struct FreesFirst : nmr::Completion {
  FreesFirst() noexcept : Completion(&free, nullptr) {}
  static inline std::atomic<bool> freed{false};
  static void free(Completion&, void*) noexcept {
    delete object<Ref>();
    freed.store(true);
    spin_until([] { return EndsWhileWaiting::over.load(); });
  }
};

template <template <class> class Form>
void free_at_timeout() {
  using Ref = Form<EndsWhileWaiting>;
  object<Ref>() = new Ref;
  Ref& ref = *object<Ref>();
  FreesFirst<Ref> frees_first;
  FreesFirst<Ref>::freed.store(false);
  EndsWhileWaiting::over.store(false);
  CHECK(ref.try_acquire());
  CHECK(ref.begin_rundown(frees_first) == nmr::RundownState::kPending);
  static Threads* releaser = nullptr;
  Threads threads;
  releaser = &threads;
  EndsWhileWaiting::at_timeout = [] {
    releaser->add([](int) { object<Ref>()->release(); });
    spin_until([] { return FreesFirst<Ref>::freed.load(); });
  };
  CHECK(ref.wait_for_rundown_for(std::chrono::seconds(0)));
}

template <class A>
using Plain = nmr::BasicRundownRef<A>;
template <class A>
using Sharded = nmr::BasicShardedRundownRef<A>;

}  // namespace

TEST_CASE("R105: a wait that runs out of time just when the last reference goes says that it has run down") {
  SUBCASE("RundownRef") { end_at_timeout<Plain>(); }
  SUBCASE("ShardedRundownRef") { end_at_timeout<Sharded>(); }
}

TEST_CASE(
    "R105: a wait whose time is over after the object was freed is told, and does not touch the object") {
  SUBCASE("RundownRef") { free_at_timeout<Plain>(); }
  SUBCASE("ShardedRundownRef") { free_at_timeout<Sharded>(); }
}

TEST_CASE_TEMPLATE(
    "R105: a wait that runs out of time never comes back to an object that another waiter has freed", Ref,
    nmr::BasicRundownRef<TellsWaits>, nmr::BasicShardedRundownRef<TellsWaits>) {
  int told = 0;
  int wrong = 0;
  constexpr int kWaiters = 3;
  for (int turn = 0; turn < 300; ++turn) {
    Ref* const ref = new Ref;
    if (!ref->try_acquire()) ++wrong;
    ref->begin_rundown();
    TellsWaits::threads_waiting.store(0);
    std::atomic<int> in_time{0};
    Threads waiters(kWaiters, [&](int i) {
      // Meanwhile *ref may be freed: only the wait itself knows whether it may still touch it.
      in_time.fetch_add(ref->wait_for_rundown_for(std::chrono::microseconds(5 * i + turn % 20)) ? 1 : 0);
    });
    spin_until([] { return TellsWaits::threads_waiting.load() == kWaiters; });
    ref->release();
    ref->run_down();
    delete ref;
    waiters.join();
    told += in_time.load();
  }
  CHECK(wrong == 0);
  MESSAGE(told << " of " << 300 * kWaiters << " waits were told in time");
}

TEST_CASE_TEMPLATE("R105: waits unlink themselves from anywhere in the list, and the others are still told",
                   Ref, nmr::RundownRef, nmr::ShardedRundownRef) {
  Ref ref;
  CHECK(ref.try_acquire());
  CountedCompletion done[3];
  CHECK(ref.begin_rundown(done[0]) == nmr::RundownState::kPending);
  CHECK_FALSE(ref.wait_for_rundown_for(std::chrono::nanoseconds(1)));  // the newest node of two
  CHECK(ref.begin_rundown(done[1]) == nmr::RundownState::kPending);
  std::atomic<bool> middle_returned{false};
  {
    Threads middle(
        1, [&](int) { middle_returned.store(!ref.wait_for_rundown_for(std::chrono::milliseconds(1))); });
    CHECK(ref.begin_rundown(done[2]) == nmr::RundownState::kPending);
  }
  CHECK(middle_returned.load());
  for (const CountedCompletion& each : done) CHECK(each.runs() == 0);
  ref.release();
  for (const CountedCompletion& each : done) CHECK(each.runs() == 1);
}

TEST_CASE(
    "destroying a sharded object that somebody waits for is trapped, though nobody has begun its rundown") {
  auto* const ref = new Sharded<TellsWaits>;
  TellsWaits::threads_waiting.store(0);
  bool told = false;
  Threads waiter(1, [&](int) { told = ref->wait_for_rundown_for(std::chrono::hours(1)); });
  spin_until([] { return TellsWaits::threads_waiting.load() == 1; });
  MisuseTrap trap;
  delete ref;
  CHECK(trap.count() == 1);
  CHECK(trap.rule() == "destroyed while somebody waits for it to run down");
  waiter.join();
  CHECK(told);
}

namespace {

/// A policy that holds up whoever closes a list, before it can claim the node of a timed wait; and that wait, once its
/// time is over. So an owner has all the time it likes to be told of the end between the two.
struct HoldsUp : nmr::StdAtomics {
  static inline std::atomic<bool> waits{false};
  static inline std::atomic<bool> claims{false};  // or is about to
  static inline std::atomic<bool> wait_goes_on{false};
  static inline std::atomic<bool> claim_goes_on{false};
  static inline std::atomic<std::thread::id> closer{};

  template <class T>
  class Atomic : public nmr::StdAtomics::Atomic<T> {
   public:
    using nmr::StdAtomics::Atomic<T>::Atomic;
    T fetch_or(T value, nmr::Order order) noexcept {
      if (closer.load() == std::this_thread::get_id()) {
        claims.store(true);
        spin_until([] { return claim_goes_on.load(); });
      }
      return nmr::StdAtomics::Atomic<T>::fetch_or(value, order);
    }
  };
  class Condition : public nmr::StdAtomics::Condition {
   public:
    bool wait_until(nmr::platform::Mutex& mutex, nmr::platform::Deadline) noexcept {
      mutex.unlock();  // as a wait does
      waits.store(true);
      spin_until([] { return wait_goes_on.load(); });
      mutex.lock();
      return false;
    }
  };
  static void reset() {
    for (auto* flag : {&waits, &claims, &wait_goes_on, &claim_goes_on}) flag->store(false);
    closer.store(std::thread::id());
  }
};

}  // namespace

TEST_CASE_TEMPLATE("R105: nobody is told of the end while a timed wait could still come back to the object",
                   Ref, nmr::BasicRundownRef<HoldsUp>, nmr::BasicShardedRundownRef<HoldsUp>) {
  HoldsUp::reset();
  Ref ref;
  CHECK(ref.try_acquire());
  ref.begin_rundown();
  bool told = false;
  Threads waiter(1, [&](int) { told = ref.wait_for_rundown_for(std::chrono::milliseconds(1)); });
  spin_until([] { return HoldsUp::waits.load(); });
  Threads releaser(1, [&](int) {
    HoldsUp::closer.store(std::this_thread::get_id());
    ref.release();
  });
  spin_until([] { return HoldsUp::claims.load(); });
  // The last reference is gone, and the waiter's node has not been claimed.
  CHECK_FALSE(ref.run_down_already());
  CHECK(ref.begin_rundown() == nmr::RundownState::kPending);
  HoldsUp::wait_goes_on.store(true);
  HoldsUp::claim_goes_on.store(true);
  ref.wait_for_rundown();
  releaser.join();
  waiter.join();
  CHECK(told);  // it had ended: a wait that finds that says so
}
