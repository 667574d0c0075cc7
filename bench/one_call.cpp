// One call in each way, each in a function of its own for exact.py to look at, and a program that makes many of them.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "mechanisms.hpp"

extern "C" {

int guarded_call(nmr::BindingHandle<EchoNpi>& handle, int value) {
  const auto guard = handle.try_call();
  return guard ? guard->echo(guard.context(), value) : -1;
}

int bare_call(BareCall& bare, int value) { return bare.call(value); }
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

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: one_call bare|guarded TIMES\n"), 2;
  const long times = std::atol(argv[2]);
  const bool guarded = std::strcmp(argv[1], "guarded") == 0;
  const int value = guarded ? run<GuardedPerThread>(times) : run<BareCall>(times);
  return value == static_cast<int>(times) ? 0 : 1;
}
