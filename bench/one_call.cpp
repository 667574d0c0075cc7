// One call in each way, each in a function of its own for exact.py to look at, and a program that makes many
// of them.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <unistd.h>

#include <nmr/modules.hpp>

#include "mechanisms.hpp"

extern "C" {

[[gnu::noinline]] int guarded_call(nmr::BindingHandle<EchoNpi>& handle, int value) {
  const auto guard = handle.try_call();
  return guard ? guard->echo(guard.context(), value) : -1;
}
// The same through a client, in each of its ways.
[[gnu::noinline]] int client_handle(nmr::Client<EchoNpi>& client, int value) {
  const auto guard = client.handle().try_call();
  return guard ? guard->echo(guard.context(), value) : -1;
}
[[gnu::noinline]] int client_call(nmr::Client<EchoNpi>& client, int value) {
  return client.call<&EchoDispatch::echo>(value).value_or(-1);
}
[[gnu::noinline]] int client_guard(nmr::Client<EchoNpi>& client, int value) {
  const auto guard = client.try_call();
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
  nmr::Attachment<EchoNpi> binding(kEchoTable, nullptr);
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

/// Calls under one guard, and asks between the calls whether it is still attached.
int run_batch(long times) {
  nmr::CallDomain domain;
  nmr::Attachment<EchoNpi> binding(kEchoTable, nullptr);
  nmr::BindingHandle<EchoNpi> handle(domain);
  (void)handle.attach(binding);
  int value = 0;
  if (const auto guard = handle.try_call()) {
    for (long i = 0; i < times && guard.still_attached(); ++i) value = guard->echo(guard.context(), value);
  }
  (void)handle.detach_and_wait();
  return value;
}

/// Calls through a client and its provider.
int run_module(long times, int (*call)(nmr::Client<EchoNpi>& client, int value)) {
  nmr::NmrRegistry<EchoNpi> registry;
  nmr::Client<EchoNpi> client(registry, nmr::ModuleId(1));
  int object = 0;
  const nmr::Provider<EchoNpi> provider(registry, nmr::ModuleId(2), *kEchoTable, object);
  int value = 0;
  for (long i = 0; i < times; ++i) value = call(client, value);
  return value;
}

std::uintptr_t g_thread = 0;

/// This thread is whichever is chosen.
struct ChosenThread : nmr::StdAtomics {
  static std::uintptr_t thread_pointer() noexcept { return *const_cast<volatile std::uintptr_t*>(&g_thread); }
};

/// Calls in turn as each of those threads of 1,024 that find their records at the first look, or of the others.
int run_in_place(long times, bool at_first_look) {
  using Calls = nmr::BasicPerThreadCalls<ChosenThread>;
  Calls::Domain domain;
  nmr::BasicAttachment<EchoNpi, Calls> binding(kEchoTable, nullptr);
  nmr::BasicBindingHandle<EchoNpi, Calls> handle(domain);
  (void)handle.attach(binding);
  std::mt19937_64 random(7);
  std::vector<std::uintptr_t> all(1024);
  for (std::uintptr_t& thread : all) {
    g_thread = thread = random() % (std::uintptr_t{1} << 35) * 4096;
    if (!domain.prepare_thread()) return -1;
  }
  std::vector<std::uintptr_t> threads;
  for (const std::uintptr_t thread : all) {
    const bool found = domain.find_slot(domain.next_lane(), thread) != nullptr;
    if (found == at_first_look && threads.size() != 16) threads.push_back(thread);
  }
  if (threads.empty()) return -1;
  int value = 0;
  for (long i = 0; i < times; ++i) {
    g_thread = threads[static_cast<std::size_t>(i) % threads.size()];
    const auto guard = handle.try_call();
    if (guard) value = guard->echo(guard.context(), value);
  }
  (void)handle.detach_and_wait();
  return value;
}

/// Lets a trace of memory accesses be taken apart: 1 while one thread calls, 3 while another does.
alignas(nmr::kCacheLine) volatile int g_phase = 0;

/// Both threads call through one mechanism, one after the other; in between they wait in the kernel, where they
/// leave no trace. What they share is on no thread's stack.
template <class Mechanism>
int run_twice(long times) {
  struct Shared {
    alignas(2 * nmr::kCacheLine) Mechanism mechanism;
    alignas(2 * nmr::kCacheLine) long results = 0;
    int ready[2], go[2];
  };
  const auto shared = std::make_unique<Shared>();
  if (pipe(shared->ready) != 0 || pipe(shared->go) != 0) return -1;
  // In turns until the first look of each succeeds: a thread that comes may make a larger table.
  constexpr int kTurns = 16;
  std::thread other([my = shared.get(), times] {
    char byte = 0;
    for (int i = 0; i != kTurns; ++i) {
      (void)my->mechanism.call(0);
      if (write(my->ready[1], &byte, 1) != 1 || read(my->go[0], &byte, 1) != 1) return;
    }
    g_phase = 3;
    my->results = call_often(my->mechanism, times);
    g_phase = 4;
  });
  bool in_turn = true;
  long results = 0;
  // Not the thread of main(): where that is among the others is chance, and so is whether their records meet.
  std::thread([&] {
    char byte = 0;
    for (int i = 0; i != kTurns; ++i) {
      if (i != 0) in_turn = write(shared->go[1], &byte, 1) == 1 && in_turn;
      in_turn = read(shared->ready[0], &byte, 1) == 1 && in_turn;
      (void)shared->mechanism.call(0);
    }
    g_phase = 1;
    results = call_often(shared->mechanism, times);
    g_phase = 2;
    in_turn = write(shared->go[1], &byte, 1) == 1 && in_turn;
  }).join();
  other.join();
  return in_turn && results == times && shared->results == times ? static_cast<int>(times) : -1;
}

/// Runs the mechanism of this name. Returns the exit status.
template <class... Mechanisms>
int run_named(const char* name, long times, bool twice) {
  int status = 2;
  const auto try_one = [&](auto run_it, const char* its_name) {
    if (std::strcmp(name, its_name) == 0) status = run_it(times) == times ? 0 : 1;
  };
  (try_one(twice ? &run_twice<Mechanisms> : &run<Mechanisms>, Mechanisms::kName), ...);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  std::thread([] {
  }).join();  // a library that knows of one thread alone would leave its locked instructions out
  const bool twice = argc == 4 && std::strcmp(argv[3], "twice") == 0;
  if (argc != 3 && !twice)
    return std::fprintf(stderr,
                        "usage: one_call WHAT TIMES [twice]\n"
                        "WHAT is function, batch, client handle, client call, client guard, first look, "
                        "further looks, or a mechanism\n"),
           2;
  const long times = std::atol(argv[2]);
  if (std::strcmp(argv[1], "function") == 0) return run_function(times) == times ? 0 : 1;
  if (std::strcmp(argv[1], "batch") == 0) return run_batch(times) == times ? 0 : 1;
  if (std::strcmp(argv[1], "client handle") == 0) return run_module(times, client_handle) == times ? 0 : 1;
  if (std::strcmp(argv[1], "client call") == 0) return run_module(times, client_call) == times ? 0 : 1;
  if (std::strcmp(argv[1], "client guard") == 0) return run_module(times, client_guard) == times ? 0 : 1;
  for (const bool first : {true, false}) {
    if (std::strcmp(argv[1], first ? "first look" : "further looks") == 0)
      return run_in_place(times, first) == times ? 0 : 1;
  }
  return run_named<BareCall, GuardedPerThread, GuardedOneWord, CallInRundownRef, CallInShardedRef,
                   CallInCasRundown, CallInSpinLockCounter, CallUnderMutex, CallUnderSharedMutex,
                   CallByCopiedPointer, CallByLockedPointer
#if defined(__cpp_lib_atomic_shared_ptr)
                   ,
                   CallByAtomicPointer
#endif
                   >(argv[1], times, twice);
}
