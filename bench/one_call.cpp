// One call in each way, each in a function of its own for exact.py to look at, and a program that makes many
// of them.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "mechanisms.hpp"

extern "C" {

[[gnu::noinline]] int guarded_call(nmr::BindingHandle<EchoNpi>& handle, int value) {
  const auto guard = handle.try_call();
  return guard ? guard->echo(guard.context(), value) : -1;
}
}

namespace {

template <class Mechanism>
[[gnu::noinline]] int call_often(Mechanism& mechanism, long times) {
  int value = 0;
  for (long i = 0; i < times; ++i) value = mechanism.call(value);
  return value;
}

template <class Mechanism>
int run(long times) {
  Mechanism mechanism;
  (void)mechanism.call(0);  // the first call of a thread registers it
  return call_often(mechanism, times);
}

/// Calls guarded_call(), the function, whose instructions are looked at one by one.
int run_function(long times) {
  nmr::CallDomain domain;
  nmr::Binding<EchoNpi> binding(kEchoTable, nullptr);
  nmr::BindingHandle<EchoNpi> handle(domain);
  (void)handle.attach(binding);
  {
    const auto guard = handle.try_call();
  }  // registers the thread
  int value = 0;
  for (long i = 0; i < times; ++i) value = guarded_call(handle, value);
  (void)handle.detach_and_wait();
  return value;
}

/// Runs the mechanism of this name. Returns the exit status.
template <class... Mechanisms>
int run_named(const char* name, long times) {
  int status = 2;
  ((std::strcmp(name, Mechanisms::kName) == 0 ? status = run<Mechanisms>(times) == times ? 0 : 1 : 0), ...);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  std::thread([] {
  }).join();  // a library that knows of one thread alone would leave its locked instructions out
  if (argc != 3) return std::fprintf(stderr, "usage: one_call function|MECHANISM TIMES\n"), 2;
  const long times = std::atol(argv[2]);
  if (std::strcmp(argv[1], "function") == 0) return run_function(times) == times ? 0 : 1;
  return run_named<BareCall, GuardedPerThread, GuardedOneWord, CallInRundownRef, CallInShardedRef,
                   CallInCasRundown, CallInSpinLockCounter, CallUnderMutex, CallUnderSharedMutex,
                   CallByCopiedPointer, CallByLockedPointer
#if defined(__cpp_lib_atomic_shared_ptr)
                   ,
                   CallByAtomicPointer
#endif
                   >(argv[1], times);
}
