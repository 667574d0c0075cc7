// Each way to be told of the end of a detach, through handles, bindings and guards: told once, and nothing is touched
// afterwards.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <type_traits>
#include <utility>

#include "binding/echo.hpp"
#include "platform/threads.hpp"
#include "support/misuse.hpp"
#include "support/own_page.hpp"

using nmr::Status;

namespace {

/// Who is inside when the detach begins.
enum class Inside : unsigned char { kNobody, kGuard, kHold, kBoth };
/// Who takes the binding out, and is told of its end.
enum class By : unsigned char { kDetach, kAttach, kAbandon, kAbandonLate };

template <class Calls>
void check_told_once(Inside inside, By by) {
  CAPTURE(inside);
  CAPTURE(by);
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  EchoModule<Calls> next;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  std::optional<EchoGuard<Calls>> guard;
  EchoHold<Calls> hold;
  if (inside == Inside::kHold || inside == Inside::kBoth) hold = handle.try_call().hold();
  if (inside == Inside::kGuard || inside == Inside::kBoth) guard.emplace(handle.cell());
  CountedCompletion done;
  const auto give = [&] {
    if (by == By::kDetach) CHECK(handle.detach(done));
    if (by == By::kAttach) CHECK(handle.attach(next.binding, done) == Status::kSuccess);
    if (by == By::kAbandon || by == By::kAbandonLate) {
      if (by == By::kAbandon) CHECK(handle.detach());
      CHECK(module.binding.abandon(done) == Status::kSuccess);
    }
  };
  if (by == By::kAbandonLate) {
    CHECK(handle.detach());
    guard.reset();
  }
  give();
  CHECK(done.runs() == (guard || hold ? 0 : 1));
  guard.reset();
  CHECK(done.runs() == (hold ? 0 : 1));
  hold.leave();
  CHECK(done.runs() == 1);
  CHECK_FALSE(done.in_use());
  CHECK(module.binding.detached());
  (void)handle.detach();
  CHECK(done.runs() == 1);
}

}  // namespace

TEST_CASE_TEMPLATE("R55: each way to be told of the end of a detach tells once, whoever is inside", Calls,
                   PerThread, PerThreadRealFences, OneWord) {
  for (const By by : {By::kDetach, By::kAttach, By::kAbandon, By::kAbandonLate}) {
    for (const Inside inside : {Inside::kNobody, Inside::kGuard, Inside::kHold, Inside::kBoth}) {
      // Counted in one word, a swap waits until those have left who are inside.
      if (std::is_same_v<Calls, OneWord> && by == By::kAttach && inside != Inside::kNobody) continue;
      check_told_once<Calls>(inside, by);
    }
  }
}

TEST_CASE_TEMPLATE("R55: where nothing was attached, detach() and attach() tell of it at once, and once",
                   Calls, PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CountedCompletion done;
  CHECK_FALSE(handle.detach(done));
  CHECK(done.runs() == 1);
  CountedCompletion replaced;
  CHECK(handle.attach(module.binding, replaced) == Status::kSuccess);
  CHECK(replaced.runs() == 1);
  CountedCompletion refused;
  CHECK(handle.attach(module.binding, refused) == Status::kInvalidDeviceState);
  CHECK(module.binding.abandon(refused) == Status::kInvalidDeviceState);
  CHECK(handle.detach());
  CHECK(refused.runs() == 0);
  CHECK(done.runs() == 1);
  CHECK(replaced.runs() == 1);
}

TEST_CASE("R55: a DetachCompletion tells once, dropped, completed, moved or assigned over") {
  CountedCompletion done[4];
  MisuseTrap trap;
  {
    const nmr::DetachCompletion dropped(done[0]);
  }
  {
    nmr::DetachCompletion completed(done[1]);
    completed.complete();
    completed.complete();
    CHECK(trap.count() == 1);
  }
  {
    nmr::DetachCompletion over(done[2]);
    nmr::DetachCompletion moved(done[3]);
    over = std::move(moved);
    CHECK(done[2].runs() == 1);
    CHECK(done[3].runs() == 0);
  }
  for (const auto& each : done) CHECK(each.runs() == 1);
}

namespace {

/// All that a call goes through, ended by the completion of the detach.
template <class Calls>
struct Whole {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle{domain};
  EchoModule<Calls> module;
  EchoModule<Calls> next;
  std::optional<EchoGuard<Calls>> guard;
  EchoHold<Calls> hold;
  nmr::DetachCompletion last;
};

template <class Calls>
struct Ends : nmr::Completion {
  explicit Ends(OwnPage<Whole<Calls>>& all) : Completion(&end, this), whole(all) {}
  static void end(Completion&, void* self) noexcept {
    auto& whole = static_cast<Ends*>(self)->whole;
    (void)whole->handle.detach();
    whole.end();
  }
  OwnPage<Whole<Calls>>& whole;
};

}  // namespace

TEST_CASE_TEMPLATE("R100: a completion may end all that a call goes through, and nobody touches it then",
                   Calls, PerThread, PerThreadRealFences, OneWord) {
  OwnPage<Whole<Calls>> whole;
  Ends<Calls> done(whole);
  CHECK(whole->handle.attach(whole->module.binding) == Status::kSuccess);
  CHECK(calls_well(whole->handle));
  SUBCASE("run by detach()") { CHECK(whole->handle.detach(done)); }
  SUBCASE("run by detach(), with nothing attached") {
    CHECK(whole->handle.detach());
    CHECK_FALSE(whole->handle.detach(done));
  }
  SUBCASE("run by attach(), with nothing attached") {
    CHECK(whole->handle.detach());
    CHECK(whole->handle.attach(whole->next.binding, done) == Status::kSuccess);
  }
  SUBCASE("run by attach()") {
    if (std::is_same_v<Calls, OneWord>) {
      CHECK(whole->handle.detach(done));
    } else {
      CHECK(whole->handle.attach(whole->next.binding, done) == Status::kSuccess);
    }
  }
  SUBCASE("run by abandon()") {
    CHECK(whole->handle.detach());
    CHECK(whole->module.binding.abandon(done) == Status::kSuccess);
  }
  SUBCASE("run by the guard that leaves last, which it ends too") {
    whole->guard.emplace(whole->handle.cell());
    CHECK(whole->handle.detach(done));
    whole->guard->leave();
  }
  SUBCASE("run by the hold that leaves last, which it ends too") {
    whole->hold = whole->handle.try_call().hold();
    CHECK(whole->handle.detach(done));
    whole->hold.leave();
  }
  SUBCASE("run by a DetachCompletion, which it ends too") {
    CHECK(whole->handle.detach());
    whole->last = nmr::DetachCompletion(done);
    whole->last.complete();
  }
  CHECK(whole.ended());
}

TEST_CASE_TEMPLATE("R100: who polls may end the binding under a detach_and_wait() that is about to return",
                   Calls, PerThread, PerThreadRealFences, OneWord) {
  for (int turn = 0; turn < 20; ++turn) {
    typename Calls::Domain domain;
    EchoHandle<Calls> handle(domain);
    EchoProvider provider;
    OwnPage<EchoBinding<Calls>> binding(provider.table(), provider.context());
    CHECK(handle.attach(*binding) == Status::kSuccess);
    auto hold = handle.try_call().hold();
    Status waited = Status::kTimeout;
    Threads waiter(1, [&](int) { waited = handle.detach_and_wait(); });
    spin_until([&] { return !handle.attached(); });
    hold.leave();
    spin_until([&] { return binding->detached(); });
    binding.end();
    waiter.join();
    CHECK(waited == Status::kSuccess);
  }
}

namespace {

/// Tells how many threads have gone to sleep: what they wait for may end under them from then on.
struct TellsSleep : nmr::StdAtomics {
  static inline std::atomic<int> asleep{0};

  class Condition : public nmr::StdAtomics::Condition {
   public:
    void wait(nmr::platform::Mutex& mutex) noexcept {
      tell();
      nmr::StdAtomics::Condition::wait(mutex);
    }
    bool wait_until(nmr::platform::Mutex& mutex, nmr::platform::Deadline deadline) noexcept {
      tell();
      return nmr::StdAtomics::Condition::wait_until(mutex, deadline);
    }

   private:
    void tell() noexcept {
      if (!std::exchange(told_, true)) asleep.fetch_add(1);
    }
    bool told_ = false;
  };
};

}  // namespace

TEST_CASE_TEMPLATE("R100: a completion may end the binding under waits that have yet to return", Calls,
                   nmr::BasicPerThreadCalls<TellsSleep>, nmr::BasicOneWordCalls<TellsSleep>) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoProvider provider;
  OwnPage<EchoBinding<Calls>> binding(provider.table(), provider.context());
  EndsPage done(binding);
  CHECK(handle.attach(*binding) == Status::kSuccess);
  auto hold = handle.try_call().hold();
  CHECK(handle.detach(done));  // before the waits, so that it runs before them
  TellsSleep::asleep = 0;
  Status waited[2] = {Status::kNotFound, Status::kNotFound};
  Threads waiters(2, [&, waits = &*binding](int i) {
    waited[i] = i == 0 ? waits->wait_until_detached() : waits->wait_until_detached_for(std::chrono::hours(1));
  });
  spin_until([] { return TellsSleep::asleep == 2; });
  hold.leave();
  waiters.join();
  CHECK(binding.ended());
  for (const Status status : waited) CHECK(status == Status::kSuccess);
}
