#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <type_traits>

#include <nmr/rundown.hpp>

#include "platform/threads.hpp"
#include "support/misuse.hpp"

namespace {

/// A policy without Mutex and Condition: its event is its own, and it notes what is done with it.
struct OwnPolicy {
  template <class T>
  using Atomic = nmr::StdAtomics::Atomic<T>;

  static inline std::atomic<int> sets{0};
  static inline std::atomic<int> sections{0};
  static inline std::atomic<int> set_in_a_section{0};
  static inline std::atomic<int> timed{0};
  static inline thread_local int level = 0;

  class Event {
   public:
    void set() noexcept {
      sets.fetch_add(1);
      if (level != 0) set_in_a_section.fetch_add(1);
      const std::lock_guard lock(mutex_);
      set_ = true;
      changed_.notify_all();
    }
    void wait() noexcept {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return set_; });
    }
    bool wait_until(std::int64_t deadline) noexcept {
      timed.fetch_add(1);
      const auto left = std::chrono::nanoseconds(deadline - now_ns());
      std::unique_lock lock(mutex_);
      return changed_.wait_for(lock, left, [this] { return set_; });
    }

   private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool set_ = false;
  };
  class ShortSection {
   public:
    ShortSection() noexcept {
      ++level;
      sections.fetch_add(1);
    }
    ShortSection(const ShortSection&) = delete;
    ShortSection& operator=(const ShortSection&) = delete;
    ~ShortSection() { --level; }
  };

  static void relax(unsigned turn) noexcept { nmr::StdAtomics::relax(turn); }
  static std::int64_t now_ns() noexcept { return nmr::StdAtomics::now_ns(); }
  static std::uintptr_t thread_pointer() noexcept { return nmr::StdAtomics::thread_pointer(); }
  static unsigned processor_count() noexcept { return 2; }
  static void misuse(const nmr::MisuseReport& report) noexcept { nmr::StdAtomics::misuse(report); }
};
static_assert(nmr::ShardedPolicy<OwnPolicy> && !nmr::SleepsPolicy<OwnPolicy>);
static_assert(!nmr::AtomicsPolicy<OwnPolicy>);  // calls need more

using Ref = nmr::BasicRundownRef<OwnPolicy>;
using Sharded = nmr::BasicShardedRundownRef<OwnPolicy>;

/// An event that cannot be set is none, whatever else the policy has to sleep with.
struct HalfAnEvent : nmr::StdAtomics {
  struct Event {
    void wait() noexcept {}
  };
};
static_assert(!nmr::RundownPolicy<HalfAnEvent>);

struct Unchecked : nmr::StdAtomics {
  enum : bool { kChecksWhenDestroyed = false };
};
struct Checked : nmr::StdAtomics {
  enum : bool { kChecksWhenDestroyed = true };
};
static_assert(std::is_trivially_destructible_v<nmr::BasicRundownRef<Unchecked>>);
static_assert(!std::is_trivially_destructible_v<nmr::BasicRundownRef<Checked>>);
static_assert(!std::is_trivially_destructible_v<nmr::RundownRef>);
static_assert(sizeof(nmr::BasicRundownRef<Unchecked>) == sizeof(nmr::RundownRef));

}  // namespace

TEST_CASE_TEMPLATE(
    "R160: waits sleep on the policy's own event, which the last one out sets once, in no section", Form, Ref,
    Sharded) {
  OwnPolicy::sets = 0;
  OwnPolicy::set_in_a_section = 0;
  for (int turn = 0; turn < 50; ++turn) {
    auto ref = std::make_unique<Form>();
    REQUIRE(ref->try_acquire());
    CHECK_FALSE(ref->wait_for_rundown_for(std::chrono::microseconds(1)));
    std::atomic<int> told{0};
    Threads waiters(2, [&](int i) {
      if (i == 0) ref->run_down();
      if (i == 1) ref->wait_for_rundown();
      told.fetch_add(1);
    });
    spin_until([&] { return ref->rundown_begun(); });
    CHECK(told.load() == 0);
    ref->release();
    waiters.join();
    CHECK(told.load() == 2);
    CHECK(ref->run_down_already());
  }
  CHECK(OwnPolicy::sets.load() >= 50);  // a wait that came late needed none
  CHECK(OwnPolicy::sets.load() <= 100);
  CHECK(OwnPolicy::set_in_a_section.load() == 0);
}

TEST_CASE_TEMPLATE(
    "R160: whoever is told by a policy's own event may free the object, beside waits whose time is over",
    Form, Ref, Sharded) {
  OwnPolicy::sections = 0;
  int freed = 0;
  for (int turn = 0; turn < 300; ++turn) {
    OwnPolicy::timed = 0;
    auto ref = std::make_unique<Form>();
    REQUIRE(ref->try_acquire());
    (void)ref->begin_rundown();
    Threads waits(1, [raw = ref.get(), turn](int) {
      (void)raw->wait_for_rundown_for(std::chrono::nanoseconds(turn * 50));
    });
    spin_until([] { return OwnPolicy::timed.load() != 0; });  // it is in the list
    Threads releases(1, [raw = ref.get()](int) { raw->release(); });
    ref->wait_for_rundown();
    ref.reset();  // the timed wait may still be on its way out
    ++freed;
  }
  CHECK(freed == 300);
  CHECK(OwnPolicy::sections.load() >= 300);  // each closing has one
}

TEST_CASE(
    "R161: where the policy leaves out the check, a reference of static storage may be held to the end") {
  static constinit nmr::BasicRundownRef<Unchecked> of_static_storage;
  MisuseTrap trap;
  REQUIRE(of_static_storage.try_acquire());
  {
    nmr::BasicRundownRef<Unchecked> held;
    REQUIRE(held.try_acquire());
  }
  CHECK(trap.count() == 0);
  {
    nmr::BasicRundownRef<Checked> held;
    REQUIRE(held.try_acquire());
  }
  CHECK(trap.count() == 1);
  of_static_storage.release(2);  // all else is reported as ever
  CHECK(trap.count() == 2);
}
