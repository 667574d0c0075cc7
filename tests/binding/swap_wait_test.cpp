// Threads that attach to one handle that is counted in one word, while a call to what was attached goes on: they
// wait asleep, for as long as it lasts.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "binding/echo.hpp"

namespace {

/// Knows how many threads are asleep, and whether one has spun for longer than another's short section takes.
struct Watched : nmr::StdAtomics {
  static inline std::atomic<int> asleep{0};
  static inline std::atomic<bool> spun{false};

  class Condition : public nmr::StdAtomics::Condition {
   public:
    void wait(nmr::StdAtomics::Mutex& mutex) noexcept {
      asleep.fetch_add(1);
      nmr::StdAtomics::Condition::wait(mutex);
      asleep.fetch_sub(1);
    }
  };
  static void relax(unsigned turn) noexcept {
    if (turn > 100'000) spun = true;
    nmr::StdAtomics::relax(turn);
  }
};
using WatchedWord = nmr::BasicOneWordCalls<Watched>;

}  // namespace

TEST_CASE("counted in one word, whoever swaps beside a swap sleeps until the calls have left") {
  WatchedWord::Domain domain;
  EchoHandle<WatchedWord> handle(domain);
  EchoModule<WatchedWord> first;
  std::vector<std::unique_ptr<EchoModule<WatchedWord>>> next;
  std::vector<std::unique_ptr<CountedCompletion>> replaced;
  for (int i = 0; i != 3; ++i) {
    next.push_back(std::make_unique<EchoModule<WatchedWord>>());
    replaced.push_back(std::make_unique<CountedCompletion>());
  }
  REQUIRE(handle.attach(first.binding) == nmr::Status::kSuccess);
  auto call = std::make_unique<EchoGuard<WatchedWord>>(handle.cell());
  CHECK((*call)->echo(call->context(), 7) == EchoProvider::answer(7));

  std::atomic<int> attached{0};
  std::vector<std::thread> swappers;
  for (std::size_t i = 0; i != next.size(); ++i) {
    swappers.emplace_back([&, i] {
      attached += handle.attach(next[i]->binding, *replaced[i]) == nmr::Status::kSuccess ? 1 : 0;
    });
  }
  while (Watched::asleep != static_cast<int>(swappers.size()) && !Watched::spun) std::this_thread::yield();
  CHECK_FALSE(Watched::spun);
  CHECK(attached == 0);
  CHECK_FALSE(calls_well(handle));  // refused in between
  CHECK_FALSE(handle.detach());  // nothing is in
  call.reset();
  for (auto& swapper : swappers) swapper.join();
  CHECK(attached == 3);
  for (auto& completion : replaced) CHECK(completion->runs() == 1);
  CHECK(first.binding.detached());
  CHECK(calls_well(handle));
  CHECK(handle.detach_and_wait() == nmr::Status::kSuccess);
}
