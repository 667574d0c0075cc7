// Accesses of the order seq_cst: what hardware with store buffers makes of them, and that views know none. A program
// that wants their strength there has a full fence before each, which is a step of its own.
#include "litmus.hpp"

using namespace model;

namespace {

enum class How { kAccess, kFenced };
constexpr How kAccess = How::kAccess, kFenced = How::kFenced;

template <How how>
void put(Atomic<int>& atomic, int value) {
  if constexpr (how == kAccess) return atomic.store(value);
  ModelAtomics::full_fence();
  atomic.store(value, kRelease);
}
template <How how>
int get(Atomic<int>& atomic) {
  if constexpr (how == kAccess) return atomic.load();
  ModelAtomics::full_fence();
  return atomic.load(kAcquire);
}
template <How how>
int add(Atomic<int>& atomic, int value) {
  if constexpr (how == kAccess) return atomic.fetch_add(value);
  ModelAtomics::full_fence();
  return atomic.fetch_add(value, std::memory_order_acq_rel);
}

template <How how>
void store_buffering(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    put<how>(s.x, 1);
    s.a = get<how>(s.y);
  });
  run.thread([&s] {
    put<how>(s.y, 1);
    s.b = get<how>(s.x);
  });
  run.at_end([&s] { note({s.a, s.b}); });
}

template <How how>
void message_passing(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    put<how>(s.x, 1);
    put<how>(s.y, 1);
  });
  run.thread([&s] {
    s.a = get<how>(s.y);
    s.b = get<how>(s.x);
  });
  run.at_end([&s] { note({s.a, s.b}); });
}

// Only the second reads need a fence before them.
template <How how>
void independent_reads(Run& run) {
  auto& s = *new Shared;
  const auto write = [](Atomic<int>& atomic) {
    if constexpr (how == kAccess) return atomic.store(1);
    atomic.store(1, kRelease);
  };
  const auto read = [](Atomic<int>& atomic) {
    if constexpr (how == kAccess) return atomic.load();
    return atomic.load(kAcquire);
  };
  run.thread([&s, write] { write(s.x); });
  run.thread([&s, write] { write(s.y); });
  run.thread([&s, read] {
    s.a = read(s.x);
    s.b = get<how>(s.y);
  });
  run.thread([&s, read] {
    s.c = read(s.y);
    s.d = get<how>(s.x);
  });
  run.at_end([&s] { note({s.a, s.b, s.c, s.d}); });
}

template <How how>
void fence_on_one_side(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    s.x.store(1, kRelaxed);
    ModelAtomics::full_fence();
    s.a = s.y.load(kRelaxed);
  });
  run.thread([&s] {
    put<how>(s.y, 1);
    s.b = get<how>(s.x);
  });
  run.at_end([&s] { note({s.a, s.b}); });
}

// Of accesses of that order and others to the same atomic ("Z6.U" in the literature).
template <How how>
void mixed(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    put<how>(s.x, 1);
    s.y.store(1, kRelease);
  });
  run.thread([&s] {
    s.a = add<how>(s.y, 1);
    s.b = s.y.load(kRelaxed);
  });
  run.thread([&s] {
    put<how>(s.y, 3);
    s.c = get<how>(s.x);
  });
  run.at_end([&s] { note({s.a, s.b, s.c}); });
}

// The store waits in the buffer while the load is done.
void released_then_loaded(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    s.x.store(1, kRelease);
    s.a = s.y.load();
  });
  run.thread([&s] {
    s.y.store(1, kRelease);
    s.b = s.x.load();
  });
  run.at_end([&s] { note({s.a, s.b}); });
}

void exchanges_if(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    int expected = 1;
    (void)s.x.compare_exchange_strong(expected, 2, std::memory_order_relaxed, std::memory_order_seq_cst);
  });
}

Outcomes outcomes_with(Program program, Backend backend, Reduction reduction) {
  Options options;
  options.backend = backend;
  options.reduction = reduction;
  Outcomes outcomes;
  CHECK(explore_noting(program, options, outcomes).complete);
  return outcomes;
}

constexpr Program kAccesses[] = {
    store_buffering<kAccess>,   message_passing<kAccess>, independent_reads<kAccess>,
    fence_on_one_side<kAccess>, mixed<kAccess>,
};

}  // namespace

TEST_CASE("an access of the order seq_cst is a fault under views, with every reduction") {
  for (const Reduction reduction : {Reduction::kNone, Reduction::kSleepSets, Reduction::kRaces}) {
    Options options;
    options.reduction = reduction;
    for (const Program program : kAccesses)
      CHECK(found(explore(program, options).fault, "no access of the order seq_cst"));
    CHECK(found(explore(exchanges_if, options).fault, "no access of the order seq_cst"));
  }
}

TEST_CASE(
    "what stands for such accesses under views, a fence before each, is searched whole by every reduction") {
  CHECK(outcomes_of(store_buffering<kFenced>) == Outcomes{"01", "10", "11"});
  CHECK(outcomes_of(message_passing<kFenced>) == Outcomes{"00", "01", "11"});
  CHECK(outcomes_of(fence_on_one_side<kFenced>) == Outcomes{"01", "10", "11"});
  CHECK(outcomes_of(independent_reads<kFenced>).size() == 15);
  CHECK_FALSE(allows(independent_reads<kFenced>, Backend::kViews, "1010"));
  for (const Program program :
       {&store_buffering<kFenced>, &message_passing<kFenced>, &fence_on_one_side<kFenced>, &mixed<kFenced>}) {
    const Outcomes all = outcomes_with(program, Backend::kViews, Reduction::kNone);
    CHECK(outcomes_with(program, Backend::kViews, Reduction::kSleepSets) == all);
    CHECK(outcomes_with(program, Backend::kViews, Reduction::kRaces) == all);
    check_reductions(program);
  }
}

TEST_CASE("under store order a seq_cst store empties the buffer and a seq_cst load does not") {
  CHECK(outcomes_of(released_then_loaded, Backend::kTso) == Outcomes{"00", "01", "10", "11"});
  CHECK(outcomes_of(released_then_loaded, Backend::kSequential) == Outcomes{"01", "10", "11"});
  for (const Backend backend : {Backend::kSequential, Backend::kTso}) {
    CHECK(outcomes_of(store_buffering<kAccess>, backend) == Outcomes{"01", "10", "11"});
    CHECK(outcomes_of(fence_on_one_side<kAccess>, backend) == Outcomes{"01", "10", "11"});
    CHECK(outcomes_of(message_passing<kAccess>, backend) == Outcomes{"00", "01", "11"});
    CHECK(outcomes_of(independent_reads<kAccess>, backend).size() == 15);
    CHECK_FALSE(allows(mixed<kAccess>, backend, "130"));
    for (const Program program : kAccesses) {
      CHECK(outcomes_with(program, backend, Reduction::kSleepSets) ==
            outcomes_with(program, backend, Reduction::kNone));
    }
  }
}
