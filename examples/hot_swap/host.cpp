// Swaps a plug-in under load: threads call it without a pause while its next version is loaded and put in its
// place, and the old one drains, is destroyed and unloaded, again and again. Every result is checked, no call
// is refused, and each old version is proved to have left the memory of the process.
//
//   hot_swap [seconds=10] [--threads N=one for each processor] [--with-gap]
//
// --with-gap detaches the old version and lets it drain before the next is attached, as the registrar of
// Windows would: calls in between are refused, and counted.
//
// SIGINT, SIGTERM and SIGHUP end it as its time would. The status is 0 if all went well, 1 if something went
// wrong, 2 if the arguments make no sense.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <nmr/binding.hpp>

#include "figures.hpp"
#include "old_versions.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "requests.hpp"
#include "work.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration;

class HotSwap {
 public:
  HotSwap(const Options& options, std::filesystem::path plugins)
      : options_(options), plugins_(std::move(plugins)) {}

  /// Returns the exit status. Precondition: the signals of EndSignals are blocked.
  int run() {
    const auto begin = Clock::now();
    const auto end = begin + std::chrono::duration_cast<Clock::duration>(duration<double>(options_.seconds));
    std::thread working = start([this] { work(); });
    Progress progress;
    while (!stop_) {
      if (EndSignals::wait_until(std::min(end, progress.next())) || Clock::now() >= end) stop_ = true;
      progress.show(swaps_, old_versions_.count(), end - Clock::now());
    }
    // What is left to unload takes a moment. It is done already: another signal makes it no shorter.
    while (!done_) {
      (void)EndSignals::wait_until(Clock::now() + std::chrono::milliseconds(10));
      progress.show(swaps_, old_versions_.count(), Clock::duration::zero());
    }
    progress.clear();
    working.join();

    std::printf("%.1f s, %u calling threads, %s\n", duration<double>(Clock::now() - begin).count(),
                options_.threads,
                options_.with_gap ? "each version detached before the next is attached" : "zero-gap swaps");
    for (const Tally& tally : tallies_) figures_.total += tally;
    figures_.swaps = swaps_;
    figures_.print();
    if (const char* const fault = figures_.fault(options_.with_gap)) fail(fault);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) fail("the figures could not be written");
    return tell_failure();
  }

 private:
  enum : unsigned { kCallsPerRequest = 50 };

  /// All but the timekeeping: starts the callers, swaps until it is stopped, and leaves nothing behind.
  void work() {
    std::thread finisher;
    std::vector<std::thread> callers;
    try {
      current_ = load();
      require_success(handle_.attach(current_->attachment));
      finisher = start([this] { finish_requests(tallies_.back()); });
      callers.reserve(options_.threads);
      while (callers.size() != options_.threads) {
        callers.push_back(start([this, &tally = tallies_[callers.size()]] { call(tally); }));
      }
      start_calling();
      swap_until_stopped();
    } catch (const std::exception& error) {
      fail(error.what());
    }
    stop_ = true;
    start_calling();
    for (auto& caller : callers) caller.join();
    requests_.close();
    if (finisher.joinable()) finisher.join();
    try {
      if (current_ != nullptr) {
        old_versions_.wait_for_room();
        handle_.detach(old_versions_.leave(std::move(current_)));
      }
      old_versions_.finish();
    } catch (const std::exception& error) {
      fail(error.what());
      directory_.remove();
      std::_Exit(tell_failure());  // it cannot be unloaded, and nothing here can end
    }
    done_ = true;
  }

  template <class Function>
  [[nodiscard]] static std::thread start(Function function) try {
    return std::thread(function);
  } catch (const std::system_error& error) {
    throw std::runtime_error(std::string("not all threads could be started: ") + error.what());
  }

  // ---- calling ----

  void start_calling() {
    started_ = true;
    started_.notify_all();
  }

  void call(Tally& tally) {
    Result result;
    started_.wait(false);
    for (std::size_t turn = 0; !stop_; ++turn) {
      if (crowded_) std::this_thread::yield();  // or the one who swaps would hardly have a turn
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

  void swap_until_stopped() {
    for (;; ++swaps_) {
      old_versions_.wait_for_room();
      if (stop_) return;
      std::unique_ptr<Plugin> next = load();
      if (options_.with_gap) {
        handle_.detach(old_versions_.leave(std::move(current_)));
        old_versions_.wait_for_calls();
        require_success(handle_.attach(next->attachment));
      } else {
        require_success(handle_.attach(next->attachment, old_versions_.leave(std::move(current_))));
      }
      current_ = std::move(next);
    }
  }

  void require_success(nmr::Status status) {
    if (status != nmr::Status::kSuccess) fail("a version could not be attached");
  }

  /// Ends the run. What is said first is told at its end.
  void fail(const std::string& what) {
    const std::lock_guard lock(failure_mutex_);
    if (failure_.empty()) failure_ = what;
    stop_ = true;
  }
  /// Returns the exit status.
  [[nodiscard]] int tell_failure() {
    const std::lock_guard lock(failure_mutex_);
    if (failure_.empty()) return EXIT_SUCCESS;
    std::fprintf(stderr, "hot_swap: FAILED: %s\n", failure_.c_str());
    return EXIT_FAILURE;
  }

  const Options options_;
  const std::filesystem::path plugins_;
  const TemporaryDirectory directory_;
  const std::vector<Work> work_ = make_work();
  const bool crowded_ = options_.threads > std::thread::hardware_concurrency();
  std::vector<Tally> tallies_{options_.threads + 1};  // of the callers, and of who ends requests

  nmr::CallDomain domain_;
  nmr::BindingHandle<CodecNpi> handle_{domain_};
  Figures figures_;
  OldVersions old_versions_{figures_};
  std::unique_ptr<Plugin> current_;
  Requests requests_;
  std::atomic<std::size_t> swaps_ = 0;
  std::atomic<bool> started_ = false, stop_ = false, done_ = false;
  std::mutex failure_mutex_;
  std::string failure_;
};

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  switch (options.parse(argc, argv)) {
    case Options::kRun: break;
    case Options::kHelp: return std::puts(Options::kUsage) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    case Options::kWrong: return 2;
  }
  EndSignals::block();
  return HotSwap(options, std::filesystem::canonical("/proc/self/exe").parent_path()).run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "hot_swap: FAILED: %s\n", error.what());
  return EXIT_FAILURE;
}
