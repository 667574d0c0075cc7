// A million threads that start, call once and end: what is left of them.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <thread>
#include <vector>

#include "bars.hpp"
#include "echo.hpp"

namespace {

/// What the domain's tables of thread records take: they are the only thing here that wants this alignment.
std::atomic<std::size_t> table_bytes{0};

[[nodiscard]] double resident_mib() {
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  unsigned long all = 0, resident = 0;
  if (file == nullptr) return 0;
  if (std::fscanf(file, "%lu %lu", &all, &resident) != 2) resident = 0;
  std::fclose(file);
  return static_cast<double>(resident) * 4096 / (1 << 20);
}

}  // namespace

// Both, or memory of one allocator would be given to another; the other forms go through these. Out of line,
// since g++ takes free() for the wrong partner of that operator new which it does not see through.
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto align = static_cast<std::size_t>(alignment);
  if (align == alignof(nmr::detail::CallTable<nmr::StdAtomics>)) table_bytes.fetch_add(size);
  void* const memory = std::aligned_alloc(align, (size + align - 1) / align * align);
  if (memory == nullptr) std::abort();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }

void thread_bars(Report& report, const Options& options) {
  constexpr std::size_t kAtATime = 64;
  const std::size_t total = options.by_length<std::size_t>(640, 40'000, 1'000'000);
  const std::size_t bytes_of_others = table_bytes.load();
  nmr::CallDomain domain;
  nmr::Attachment<EchoNpi> binding(kEchoTable, nullptr);
  nmr::BindingHandle<EchoNpi> handle(domain);
  (void)handle.attach(binding);

  std::atomic<std::size_t> refused{0};
  std::vector<std::thread> threads(kAtATime);
  const auto run = [&](std::size_t count) {
    for (std::size_t done = 0; done < count; done += kAtATime) {
      for (auto& thread : threads) {
        thread = std::thread([&] {
          const auto guard = handle.try_call();
          if (!guard || guard->echo(guard.context(), 1) != 2) refused.fetch_add(1);
        });
      }
      for (auto& thread : threads) thread.join();
    }
  };
  run(total / 10);
  const double resident_before = resident_mib();
  const std::size_t bytes_before = table_bytes.load();
  run(total - total / 10);
  (void)handle.detach_and_wait();

  const std::string count = std::to_string(total) + " threads, 64 at a time: ";
  report.at_most(12, count + "calls refused", static_cast<double>(refused.load()), 0, Report::kExact);
  report.at_most(12, count + "KiB of thread records",
                 static_cast<double>(table_bytes.load() - bytes_of_others) / 1024, 1024);
  report.at_most(12, count + "growth of the records after a tenth of them, KiB",
                 static_cast<double>(table_bytes.load() - bytes_before) / 1024, 256);
  report.at_most(12, count + "growth of resident memory after a tenth of them, MiB",
                 resident_mib() - resident_before, 2);
}
