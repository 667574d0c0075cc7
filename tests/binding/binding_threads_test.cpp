#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "binding/echo.hpp"
#include "platform/threads.hpp"

using nmr::Status;

namespace {

/// A module that is freed by the completion of its detach, as an unloaded image is.
template <class Calls>
class FreedWhenDetached : public nmr::Completion {
 public:
  explicit FreedWhenDetached(std::atomic<int>& freed) noexcept : Completion(&free, this), freed_(freed) {}

  EchoModule<Calls> module;

 private:
  static void free(Completion&, void* self) noexcept {
    std::atomic<int>& freed = static_cast<FreedWhenDetached*>(self)->freed_;
    delete static_cast<FreedWhenDetached*>(self);
    freed.fetch_add(1);
  }

  std::atomic<int>& freed_;
};

}  // namespace

TEST_CASE_TEMPLATE("a module may be freed by its completion, whoever is last: calls, nested calls or holds",
                   Calls, PerThread, PerThreadRealFences, OneWord) {
  constexpr int kTurns = 150;
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  std::atomic<bool> stop{false};
  std::atomic<int> freed{0};
  std::atomic<int> answered{0};
  std::atomic<int> wrong{0};
  {
    Threads callers(3, [&](int i) {
      while (!stop.load(std::memory_order_relaxed)) {
        auto guard = handle.try_call();
        if (!guard) {
          std::this_thread::yield();
          continue;
        }
        if (guard->echo(guard.context(), i) != EchoProvider::answer(i)) wrong.fetch_add(1);
        answered.fetch_add(1, std::memory_order_relaxed);
        if (i == 1) {
          const auto nested = handle.try_call();
          guard.leave();
          if (nested && nested->echo(nested.context(), i) != EchoProvider::answer(i)) wrong.fetch_add(1);
        }
        if (i == 2) {
          const auto hold = guard.hold();
          if (hold->echo(hold.context(), i) != EchoProvider::answer(i)) wrong.fetch_add(1);
        }
      }
    });
    for (int turn = 0; turn < kTurns; ++turn) {
      auto* const module = new FreedWhenDetached<Calls>(freed);
      if (handle.attach(module->module.binding) != Status::kSuccess) wrong.fetch_add(1);
      const int before = answered.load(std::memory_order_relaxed);
      if (turn % 4 == 0) spin_until([&] { return answered.load(std::memory_order_relaxed) != before; });
      if (!handle.detach(*module)) wrong.fetch_add(1);
    }
    spin_until([&] { return freed.load() == kTurns; });
    stop.store(true);
  }
  CHECK(wrong.load() == 0);
  CHECK(freed.load() == kTurns);
  CHECK(answered.load() >= kTurns / 4);
}

TEST_CASE_TEMPLATE("a swap leaves no gap: while another thread swaps all the time, no call is refused", Calls,
                   PerThread, PerThreadRealFences) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> modules[3];
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0};
  std::atomic<int> refused{0};
  int wrong = 0;
  CHECK(handle.attach(modules[0].binding) == Status::kSuccess);
  {
    Threads callers(3, [&](int i) {
      while (!stop.load(std::memory_order_relaxed)) (calls_well(handle, i) ? answered : refused).fetch_add(1);
    });
    for (int swap = 1; swap <= 300; ++swap) {
      EchoModule<Calls>& next = modules[swap % 3];
      EchoModule<Calls>& last = modules[(swap + 2) % 3];
      if (next.binding.wait_until_detached() != Status::kSuccess) ++wrong;
      if (handle.attach(next.binding) != Status::kSuccess) ++wrong;
      if (swap % 8 == 0) {
        if (last.binding.wait_until_detached() != Status::kSuccess) ++wrong;
        const int before = next.provider.entered();
        spin_until([&] { return next.provider.entered() != before; });
      }
    }
    stop.store(true);
  }
  CHECK(wrong == 0);
  CHECK(refused.load() == 0);
  CHECK(answered.load() > 0);
  CHECK(handle.detach_and_wait() == Status::kSuccess);
  for (EchoModule<Calls>& module : modules) CHECK(module.binding.detached());
}

TEST_CASE_TEMPLATE("of two threads that detach one has it, and both are told exactly once", Calls, PerThread,
                   PerThreadRealFences, OneWord) {
  constexpr int kTurns = 200;
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  StartLine line(3);
  std::atomic<int> detached{0};
  CountedCompletion done[2][kTurns];
  int wrong = 0;
  Threads detachers(2, [&](int i) {
    for (CountedCompletion& each : done[i]) {
      line.arrive_and_wait();
      if (handle.detach(each)) detached.fetch_add(1);
      line.arrive_and_wait();
    }
  });
  for (int turn = 0; turn < kTurns; ++turn) {
    if (handle.attach(module.binding) != Status::kSuccess) ++wrong;
    {
      const auto guard = handle.try_call();
      line.arrive_and_wait();
      line.arrive_and_wait();
      if (detached.load() != turn + 1 || done[0][turn].runs() + done[1][turn].runs() != 1) ++wrong;
    }
    if (done[0][turn].runs() != 1 || done[1][turn].runs() != 1) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE(
    "attaching, swapping and detaching may race: what was attached last can be taken out, all else ends",
    Calls, PerThread, PerThreadRealFences, OneWord) {
  constexpr int kTurns = 100;
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> modules[3];
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  {
    Threads callers(1, [&](int i) {
      while (!stop.load(std::memory_order_relaxed)) {
        const auto guard = handle.try_call();
        if (guard && guard->echo(guard.context(), i) != EchoProvider::answer(i)) wrong.fetch_add(1);
      }
    });
    Threads attachers(3, [&](int i) {
      for (int turn = 0; turn < kTurns; ++turn) {
        if (handle.attach(modules[i].binding) != Status::kSuccess) wrong.fetch_add(1);
        if (turn % 3 == i) handle.detach();
        // Whether this thread or another takes it out, it ends.
        while (modules[i].binding.wait_until_detached_for(std::chrono::microseconds(50)) ==
               Status::kTimeout) {
          handle.detach();
        }
      }
    });
    attachers.join();
    stop.store(true);
  }
  CHECK(wrong.load() == 0);
  CHECK_FALSE(handle.attached());
  for (EchoModule<Calls>& module : modules) CHECK(module.binding.detached());
}

TEST_CASE_TEMPLATE("many handles of one domain are attached and detached by many threads at once", Calls,
                   PerThread, PerThreadRealFences, OneWord) {
  constexpr int kThreads = 4;
  typename Calls::Domain domain;
  std::unique_ptr<EchoHandle<Calls>> handles[kThreads];
  for (auto& handle : handles) handle = std::make_unique<EchoHandle<Calls>>(domain);
  std::atomic<int> wrong{0};
  std::atomic<int> answered{0};
  Threads threads(kThreads, [&](int i) {
    EchoModule<Calls> module;
    for (int turn = 0; turn < 100; ++turn) {
      if (handles[i]->attach(module.binding) != Status::kSuccess) wrong.fetch_add(1);
      for (auto& handle : handles) {
        const auto guard = handle->try_call();
        if (!guard) continue;
        answered.fetch_add(1);
        if (guard->echo(guard.context(), turn) != EchoProvider::answer(turn)) wrong.fetch_add(1);
      }
      if (handles[i]->detach_and_wait() != Status::kSuccess) wrong.fetch_add(1);
    }
  });
  threads.join();
  CHECK(wrong.load() == 0);
  CHECK(answered.load() >= kThreads * 100);
}

namespace {

/// Calls through a handle when its thread ends.
template <class Calls>
struct CallsAtTheEnd {
  ~CallsAtTheEnd() {
    if (handle == nullptr) return;
    const auto guard = handle->try_call();
    *answered = guard && guard->echo(guard.context(), 1) == EchoProvider::answer(1);
  }
  EchoHandle<Calls>* handle = nullptr;
  bool* answered = nullptr;
};

}  // namespace

TEST_CASE_TEMPLATE(
    "a destructor of a thread's own variable calls as anybody does, as the thread's first call or not", Calls,
    PerThread, PerThreadRealFences, OneWord) {
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  EchoModule<Calls> module;
  CHECK(handle.attach(module.binding) == Status::kSuccess);
  bool answered[2] = {};
  for (const bool first : {true, false}) {
    std::thread([&] {
      static thread_local CallsAtTheEnd<Calls> at_the_end;
      at_the_end.handle = &handle;
      at_the_end.answered = &answered[first ? 1 : 0];
      if (!first) (void)handle.try_call();
    }).join();
  }
  CHECK(answered[0]);
  CHECK(answered[1]);
  CHECK(handle.detach_and_wait() == Status::kSuccess);
}

TEST_CASE_TEMPLATE(
    "domains come and go at one address, a million times: what a thread had in the last one is not found in "
    "the next" *
        doctest::test_suite("long"),
    Calls, PerThread, OneWord) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
  // Where nothing is optimised a million take an emulator more than a minute.
  constexpr int kTimes = 20'000;
#else
  constexpr int kTimes = 1'000'000;
#endif
  struct Place {
    typename Calls::Domain domain;
    EchoHandle<Calls> handle{domain};
    EchoModule<Calls> module;
  };
  alignas(Place) unsigned char memory[sizeof(Place)];
  int refused = 0, attached = 0, answered = 0;
  for (int i = 0; i < kTimes; ++i) {
    auto* const place = new (memory) Place;
    refused += place->handle.try_call() ? 0 : 1;
    attached += place->handle.attach(place->module.binding) == Status::kSuccess ? 1 : 0;
    {
      const auto guard = place->handle.try_call();
      answered += guard && guard->echo(guard.context(), i) == EchoProvider::answer(i) ? 1 : 0;
    }
    (void)place->handle.detach();
    refused += place->handle.try_call() ? 0 : 1;
    place->~Place();
  }
  CHECK(refused == 2 * kTimes);
  CHECK(attached == kTimes);
  CHECK(answered == kTimes);
}
