// Threads that are cancelled while they wait: a wait is no cancellation point, so that it ends as it would have, and the
// thread after it.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>

#include <nmr/rundown.hpp>

#include "platform/cancelled_thread.hpp"
#include "platform/threads.hpp"

namespace {

/// Tells when a thread has begun to wait on a condition.
struct TellsWaits : nmr::StdAtomics {
  static inline std::atomic<int> waits{0};

  class Condition : public nmr::StdAtomics::Condition {
   public:
    void wait(nmr::platform::Mutex& mutex) noexcept {
      waits.fetch_add(1);
      nmr::StdAtomics::Condition::wait(mutex);
    }
    bool wait_until(nmr::platform::Mutex& mutex, nmr::platform::Deadline deadline) noexcept {
      waits.fetch_add(1);
      return nmr::StdAtomics::Condition::wait_until(mutex, deadline);
    }
  };
};

using Ref = nmr::BasicRundownRef<TellsWaits>;
using Sharded = nmr::BasicShardedRundownRef<TellsWaits>;

}  // namespace

TEST_CASE_TEMPLATE("a thread that is cancelled before or while it waits waits to the end, and is gone then",
                   Form, Ref, Sharded) {
  for (const bool before : {true, false}) {
    for (int way = 0; way != 3; ++way) {
      Form ref;
      CHECK(ref.try_acquire());
      TellsWaits::waits.store(0);
      bool told = false;
      CancelledThread thread([&] {
        if (before) pthread_cancel(pthread_self());
        if (way == 0) ref.wait_for_rundown();
        if (way == 1) told = ref.wait_for_rundown_for(std::chrono::hours(1));
        if (way == 2) ref.run_down();
        told = told || way != 1;
      });
      spin_until([] { return TellsWaits::waits.load() != 0; });
      if (!before) thread.cancel();
      ref.begin_rundown();
      ref.release();
      CHECK(thread.join_cancelled());
      CHECK(told);
      CHECK(ref.run_down_already());
    }
  }
}

TEST_CASE_TEMPLATE("a timed wait of a thread that has been cancelled ends with its time", Form, Ref,
                   Sharded) {
  Form ref;
  CHECK(ref.try_acquire());
  bool told = true;
  CancelledThread thread([&] {
    pthread_cancel(pthread_self());
    told = ref.wait_for_rundown_for(std::chrono::milliseconds(1));
  });
  CHECK(thread.join_cancelled());
  CHECK_FALSE(told);
  ref.release();
  ref.run_down();  // nobody waits any more
}
