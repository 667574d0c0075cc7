// What holds by construction: sizes, and where a guarded call writes. One fact a line: bar, figure, limit,
// words.
#include <cstdio>

#include <nmr/nmr.hpp>

#include "../tests/support/counting_atomics.hpp"
#include "echo.hpp"

namespace {

void fact(int bar, std::size_t figure, std::size_t limit, const char* what) {
  std::printf("%d %zu %zu %s\n", bar, figure, limit, what);
}

using Record = nmr::detail::CallRecord<nmr::StdAtomics>;

// A record has its cache lines for itself, so that what lies in another thread's is never written by this
// one's calls.
static_assert(sizeof(Record) == alignof(Record) && alignof(Record) >= nmr::kCacheLine);

/// How many of the places that calls have written to lie outside of the thread's record.
std::size_t written_elsewhere() {
  constexpr std::size_t kRecord = sizeof(nmr::detail::CallRecord<CountingAtomics>);
  const auto first = reinterpret_cast<std::uintptr_t>(counts().written[0]) / kRecord * kRecord;
  std::size_t elsewhere = 0;
  for (int i = 0; i != counts().writes; ++i) {
    const auto address = reinterpret_cast<std::uintptr_t>(counts().written[i]);
    if (address < first || address >= first + kRecord) ++elsewhere;
  }
  return elsewhere;
}

void writes_of_a_call() {
  using Calls = nmr::BasicPerThreadCalls<CountingAtomics>;
  Calls::Domain domain;
  nmr::BasicAttachment<EchoNpi, Calls> binding(kEchoTable, nullptr), inner(kEchoTable, nullptr);
  nmr::BasicBindingHandle<EchoNpi, Calls> handle(domain), inner_handle(domain);
  (void)handle.attach(binding);
  (void)inner_handle.attach(inner);
  const auto call_twice = [&] {
    const auto guard = handle.try_call();
    const auto nested = inner_handle.try_call();
    return guard->echo(nullptr, 1) + nested->echo(nullptr, 1);
  };
  (void)call_twice();  // registers this thread
  counts().reset();
  (void)call_twice();
  fact(5, written_elsewhere(), 0, "writes of two nested calls outside of the thread's own record");
  fact(5, static_cast<std::size_t>(counts().writes), 4, "writes of two nested calls");
  fact(4, static_cast<std::size_t>(counts().read_modify_writes + counts().full_fences + counts().locks), 0,
       "read-modify-writes, fences and locks of two nested calls, counted by the policy");
  (void)handle.detach_and_wait();
  (void)inner_handle.detach_and_wait();
}

}  // namespace

int main() {
  writes_of_a_call();
  fact(13, sizeof(nmr::RundownRef), 2 * sizeof(void*), "bytes of a RundownRef");
  fact(13, sizeof(nmr::BindingHandle<EchoNpi>), 64, "bytes of a BindingHandle");
  fact(13, sizeof(Record), 128, "bytes of a thread's record");
  fact(13, sizeof(nmr::detail::BindingCore<nmr::PerThreadCalls>), 512,
       "bytes of a registry's binding, both sides");
}
