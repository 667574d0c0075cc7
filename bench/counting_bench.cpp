// What one call costs in each way of counting it, by one thread and by two.
#include <benchmark/benchmark.h>

#include "mechanisms.hpp"

namespace {

template <class Mechanism>
void calls(benchmark::State& state) {
  static Mechanism mechanism;
  int value = 0;
  for (auto _ : state) value = mechanism.call(value);
  if (value <= 0) state.SkipWithError("a call was refused");
  benchmark::DoNotOptimize(value);
  state.SetItemsProcessed(state.iterations());
}

template <class... Mechanism>
void add_all() {
  (benchmark::RegisterBenchmark(Mechanism::kName, &calls<Mechanism>)->Threads(1)->Threads(2)->UseRealTime(),
   ...);
}

}  // namespace

int main(int argc, char** argv) {
  add_all<BareCall, GuardedPerThread, CallInShardedRef, CallInRundownRef, GuardedOneWord, CallInCasRundown,
          CallInSpinLockCounter, CallUnderMutex, CallUnderSharedMutex, CallByCopiedPointer,
          CallByLockedPointer,
#if defined(__cpp_lib_atomic_shared_ptr)
          CallByAtomicPointer
#endif
          >();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
