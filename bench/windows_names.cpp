// To enter and leave rundown protection by its Windows names, and by the names of the library, for exact.py to count.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <nmr/rundown.hpp>
#include <nmr/wdk/rundown.h>

namespace {

/// Enters and leaves so many times. Returns how often it was let in.
template <class Ref, class Enter, class Leave>
[[gnu::noinline]] long often(Ref& ref, long times, Enter enter, Leave leave) {
  long entered = 0;
  for (long i = 0; i != times; ++i) {
    if (!enter(ref)) continue;
    ++entered;
    leave(ref);
  }
  return entered;
}

}  // namespace

int main(int argc, char** argv) {
  std::thread([] {
  }).join();  // a library that knows of one thread alone would leave its locked instructions out
  if (argc != 3)
    return std::fprintf(stderr,
                        "usage: windows_names library|windows|library_sharded|windows_sharded TIMES\n"),
           2;
  const long times = std::atol(argv[2]);
  const char* const what = argv[1];
  long entered = -1;
  nmr::RundownRef ref;
  EX_RUNDOWN_REF by_name{};
  nmr::ShardedRundownRef sharded;
  const PEX_RUNDOWN_REF_CACHE_AWARE cache_aware = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 0);
  if (cache_aware == nullptr) return 1;
  if (std::strcmp(what, "library") == 0) {
    entered = often(ref, times, [](auto& in) { return in.try_acquire(); }, [](auto& in) { in.release(); });
  } else if (std::strcmp(what, "windows") == 0) {
    entered = often(
        by_name, times, [](auto& in) { return ExAcquireRundownProtection(&in); },
        [](auto& in) { ExReleaseRundownProtection(&in); });
  } else if (std::strcmp(what, "library_sharded") == 0) {
    entered =
        often(sharded, times, [](auto& in) { return in.try_acquire(); }, [](auto& in) { in.release(); });
  } else if (std::strcmp(what, "windows_sharded") == 0) {
    entered = often(
        *cache_aware, times, [](auto& in) { return ExAcquireRundownProtectionCacheAware(&in); },
        [](auto& in) { ExReleaseRundownProtectionCacheAware(&in); });
  }
  ExFreeCacheAwareRundownProtection(cache_aware);
  return entered == times ? 0 : 1;
}
