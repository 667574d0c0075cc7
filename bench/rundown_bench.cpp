// What a reference costs: taken and given back, by one thread and by as many as there are processors.
#include <benchmark/benchmark.h>

#include <mutex>

#include <nmr/rundown.hpp>

namespace {

template <class Ref>
void acquire_and_release(benchmark::State& state) {
  static Ref ref;
  for (auto _ : state) {
    const auto guard = nmr::try_guard(ref);
    benchmark::DoNotOptimize(static_cast<bool>(guard));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(acquire_and_release<nmr::RundownRef>)->Threads(1)->ThreadPerCpu()->UseRealTime();
BENCHMARK(acquire_and_release<nmr::ShardedRundownRef>)->Threads(1)->ThreadPerCpu()->UseRealTime();

/// What it is compared with.
void lock_and_unlock(benchmark::State& state) {
  static std::mutex mutex;
  static bool open = true;
  for (auto _ : state) {
    const std::lock_guard lock(mutex);
    benchmark::DoNotOptimize(open);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(lock_and_unlock)->Threads(1)->ThreadPerCpu()->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
