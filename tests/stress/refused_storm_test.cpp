// Callers that are refused and keep trying, sixty-four of them, while something drains: it has to end. If it
// does not, neither does the test. Undelayed rundown references are in tests/rundown.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <thread>

#include <nmr/rundown.hpp>

#include "binding/echo.hpp"
#include "platform/threads.hpp"
#include "stress/module.hpp"
#include "stress/storm.hpp"

namespace {

using DelayedRundownRef = nmr::BasicRundownRef<DelayedAtomics>;

/// Sharded whatever the machine.
class DelayedManyShards : public nmr::BasicShardedRundownRef<DelayedAtomics> {
 public:
  explicit DelayedManyShards(BornRunDown born) noexcept : BasicShardedRundownRef(born, 16) {}
};

/// What callers visit: closed at first, opened, closed while one is inside, and opened again.
template <class Ref>
class RundownGate {
 public:
  /// Returns false if it was refused.
  bool visit(Tally&) noexcept { return static_cast<bool>(nmr::BasicRundownGuard<Ref>(ref_)); }

  /// Closes it from inside, and leaves when `stay()` returns.
  template <class Stay>
  void drain(nmr::Completion& done, Tally& tally, Stay stay) {
    tally.expect(ref_.try_acquire());
    tally.expect(ref_.begin_rundown(done) == nmr::RundownState::kPending);
    stay();
    tally.expect(!ref_.run_down_already());
    ref_.release();
  }
  void open(Tally&) noexcept { ref_.reinitialize(); }
  void close(Tally&) noexcept { ref_.run_down(); }

 private:
  Ref ref_{typename Ref::BornRunDown{}};
};

template <class Calls>
class HandleGate {
 public:
  bool visit(Tally& tally) noexcept {
    const auto guard = handle_.try_call();
    if (guard) tally.expect(guard->echo(guard.context(), 1) == EchoProvider::answer(1));
    return static_cast<bool>(guard);
  }
  template <class Stay>
  void drain(nmr::Completion& done, Tally& tally, Stay stay) {
    const auto guard = handle_.try_call();
    tally.expect(static_cast<bool>(guard));
    tally.expect(handle_.detach(done));
    stay();
    tally.expect(!module_.binding.detached());
  }
  void open(Tally& tally) noexcept { tally.expect(handle_.attach(module_.binding) == nmr::Status::kSuccess); }
  void close(Tally& tally) noexcept { tally.expect(handle_.detach_and_wait() == nmr::Status::kSuccess); }

 private:
  typename Calls::Domain domain_;
  EchoHandle<Calls> handle_{domain_};
  EchoModule<Calls> module_;
};

/// A line for each caller, so that to say where it is keeps no other up.
struct alignas(64) Progress {
  std::atomic<int> entered_in{-1};  // the last round in which it got in, and was refused
  std::atomic<int> refused_in{-1};
};

}  // namespace

TEST_CASE_TEMPLATE("refused storm: 64 callers that keep trying cannot keep a drain from ending", Gate,
                   RundownGate<DelayedRundownRef>, RundownGate<DelayedManyShards>, HandleGate<PerThread>,
                   HandleGate<Delayed>, HandleGate<OneWord>, HandleGate<DelayedOneWord>) {
  constexpr int kCallers = 64;
  constexpr int kWaitedFor = 4;  // all would take too long where there are few processors
  Storm storm;
  Gate gate;
  std::array<Progress, kCallers> progress;
  std::atomic<int> round{0};
  storm.callers(kCallers, [&](Storm::Part& part) {
    auto& [number, random, delays, tally] = part;
    Progress& mine = progress[static_cast<std::size_t>(number)];
    while (!storm.over()) {
      const int now = round.load(std::memory_order_relaxed);
      const bool entered = gate.visit(tally);
      ++(entered ? tally.calls : tally.refused);
      (entered ? mine.entered_in : mine.refused_in).store(now, std::memory_order_relaxed);
      // So that all have their turn where there are few processors.
      if (random.one_in(256)) std::this_thread::yield();
    }
  });
  const auto wait_for_some = [&](std::atomic<int> Progress::* what) {
    spin_until([&] {
      int there = 0;
      for (const Progress& each : progress) there += (each.*what).load() == round.load() ? 1 : 0;
      return there >= kWaitedFor;
    });
  };
  storm.mutators(1, [&](Storm::Part& part) {
    Tally& tally = part.tally;
    gate.open(tally);
    while (storm.budget.more()) {
      CountedCompletion done;
      ++tally.expected;
      ++tally.detaches;
      wait_for_some(&Progress::entered_in);
      gate.drain(done, tally, [&] { wait_for_some(&Progress::refused_in); });
      spin_until([&] { return done.runs() != 0; });
      storm.totals.seen.fetch_add(done.runs());
      round.fetch_add(1);
      gate.open(tally);
    }
  });
  storm.stop();
  {
    Tally tally(storm.totals);
    gate.close(tally);
  }
  CHECK(storm.totals.refused.load() > 0);
  storm.finish();
}
