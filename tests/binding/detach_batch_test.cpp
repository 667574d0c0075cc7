// Many handles that are detached together.
#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "binding/echo.hpp"
#include "platform/threads.hpp"
#include "support/misuse.hpp"

using nmr::Status;

namespace {

/// Handles, each with a module attached, and a completion for its end.
template <class Calls>
struct Many {
  struct Each {
    explicit Each(typename Calls::Domain& domain) : handle(domain) {
      CHECK(handle.attach(module.binding) == Status::kSuccess);
    }
    EchoModule<Calls> module;
    EchoHandle<Calls> handle;
    CountedCompletion done;
  };

  explicit Many(std::size_t count) {
    for (std::size_t i = 0; i != count; ++i) all.push_back(std::make_unique<Each>(domain));
  }

  typename Calls::Domain domain;
  std::vector<std::unique_ptr<Each>> all;
};

using Counted = nmr::BasicPerThreadCalls<ChosenThread<CountingAtomics>>;

}  // namespace

TEST_CASE_TEMPLATE("R118: those that nobody is inside of have ended when the batch has been detached", Calls,
                   PerThread, PerThreadRealFences, OneWord) {
  Many<Calls> many(100);
  nmr::DetachBatch<Calls> batch(many.domain);
  for (const auto& each : many.all) CHECK(batch.add(each->handle, each->done));
  for (const auto& each : many.all) CHECK(each->done.runs() == 0);
  batch.detach();
  for (const auto& each : many.all) {
    CHECK(each->done.runs() == 1);
    CHECK(each->module.binding.detached());
    CHECK_FALSE(calls_well(each->handle));
  }
  batch.detach();
  for (const auto& each : many.all) CHECK(each->done.runs() == 1);
}

TEST_CASE("R118: a batch has one barrier, and a second where somebody is inside") {
  for (const bool inside : {false, true}) {
    CAPTURE(inside);
    ChosenThread<CountingAtomics>::act_as(1);
    Many<Counted> many(100);
    REQUIRE(many.domain.prepare_thread());
    std::unique_ptr<EchoGuard<Counted>> guard;
    if (inside) guard = std::make_unique<EchoGuard<Counted>>(many.all[50]->handle.cell());
    counts().reset();
    {
      nmr::DetachBatch batch(many.domain);
      for (const auto& each : many.all) CHECK(batch.add(each->handle));
      CHECK(counts().heavy_fences == 0);
    }  // detaches
    CHECK(counts().heavy_fences == (inside ? 2 : 1));
    for (const auto& each : many.all)
      CHECK(each->module.binding.detached() == (!inside || each != many.all[50]));
    guard.reset();
    CHECK(many.all[50]->module.binding.detached());
  }
}

TEST_CASE_TEMPLATE("R118: the last one out of each binding of a batch runs its completion, once", Calls,
                   PerThread, PerThreadRealFences, OneWord) {
  Many<Calls> many(8);
  std::atomic<bool> stop{false};
  Threads callers(2, [&](int) {
    for (std::size_t i = 0; !stop; ++i) (void)calls_well(many.all[i % many.all.size()]->handle);
  });
  for (int turn = 0; turn != 50; ++turn) {
    {
      nmr::DetachBatch<Calls> batch(many.domain);
      for (const auto& each : many.all) CHECK(batch.add(each->handle, each->done));
    }
    for (const auto& each : many.all) {
      CHECK(each->module.binding.wait_until_detached() == Status::kSuccess);
      spin_until([&] { return each->done.runs() == turn + 1; });
      CHECK(each->handle.attach(each->module.binding) == Status::kSuccess);
    }
  }
  stop = true;
  callers.join();
  nmr::DetachBatch<Calls> batch(many.domain);
  for (const auto& each : many.all) CHECK(batch.add(each->handle, each->done));
  batch.detach();
  for (const auto& each : many.all) CHECK(each->done.runs() == 51);
}

TEST_CASE_TEMPLATE("bad input: what a batch cannot detach is refused, and stays as it is", Calls, PerThread,
                   PerThreadRealFences, OneWord) {
  MisuseTrap trap;
  Many<Calls> many(2);
  typename Calls::Domain another;
  nmr::DetachBatch<Calls> foreign(another);
  CHECK_FALSE(foreign.add(many.all[0]->handle));
  CHECK_FALSE(foreign.add(many.all[0]->handle, many.all[0]->done));
  CHECK(trap.count() == 2);
  CHECK(calls_well(many.all[0]->handle));
  CHECK(many.all[0]->done.runs() == 0);

  nmr::DetachBatch<Calls> batch(many.domain);
  CHECK(batch.add(many.all[0]->handle, many.all[0]->done));
  CHECK_FALSE(batch.add(many.all[1]->handle, many.all[0]->done));  // in use
  CHECK(trap.count() == 3);
  CHECK(calls_well(many.all[1]->handle));
  CHECK_FALSE(batch.add(many.all[0]->handle, many.all[1]->done));  // empty by now
  CHECK(many.all[1]->done.runs() == 1);
  CHECK_FALSE(batch.add(many.all[0]->handle));
  CHECK(batch.add(many.all[1]->handle));
  batch.detach();
  CHECK(many.all[0]->done.runs() == 1);
  CHECK(many.all[1]->module.binding.detached());
  CHECK(trap.count() == 3);
}
