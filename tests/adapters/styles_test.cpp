// Executors, futures and shared locks; and the ends of bindings and of registrations.
#include <doctest/doctest.h>

#include <shared_mutex>

#include <nmr/calls/one_word_calls.hpp>
#include <nmr/registry.hpp>

#include "platform/counted_completion.hpp"
#include "rundown/forms.hpp"
#include "support/alloc.hpp"
#include "task.hpp"

namespace {

struct AdapterNpi {
  static constexpr nmr::NpiId kId{
      {0x35c1a4d2, 0x7be0, 0x4f11, {0x92, 0x6d, 0x11, 0xc8, 0x4a, 0x3e, 0x70, 0x05}}};
  struct ProviderDispatch {
    int (*get)(void* context);
  };
};
const AdapterNpi::ProviderDispatch kTable{[](void*) { return 7; }};

template <class End>
Task counts(End end, int& ended) {
  co_await end;
  ++ended;
}

}  // namespace

TEST_CASE("R177: a posted completion runs where its executor runs it") {
  Queue queue;
  int runs = 0;
  nmr::PostedCompletion done(
      queue, [](nmr::Completion&, void* n) noexcept { ++*static_cast<int*>(n); }, &runs);
  for (int i = 0; i < 2; ++i) {
    nmr::RundownRef ref;
    CHECK(ref.begin_rundown(done) == nmr::RundownState::kDrained);
    CHECK(runs == i);
    CHECK(done.in_use());
    queue.run();
    CHECK(runs == i + 1);
  }
}

TEST_CASE_TEMPLATE("R178: a future is ready at the end", Ref, nmr::RundownRef, ManyShards) {
  Ref ref;
  REQUIRE(ref.try_acquire());
  const alloc::Scope scope;
  {
    const std::future<void> future = nmr::to_future(nmr::begin_rundown(ref));
    CHECK(future.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
    ref.release();
    CHECK(future.wait_for(std::chrono::seconds(0)) == std::future_status::ready);
  }
  const auto live = scope.live();
  CHECK(live == 0);
  std::future<nmr::Status> refused =
      nmr::to_future(nmr::ending([](nmr::Completion&) noexcept { return nmr::Status::kInvalidDeviceState; }));
  CHECK(refused.get() == nmr::Status::kInvalidDeviceState);
}

TEST_CASE_TEMPLATE("R180: std::shared_lock takes a reference", Ref, nmr::RundownRef, ManyShards) {
  Ref ref;
  nmr::SharedLockable lockable(ref);
  CountedCompletion done;
  {
    std::shared_lock lock(lockable, std::try_to_lock);
    CHECK(lock.owns_lock());
    CHECK(ref.begin_rundown(done) == nmr::RundownState::kPending);
    CHECK(!std::shared_lock(lockable, std::try_to_lock).owns_lock());
    CHECK(done.runs() == 0);
  }
  CHECK(done.runs() == 1);
}

TEST_CASE_TEMPLATE("R174: a detach is awaited", Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  typename Calls::Domain domain;
  nmr::BasicBindingHandle<AdapterNpi, Calls> handle(domain);
  nmr::BasicAttachment<AdapterNpi, Calls> attachment(&kTable, nullptr);
  int ended = 0;
  REQUIRE(handle.attach(attachment) == nmr::Status::kSuccess);
  {
    const auto call = handle.try_call();
    REQUIRE(call);
    counts(nmr::detach(handle), ended);
    CHECK(call->get(nullptr) == 7);
    CHECK(ended == 0);
  }
  CHECK(ended == 1);
}

TEST_CASE("R174: a deregistration is awaited, and what is refused is the result") {
  nmr::NmrRegistry<AdapterNpi> registry;
  nmr::ClientModule<AdapterNpi> module;
  module.module_id = nmr::ModuleId(1);
  module.attach_provider = [](void*, nmr::ProviderOffer<AdapterNpi>&) { return nmr::Status::kNotFound; };
  module.detach_provider = [](void*, nmr::DetachCompletion) noexcept {};
  nmr::ClientRegistration<AdapterNpi> registration;
  REQUIRE(registry.register_client(module, nullptr, registration) == nmr::Status::kSuccess);
  nmr::Status told[4] = {nmr::Status::kTimeout, nmr::Status::kTimeout, nmr::Status::kTimeout,
                         nmr::Status::kTimeout};
  const auto waits = [&](auto end, int which) -> Task { told[which] = co_await end; };
  waits(nmr::when_deregistered(registration), 0);
  waits(nmr::deregister(registration), 1);
  waits(nmr::deregister(registration), 2);
  waits(nmr::when_deregistered(registration), 3);
  CHECK(told[0] == nmr::Status::kInvalidParameter);
  CHECK(told[1] == nmr::Status::kSuccess);
  CHECK(told[2] == nmr::Status::kInvalidDeviceState);
  CHECK(told[3] == nmr::Status::kSuccess);
}
