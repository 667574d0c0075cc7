// Attachments that have a completion of their own, which runs whoever detaches or replaces them.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "binding/echo.hpp"
#include "support/misuse.hpp"

using nmr::Status;

namespace {

/// Frees itself, with its provider, when its last call has left.
template <class Calls>
struct FreesItself : nmr::Completion {
  explicit FreesItself(std::atomic<int>& counted) noexcept : nmr::Completion(&free, this), freed(counted) {}

  static void free(nmr::Completion&, void* self) noexcept {
    auto* const it = static_cast<FreesItself*>(self);
    std::atomic<int>& freed = it->freed;
    delete it;
    ++freed;
  }

  std::atomic<int>& freed;
  EchoProvider provider;
  EchoBinding<Calls> attachment{provider.table(), provider.context(), *this};
};

template <class Calls>
void attach_new(EchoHandle<Calls>& handle, std::atomic<int>& freed) {
  CHECK(handle.attach((new FreesItself<Calls>(freed))->attachment) == Status::kSuccess);
}

template <class Calls>
struct World {
  EchoProvider provider;
  CountedCompletion gone;
  typename Calls::Domain domain;
  EchoHandle<Calls> handle{domain};
  EchoBinding<Calls> attachment{provider.table(), provider.context(), gone};
};

}  // namespace

TEST_CASE_TEMPLATE("R162: an attachment's own completion runs for each detach, however it is detached", Calls,
                   PerThread, PerThreadRealFences, OneWord) {
  World<Calls> world;
  CountedCompletion given;
  for (int time = 0; time != 4; ++time) {
    CAPTURE(time);
    CHECK(world.handle.attach(world.attachment) == Status::kSuccess);
    CHECK(world.gone.runs() == time);
    CHECK(calls_well(world.handle));
    switch (time) {
      case 0: CHECK(world.handle.detach()); break;
      case 1: CHECK(world.handle.detach(given)); break;
      case 2: CHECK(world.handle.detach_and_wait() == Status::kSuccess); break;
      default: {
        nmr::DetachBatch<Calls> batch(world.domain);
        CHECK(batch.add(world.handle));
        batch.detach();
      }
    }
    CHECK(world.gone.runs() == time + 1);
    CHECK(world.attachment.detached());
  }
  CHECK(given.runs() == 1);
}

TEST_CASE_TEMPLATE("R162: it runs when the last call has left, before a completion that the detacher gave",
                   Calls, PerThread, PerThreadRealFences, OneWord) {
  World<Calls> world;
  struct Later : nmr::Completion {
    explicit Later(CountedCompletion& other) noexcept : nmr::Completion(&note, this), first(other) {}
    static void note(nmr::Completion&, void* self) noexcept {
      static_cast<Later*>(self)->seen = static_cast<Later*>(self)->first.runs();
    }
    CountedCompletion& first;
    int seen = -1;
  } later(world.gone);
  CHECK(world.handle.attach(world.attachment) == Status::kSuccess);
  auto guard = world.handle.try_call();
  REQUIRE(guard);
  auto hold = guard.hold();
  CHECK(world.handle.detach(later));
  CHECK(world.gone.runs() == 0);
  hold.leave();
  CHECK(world.gone.runs() == 1);
  CHECK(later.seen == 1);
}

TEST_CASE_TEMPLATE("R162: what is replaced frees itself, and whoever replaces it need not know what it was",
                   Calls, PerThread, PerThreadRealFences) {
  std::atomic<int> freed = 0;
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  typename Calls::Domain domain;
  EchoHandle<Calls> handle(domain);
  attach_new(handle, freed);
  std::thread caller([&] {
    while (!stop) {
      if (!calls_well(handle)) ++wrong;
    }
  });
  std::thread other([&] {
    for (int i = 0; i != 500; ++i) attach_new(handle, freed);
  });
  for (int i = 0; i != 500; ++i) attach_new(handle, freed);
  other.join();
  stop = true;
  caller.join();
  CHECK(handle.detach());
  CHECK(freed == 1001);
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("bad input: an attachment whose completion is in use is not attached", Calls, PerThread,
                   OneWord) {
  World<Calls> world;
  EchoBinding<Calls> second{world.provider.table(), world.provider.context(), world.gone};
  EchoHandle<Calls> other(world.domain);
  CHECK(world.handle.attach(world.attachment) == Status::kSuccess);
  {
    MisuseTrap trap;
    CHECK(other.attach(second) == Status::kInvalidParameter);
    CHECK(trap.count() == 1);
  }
  CHECK(second.detached());
  CHECK_FALSE(calls_well(other));
  CHECK(calls_well(world.handle));
  CHECK(world.gone.runs() == 0);
  CHECK(world.handle.detach());
  CHECK(world.gone.runs() == 1);
  CHECK(other.attach(second) == Status::kSuccess);
  CHECK(other.detach());
  CHECK(world.gone.runs() == 2);
}

TEST_CASE_TEMPLATE("bad input: an attachment's own completion is not given for what it replaces too", Calls,
                   PerThread, OneWord) {
  World<Calls> world;
  for (const bool attached : {false, true}) {
    CAPTURE(attached);
    EchoBinding<Calls> before{world.provider.table(), world.provider.context()};
    if (attached) CHECK(world.handle.attach(before) == Status::kSuccess);
    {
      MisuseTrap trap;
      CHECK(world.handle.attach(world.attachment, world.gone) == Status::kInvalidParameter);
      CHECK(trap.count() == 1);
    }
    CHECK(world.gone.runs() == 0);
    CHECK_FALSE(world.gone.in_use());
    CHECK(world.attachment.detached());
    CHECK(world.handle.detach() == attached);
  }
  CHECK(world.handle.attach(world.attachment) == Status::kSuccess);
  CHECK(world.handle.detach());
  CHECK(world.gone.runs() == 1);
}

TEST_CASE_TEMPLATE("a table of handles has a place for each, over one domain", Calls, PerThread, OneWord) {
  World<Calls> world;
  nmr::BasicBindingTable<EchoNpi, 3, Calls> table(world.domain);
  CHECK(table.size() == 3);
  CHECK(table.end() - table.begin() == 3);
  CHECK(&table[2] == table.end() - 1);
  CHECK(table[1].attach(world.attachment) == Status::kSuccess);
  CHECK_FALSE(calls_well(table[0]));
  CHECK(calls_well(table[1]));
  CHECK_FALSE(calls_well(table[2]));
  for (auto& handle : table) CHECK(handle.detach() == (&handle == &table[1]));
  CHECK(world.gone.runs() == 1);
}
