// Swaps a plug-in under load: threads call it without a pause while its next version is loaded and put in its
// place, and the old one drains, is destroyed and unloaded, again and again. Every result is checked, no call
// is refused, and each old version is proved to have left the memory of the process.
//
//   hot_swap [seconds=10] [--threads N=one for each processor] [--with-gap]
//
// --with-gap detaches the old version and lets it drain before the next is attached, as the registrar of
// Windows would: calls in between are refused, and counted.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include <nmr/binding.hpp>

#include "figures.hpp"
#include "old_versions.hpp"
#include "requests.hpp"
#include "work.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration;

struct Options {
  double seconds = 10;
  unsigned threads = std::max(2u, std::thread::hardware_concurrency());
  bool with_gap = false;
};

class HotSwap {
 public:
  HotSwap(const Options& options, std::filesystem::path plugins)
      : options_(options), plugins_(std::move(plugins)) {}

  /// Returns the exit status.
  int run() {
    current_ = load();
    require_success(handle_.attach(current_->binding));
    std::vector<Tally> tallies(options_.threads + 1);
    std::vector<std::thread> callers;
    for (unsigned i = 0; i != options_.threads; ++i) callers.emplace_back([&, i] { call(tallies[i]); });
    std::thread finisher([&] { finish_requests(tallies.back()); });

    const auto begin = Clock::now();
    try {
      swap_until(begin + std::chrono::duration_cast<Clock::duration>(duration<double>(options_.seconds)));
    } catch (const std::exception& error) {
      fail(error.what());
    }
    stop_ = true;
    for (auto& caller : callers) caller.join();
    requests_.close();
    finisher.join();
    const duration<double> took = Clock::now() - begin;

    handle_.detach(old_versions_.leave(std::move(current_)));
    old_versions_.finish();

    std::printf("%.1f s, %u calling threads, %s\n", took.count(), options_.threads,
                options_.with_gap ? "each version detached before the next is attached" : "zero-gap swaps");
    for (const Tally& tally : tallies) figures_.total += tally;
    figures_.print();
    if (const char* const fault = figures_.fault(options_.with_gap)) fail(fault);
    return failed_ ? EXIT_FAILURE : EXIT_SUCCESS;
  }

 private:
  enum : std::size_t { kMostDraining = 8 };  // old versions at a time
  enum : unsigned { kCallsPerRequest = 50 };

  // ---- calling ----

  void call(Tally& tally) {
    Result result;
    for (std::size_t turn = 0; !stop_; ++turn) {
      const Work& work = work_[turn % work_.size()];
      auto call = handle_.try_call();
      if (!call) {
        ++tally.refused;
        std::this_thread::yield();
        continue;
      }
      result.get(work, call);
      if (turn % kCallsPerRequest == 0) requests_.start(call.hold(), work);
      call.leave();
      check(result, work, tally);
    }
  }

  /// Ends, on a thread of its own, what calls have started; the version that was called may have been
  /// replaced by then.
  void finish_requests(Tally& tally) {
    Result result;
    while (auto request = requests_.take()) {
      result.get(*request->work, request->hold);
      request->hold.leave();
      ++tally.requests;
      check(result, *request->work, tally);
    }
  }

  void check(const Result& result, const Work& work, Tally& tally) {
    ++tally.calls;
    ++tally.by_version.at(result.version);
    if (!result.right_for(work)) return fail("a call gave a wrong result");
    ++tally.checked;
  }

  // ---- swapping ----

  std::unique_ptr<Plugin> load() {
    std::size_t& loaded = figures_.loaded;
    const char* const file = loaded % 2 == 0 ? "hot_swap_v1.so" : "hot_swap_v2.so";
    auto plugin =
        std::make_unique<Plugin>(plugins_ / file, directory_.path() / (std::to_string(loaded) + ".so"));
    ++loaded;
    return plugin;
  }

  void swap_until(Clock::time_point end) {
    const bool show = ::isatty(STDOUT_FILENO) != 0;
    for (auto shown = Clock::now(); Clock::now() < end && !failed_; ++figures_.swaps) {
      std::unique_ptr<Plugin> next = load();
      if (options_.with_gap) {
        handle_.detach(old_versions_.leave(std::move(current_)));
        old_versions_.wait_for_fewer_than(1);
        require_success(handle_.attach(next->binding));
      } else {
        old_versions_.wait_for_fewer_than(kMostDraining);
        require_success(handle_.attach(next->binding, old_versions_.leave(std::move(current_))));
      }
      current_ = std::move(next);
      if (show && Clock::now() - shown > std::chrono::milliseconds(200)) {
        shown = Clock::now();
        std::printf("\r%zu swaps, %.1f s left ", figures_.swaps, duration<double>(end - shown).count());
        std::fflush(stdout);
      }
    }
    if (show) std::printf("\r%40s\r", "");
  }

  void require_success(nmr::Status status) {
    if (status != nmr::Status::kSuccess) fail("a version could not be attached");
  }

  void fail(const char* what) {
    if (!failed_.exchange(true)) std::fprintf(stderr, "hot_swap: FAILED: %s\n", what);
  }

  const Options options_;
  const std::filesystem::path plugins_;
  const TemporaryDirectory directory_;
  const std::vector<Work> work_ = make_work();

  nmr::CallDomain domain_;
  nmr::BindingHandle<CodecNpi> handle_{domain_};
  Figures figures_;
  OldVersions old_versions_{figures_};
  std::unique_ptr<Plugin> current_;
  Requests requests_;
  std::atomic<bool> stop_ = false, failed_ = false;
};

/// Returns false if the arguments make no sense.
bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    char* end = nullptr;
    if (std::strcmp(argv[i], "--with-gap") == 0) {
      options.with_gap = true;
    } else if (std::strcmp(argv[i], "--threads") == 0 && i + 1 < argc) {
      options.threads = static_cast<unsigned>(std::strtoul(argv[++i], &end, 10));
      if (*end != '\0' || options.threads == 0 || options.threads > 1000) return false;
    } else {
      options.seconds = std::strtod(argv[i], &end);
      if (end == argv[i] || *end != '\0' || !(options.seconds > 0)) return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fputs("usage: hot_swap [seconds] [--threads N] [--with-gap]\n", stderr);
    return EXIT_FAILURE;
  }
  return HotSwap(options, std::filesystem::canonical("/proc/self/exe").parent_path()).run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "hot_swap: FAILED: %s\n", error.what());
  return EXIT_FAILURE;
}
