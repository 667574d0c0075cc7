// Modules whose memory and code are taken away the moment they are said to be gone. A fault is a failure.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <type_traits>

#include "binding/echo.hpp"
#include "stress/module.hpp"
#include "stress/storm.hpp"

namespace {

constexpr std::size_t kPages = 64;

/// Calls within calls through any of the handles, some of which outlive their call.
template <class Calls>
class Caller {
 public:
  Caller(StressHandle<Calls>* (&handles)[2], Random& random, Tally& tally) noexcept
      : handles_(handles), random_(random), tally_(tally) {}

  void call() {
    // Deeper than a thread has slots, now and then.
    call_to_depth(random_.one_in(16) ? random_.below(12) : random_.below(3));
    if (random_.one_in(2)) holds_[random_.below(2)].leave();
  }

 private:
  void call_to_depth(std::uint32_t depth) {
    auto guard = handles_[random_.below(2)]->try_call();
    if (!guard) {
      ++tally_.refused;
      if (random_.one_in(64)) std::this_thread::yield();
      return;
    }
    const int value = static_cast<int>(depth);
    call_in(guard, value, tally_);
    if (depth > 0) call_to_depth(depth - 1);
    if (random_.one_in(64)) std::this_thread::yield();
    call_in(guard, value, tally_);
    if (!random_.one_in(16)) return;
    auto& hold = holds_[random_.below(2)];
    hold = guard.hold();
    call_in(hold, value, tally_);
  }

  StressHandle<Calls>* (&handles_)[2];
  Random& random_;
  Tally& tally_;
  nmr::BasicCallHold<StressNpi, Calls> holds_[2];
};

/// Callers beside two that change what is called, in a way of their own.
template <class Calls, class Mutate>
void run(Storm& storm, StressHandle<Calls>* (&handles)[2], Mutate mutate) {
  storm.callers(3, [&](Storm::Part& part) {
    Caller<Calls> caller(handles, part.random, part.tally);
    while (!storm.over()) caller.call();
  });
  storm.mutators(2, mutate);
  storm.stop();
}

template <class Calls>
void wait_until_gone(PagedModule<Calls>& module, Random& random, Tally& tally) {
  auto& binding = module.binding();
  if (random.one_in(2)) {
    tally.expect(binding.wait_until_detached() == nmr::Status::kSuccess);
  } else {
    while (binding.wait_until_detached_for(std::chrono::microseconds(random.below(20))) !=
           nmr::Status::kSuccess) {
    }
  }
  module.run();
}

}  // namespace

TEST_CASE_TEMPLATE(
    "paged storm: swapped, detached and waited for, and what is told to be gone is taken away at once", Calls,
    PerThread, Delayed, DelayedWithRealFences, OneWord, DelayedOneWord) {
  using Module = PagedModule<Calls>;
  Storm storm;
  ModulePages pages(kPages);
  typename Calls::Domain domain;
  StressHandle<Calls> first(domain);
  StressHandle<Calls> second(domain);
  StressHandle<Calls>* handles[2] = {&first, &second};
  run<Calls>(storm, handles, [&](Storm::Part& part) {
    Random& random = part.random;
    Tally& tally = part.tally;
    auto& handle = *handles[part.number];
    Module* attached = nullptr;  // and nobody else changes this handle
    const auto attach = [&](Module& next, nmr::Completion* replaced) {
      const auto status =
          replaced != nullptr ? handle.attach(next.binding(), *replaced) : handle.attach(next.binding());
      tally.expect(status == nmr::Status::kSuccess);
    };
    while (storm.budget.more()) {
      Module& next = Module::make(pages, tally, random);
      switch (attached != nullptr ? random.below(4) : 0) {
        case 0:
          attach(next, attached);
          if (attached != nullptr) ++tally.swaps;
          break;
        case 1:
          attach(next, nullptr);
          ++tally.swaps;
          wait_until_gone(*attached, random, tally);
          break;
        case 2:
          tally.expect(handle.detach(*attached));
          ++tally.detaches;
          if (random.one_in(2)) std::this_thread::yield();
          attach(next, nullptr);
          break;
        default:
          tally.expect(handle.detach_and_wait() == nmr::Status::kSuccess);
          ++tally.detaches;
          attached->run();
          attach(next, nullptr);
      }
      attached = &next;
      if (random.one_in(4)) std::this_thread::yield();
    }
    tally.expect(handle.detach(*attached));
    ++tally.detaches;
  });
  storm.finish();
}

TEST_CASE_TEMPLATE(
    "paged storm: rivals swap in one handle, and each takes its module away as soon as a wait has returned",
    Calls, PerThread, Delayed, DelayedOneWord) {
  using Module = PagedModule<Calls>;
  constexpr bool kWithoutGap = !std::is_same_v<Calls, DelayedOneWord>;
  Storm storm;
  ModulePages pages(kPages);
  typename Calls::Domain domain;
  StressHandle<Calls> handle(domain);
  StressHandle<Calls>* handles[2] = {&handle, &handle};
  Module* last[2] = {};
  {
    Random random = storm.budget.random(20);
    Tally tally(storm.totals);
    last[0] = &Module::make(pages, tally, random);
    CHECK(handle.attach(last[0]->binding()) == nmr::Status::kSuccess);
  }
  run<Calls>(storm, handles, [&](Storm::Part& part) {
    auto& [number, random, delays, tally] = part;
    Module*& mine = last[number];
    while (storm.budget.more()) {
      Module& next = Module::make(pages, tally, random);
      tally.expect(handle.attach(next.binding()) == nmr::Status::kSuccess);
      ++tally.swaps;
      if (mine != nullptr) wait_until_gone(*mine, random, tally);
      mine = &next;
      if (random.one_in(4)) std::this_thread::yield();
    }
  });
  if (kWithoutGap) CHECK(storm.totals.refused.load() == 0);
  CHECK(handle.detach_and_wait() == nmr::Status::kSuccess);
  for (Module* const module : last) {
    if (module == nullptr) continue;
    CHECK(module->binding().detached());
    module->run();
  }
  storm.finish();
}
