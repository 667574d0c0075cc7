// One call in each way, each in a function of its own for exact.py to look at, and a program that makes many
// of them.
#include <cstdio>
#include <cstdlib>
#include <cstring>

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

}  // namespace

int main(int argc, char** argv) {
  const auto is = [&](const char* name) { return argc == 3 && std::strcmp(argv[1], name) == 0; };
  const long times = argc == 3 ? std::atol(argv[2]) : 0;
  if (is("bare")) return run<BareCall>(times) == times ? 0 : 1;
  if (is("guarded")) return run<GuardedPerThread>(times) == times ? 0 : 1;
  if (is("function")) return run_function(times) == times ? 0 : 1;
  return std::fprintf(stderr, "usage: one_call bare|guarded|function TIMES\n"), 2;
}
