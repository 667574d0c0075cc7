// Programs that nobody has thought of: short random ones, of which every search must find the same ends.
#include <random>
#include <vector>

#include "litmus.hpp"

using namespace model;

namespace {

/// One operation of a random program; `place` is one of two atomics.
struct Step {
  enum What : std::uint8_t {
    kStore,
    kLoad,
    kAdd,
    kExchangeIf,
    kFence,
    kHeavy,
    kLocked,
    kWait,
    kNotify,
    kBlock
  };
  What what;
  int place;
  bool ordered;
};
struct Drawn {
  std::vector<Step> thread[3];
  std::vector<Step> handler;  // of the first thread
};
Drawn drawn;

struct Place {
  Atomic<int> atomic[2];
  Mutex mutex;
  Condition condition;
  int results[16] = {};
};

void take(Place& place, const Step& step, int& result) {
  auto& atomic = place.atomic[step.place];
  switch (step.what) {
    case Step::kStore: return atomic.store(step.place + 5, step.ordered ? kRelease : kRelaxed);
    case Step::kLoad: result = atomic.load(step.ordered ? kAcquire : kRelaxed); return;
    case Step::kAdd:
      result = atomic.fetch_add(1, step.ordered ? std::memory_order_acq_rel : kRelaxed);
      return;
    case Step::kExchangeIf: {
      int expected = 0;
      result = atomic.compare_exchange_strong(expected, 2, kRelease, kRelaxed) ? 7 : expected;
      return;
    }
    case Step::kFence: return ModelAtomics::full_fence();
    case Step::kHeavy: return ModelAtomics::heavy_fence();
    case Step::kLocked:
      place.mutex.lock();
      result = atomic.load(kRelaxed);
      place.mutex.unlock();
      return;
    case Step::kWait:
      place.mutex.lock();
      result = place.condition.wait_until(place.mutex, 100) ? 1 : 2;
      place.mutex.unlock();
      return;
    case Step::kNotify: return place.condition.notify_all();
    case Step::kBlock: {
      const ModelAtomics::SignalBlock block;
      result = atomic.exchange(3, kRelaxed);
      return;
    }
  }
}

void random_program(Run& run) {
  auto& place = *new Place;
  int* next = place.results;
  unsigned first = 0;
  const auto body = [&](const std::vector<Step>& steps) {
    int* const results = next;
    next += steps.size();
    return [&place, &steps, results] {
      for (std::size_t i = 0; i < steps.size(); ++i) take(place, steps[i], results[i]);
    };
  };
  for (const auto& steps : drawn.thread) {
    if (steps.empty()) continue;
    const unsigned id = run.thread(body(steps));
    if (first == 0) first = id;
  }
  if (!drawn.handler.empty()) run.handler_of(first, body(drawn.handler));
  run.at_end([&place] {
    const auto& r = place.results;
    note({r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], place.atomic[0].load(kRelaxed),
          place.atomic[1].load(kRelaxed)});
  });
}

Drawn draw(unsigned seed, bool handlers) {
  std::minstd_rand random(seed * 2 + 1);
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() >> 8) % n; };
  const auto steps = [&](unsigned count, bool in_handler) {
    std::vector<Step> list;
    while (list.size() < count) {
      const Step step{static_cast<Step::What>(below(10)), static_cast<int>(below(2)), below(2) == 0};
      const bool waits = step.what == Step::kWait || step.what == Step::kLocked;
      if (in_handler && waits) continue;
      list.push_back(step);
    }
    return list;
  };
  Drawn result;
  result.thread[0] = steps(2 + below(2), false);
  result.thread[1] = steps(2, false);
  if (below(2) == 0) result.thread[2] = steps(1, false);
  if (handlers) result.handler = steps(1 + below(2), true);
  return result;
}

struct Found {
  std::set<std::uint64_t> ends;
  Outcomes outcomes;
  bool complete;
};
Found search(Options options) {
  Found found;
  options.interrupts = true;
  options.ends = &found.ends;
  options.max_runs = 5'000;  // a larger program is passed by
  found.complete = explore_noting(random_program, options, found.outcomes).complete;
  return found;
}

constexpr unsigned kPrograms = 60;
constexpr unsigned kTelling =
    317;  // finds what those before do not: a thread chosen though part of it sleeps

bool within(const Outcomes& few, const Outcomes& many) {
  return std::includes(many.begin(), many.end(), few.begin(), few.end());
}

}  // namespace

TEST_CASE(
    "random programs end the same with every reduction, and each backend allows what a stronger one does") {
  unsigned whole = 0;
  for (unsigned nth = 0; nth <= kPrograms; ++nth) {
    const unsigned seed = nth < kPrograms ? nth : kTelling;
    drawn = draw(seed, seed % 2 == 0);
    Outcomes of_backend[3];
    bool compare = true;
    for (const Backend backend : {Backend::kSequential, Backend::kTso, Backend::kViews}) {
      Options options;
      options.backend = backend;
      options.reduction = Reduction::kNone;
      options.soonest_interrupts = false;
      const Found all = search(options);
      options.soonest_interrupts = true;
      for (const Reduction reduction : {Reduction::kSleepSets, Reduction::kRaces}) {
        options.reduction = reduction;
        const Found reduced = search(options);
        of_backend[static_cast<unsigned>(backend)] = reduced.outcomes;
        compare = compare && reduced.complete;
        if (!all.complete || !reduced.complete) continue;
        ++whole;
        CHECK_MESSAGE(all.outcomes == reduced.outcomes, "seed " << seed << " backend " << int(backend));
        if (backend == Backend::kViews) CHECK_MESSAGE(all.ends == reduced.ends, "seed " << seed);
      }
    }
    if (!compare) continue;
    CHECK_MESSAGE(within(of_backend[0], of_backend[1]), "seed " << seed);
    CHECK_MESSAGE(within(of_backend[1], of_backend[2]), "seed " << seed);
  }
  CHECK(whole > kPrograms);
}

TEST_CASE(
    "random programs end the same within a bound, with what is covered within it left out and without") {
  for (unsigned seed = 0; seed < kPrograms; ++seed) {
    drawn = draw(seed, seed % 2 == 0);
    for (const Backend backend : {Backend::kTso, Backend::kViews}) {
      for (const int bound : {0, 1, 2}) {
        Options options;
        options.backend = backend;
        options.preemptions = bound;
        options.reduction = Reduction::kNone;
        options.soonest_interrupts = false;
        const Found all = search(options);
        options.soonest_interrupts = true;
        options.reduction = Reduction::kSleepSets;
        const Found reduced = search(options);
        if (!all.complete || !reduced.complete) continue;
        CHECK_MESSAGE(all.outcomes == reduced.outcomes, "seed " << seed << " bound " << bound);
        if (backend == Backend::kViews)
          CHECK_MESSAGE(all.ends == reduced.ends, "seed " << seed << " bound " << bound);
      }
    }
  }
}

namespace {

/// What threads do beside one that has the process-wide barrier run, or two.
enum class Beside : std::uint8_t { kStore, kLoad, kAdd, kExchangeIf, kLocked, kRead, kWrite, kFence, kHeavy };
struct DrawnStep {
  Beside what;
  bool second, ordered;
};
std::vector<DrawnStep> beside[3];

struct Around {
  Atomic<int> atomic[2];
  Mutex mutex;
  Var<int> data{0};
};

void take(Around& around, const DrawnStep& step) {
  auto& atomic = around.atomic[step.second ? 1 : 0];
  switch (step.what) {
    case Beside::kStore: return atomic.store(5, step.ordered ? kRelease : kRelaxed);
    case Beside::kLoad: return (void)atomic.load(step.ordered ? kAcquire : kRelaxed);
    case Beside::kAdd: return (void)atomic.fetch_add(1, step.ordered ? std::memory_order_acq_rel : kRelaxed);
    case Beside::kExchangeIf: {
      int expected = 0;
      return (void)atomic.compare_exchange_strong(expected, 2, kRelease, step.ordered ? kAcquire : kRelaxed);
    }
    case Beside::kLocked:
      around.mutex.lock();
      (void)atomic.load(kRelaxed);
      return around.mutex.unlock();
    // Mostly so that it may be: what has been seen is what lets it.
    case Beside::kRead:
      if (atomic.load(step.ordered ? kAcquire : kRelaxed) == 5) (void)around.data.read();
      return;
    case Beside::kWrite: around.data.write(1); return atomic.store(5, step.ordered ? kRelease : kRelaxed);
    case Beside::kFence: return ModelAtomics::full_fence();
    case Beside::kHeavy: return ModelAtomics::heavy_fence();
  }
}

void beside_a_barrier(Run& run) {
  auto& around = *new Around;
  for (const auto& steps : beside) {
    if (steps.empty()) continue;
    run.thread([&] {
      for (const auto& step : steps) take(around, step);
    });
  }
}

void draw_beside(unsigned seed) {
  std::minstd_rand random(seed * 2 + 1);
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() >> 8) % n; };
  const auto draw_steps = [&](unsigned count) {
    std::vector<DrawnStep> steps;
    while (steps.size() < count)
      steps.push_back({static_cast<Beside>(below(8)), below(2) == 0, below(2) == 0});
    return steps;
  };
  beside[0] = draw_steps(3);
  beside[1] = draw_steps(2);
  beside[1].insert(beside[1].begin() + below(3), {Beside::kHeavy, false, false});
  beside[2] = draw_steps(below(2));
  if (below(3) == 0) beside[2].push_back({Beside::kHeavy, false, false});
}

}  // namespace

TEST_CASE(
    "random programs beside a barrier have the same values, orders and faults wherever interrupts may be "
    "served") {
  constexpr unsigned kMany = 200;
  unsigned whole = 0, faulty = 0, fewer = 0;
  for (unsigned seed = 0; seed < kMany; ++seed) {
    draw_beside(seed);
    for (const int bound : {-1, 0, 1}) {
      std::set<std::uint64_t> ends[2];
      Report reports[2];
      for (const bool soonest : {false, true}) {
        Options options;
        options.interrupts = true;
        options.preemptions = bound;
        options.soonest_interrupts = soonest;
        if (!soonest) options.reduction = Reduction::kSleepSets;
        options.ends = &ends[soonest];
        options.max_runs = 10'000;
        reports[soonest] = explore(beside_a_barrier, options);
      }
      const auto& [all, reduced] = reports;
      if (all.fault.empty() && !all.complete) continue;
      CHECK_MESSAGE(all.fault.empty() == reduced.fault.empty(), "seed " << seed << " bound " << bound);
      ++(all.fault.empty() ? whole : faulty);
      if (!all.fault.empty()) continue;
      CHECK_MESSAGE(ends[0] == ends[1], "seed " << seed << " bound " << bound);
      if (reduced.runs < all.runs) ++fewer;
    }
  }
  CHECK(whole > kMany);
  CHECK(faulty > kMany / 4);
  CHECK(fewer > kMany / 2);
}
