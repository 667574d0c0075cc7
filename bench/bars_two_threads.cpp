// What two threads get done together, against what one does alone.
#include "bars.hpp"
#include "mechanisms.hpp"
#include "often.hpp"
#include "pair_of_threads.hpp"
#include "rounds.hpp"

namespace {

/// Calls per ns by one thread and by two, through the same place or each through one of its own.
template <class Mechanism, unsigned places = 1>
class Throughput {
 public:
  Throughput(Rounds& rounds, PairOfThreads& pair, int calls)
      : one_(add(rounds, pair, 1, calls)), two_(add(rounds, pair, 2, calls)) {}

  [[nodiscard]] std::size_t one() const { return one_; }
  [[nodiscard]] std::size_t two() const { return two_; }
  [[nodiscard]] double gain(const Rounds& rounds, std::size_t round) const {
    return rounds.at(two_, round) / rounds.at(one_, round);
  }

 private:
  std::size_t add(Rounds& rounds, PairOfThreads& pair, unsigned threads, int calls) {
    return rounds.add([this, &rounds, &pair, threads, calls] {
      const auto times = pair.run(
          threads, [this, calls](unsigned thread) { call_often(places_[thread % places].mechanism, calls); });
      rounds.disturbed_by(times.waiting_ns);
      return static_cast<double>(threads) * calls / times.wall_ns;
    });
  }

  struct alignas(2 * nmr::kCacheLine) Place {
    Mechanism mechanism;
  };
  Place places_[places];
  std::size_t one_;
  std::size_t two_;
};

struct AcquireAndRelease {
  nmr::RundownRef ref;
  ~AcquireAndRelease() { ref.run_down(); }
  NMR_ALWAYS_INLINE int call(int value) noexcept {
    if (!ref.try_acquire()) return -1;
    ref.release();
    return value + 1;
  }
};
struct EnterAndLeave {
  CasRundown cas;
  NMR_ALWAYS_INLINE int call(int value) noexcept {
    if (!cas.enter()) return -1;
    cas.leave();
    return value + 1;
  }
};

/// Two hyperthreads share the units that execute, and the cache: then two threads gain little by nature, and
/// a line that both write costs them little.
void look_at_the_processors(Report& report, PairOfThreads& pair) {
  Rounds rounds;
  const auto spin = [&](unsigned threads) {
    return [&rounds, &pair, threads] {
      const auto times = pair.run(threads, [](unsigned) {
        for (int i = 0; i != 20; ++i) disturbance();
      });
      rounds.disturbed_by(times.waiting_ns);
      return threads / times.wall_ns;
    };
  };
  const auto one = rounds.add(spin(1));
  const auto two = rounds.add(spin(2));
  const double gain = rounds.run(20).ratio(two, one);
  char text[200];
  std::snprintf(text, sizeof text,
                "independent instructions: two processors get %.2f times as much done as one%s", gain,
                gain < 1.5
                    ? " (they share a core: bars 6, 7 and 8 with two threads show that, and no contention)"
                    : "");
  report.note(text);
}

}  // namespace

void two_thread_bars(Report& report, const Options& options) {
  if (std::thread::hardware_concurrency() < 2)
    return report.note("one processor: bars for two threads were not measured");
  const std::size_t times = options.by_length<std::size_t>(1, 40, 200);
  PairOfThreads pair;
  look_at_the_processors(report, pair);

  Rounds rounds;
  const Throughput<BareCall> bare(rounds, pair, 40'000);
  const Throughput<GuardedPerThread> guarded(rounds, pair, 40'000);
  const Throughput<GuardedPerThread, 2> guarded_apart(rounds, pair, 40'000);
  const Throughput<CallInCasRundown> cas(rounds, pair, 5'000);
  const Throughput<AcquireAndRelease> ref(rounds, pair, 5'000);
  const Throughput<EnterAndLeave> word(rounds, pair, 5'000);
  rounds.run(times);
  char text[200];
  std::snprintf(
      text, sizeof text, "two threads, calls per us: bare %.0f, guarded %.0f, compare-and-swap word %.0f",
      1e3 * rounds.middle(bare.two()), 1e3 * rounds.middle(guarded.two()), 1e3 * rounds.middle(cas.two()));
  report.note(text);
  const auto gain_over_bare = [&](const auto& calls) {
    return rounds.median_of([&](std::size_t i) { return calls.gain(rounds, i) / bare.gain(rounds, i); });
  };
  report.at_least(6, "gain by a second thread on one binding, guarded / bare", gain_over_bare(guarded), 0.95);
  std::snprintf(
      text, sizeof text,
      "the same where the two threads share nothing, neither binding nor domain: %.4g (what is missing "
      "there is the processor's)",
      gain_over_bare(guarded_apart));
  report.note(text);
  report.at_least(7, "guarded calls of two threads / those with the compare-and-swap word",
                  rounds.ratio(guarded.two(), cas.two()), 8);
  report.at_most(8, "RundownRef / compare-and-swap word, enter and leave, two threads",
                 rounds.ratio(word.two(), ref.two()), 1.00);
}
