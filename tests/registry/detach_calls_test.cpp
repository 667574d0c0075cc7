// Detaching while calls are in progress.
#include <type_traits>

#include "platform/counted_completion.hpp"
#include "platform/threads.hpp"
#include "registry/fixture.hpp"

namespace {

/// Keeps what it is given until it is told to run it.
class QueueExecutor : public nmr::Executor {
 public:
  QueueExecutor() : Executor{&post_here} { queue_.reserve(16); }

  /// Runs all, and what they post meanwhile. Returns how many.
  int run_all() {
    int count = 0;
    for (; !queue_.empty(); ++count) {
      nmr::Completion& next = *queue_.back();
      queue_.pop_back();
      next.run();
    }
    return count;
  }

 private:
  static void post_here(nmr::Executor& self, nmr::Completion& completion) noexcept {
    static_cast<QueueExecutor&>(self).queue_.push_back(&completion);
  }

  std::vector<nmr::Completion*> queue_;
};

}  // namespace

TEST_CASE_TEMPLATE("R53: once its detach callback is called a side's calls are refused; those inside finish",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  ModulePair<Calls> pair;
  std::atomic<int> inside{0};
  std::atomic<bool> go_on{false};
  const auto stay = [&](auto&, int value) {
    ++inside;
    spin_until([&] { return go_on.load(); });
    return value * 2;
  };
  pair.client.on_call = stay;
  pair.provider.on_call = stay;
  int refused_in_callbacks = 0;
  const auto try_both = [&](auto&, nmr::DetachCompletion) {
    refused_in_callbacks += call(pair.client.attachment(), 1) ? 0 : 1;
    refused_in_callbacks += call(pair.provider.attachment(), 1) ? 0 : 1;
  };
  pair.client.on_detach = try_both;
  pair.provider.on_detach = try_both;
  pair.enroll();
  std::thread out([&] { CHECK(call(pair.client.attachment(), 4) == 8); });
  std::thread back([&] { CHECK(call(pair.provider.attachment(), 5) == 10); });
  spin_until([&] { return inside == 2; });
  CHECK(pair.provider.registration.deregister() == Status::kPending);
  CHECK(refused_in_callbacks == 4);
  CHECK_FALSE(call(pair.client.attachment(), 1).has_value());
  CHECK_FALSE(call(pair.provider.attachment(), 1).has_value());
  std::thread([&] { CHECK_FALSE(call(pair.client.attachment(), 1).has_value()); }).join();
  CHECK(inside == 2);
  CHECK(pair.cleanups() == 0);
  go_on = true;
  out.join();
  back.join();
  CHECK(pair.provider.registration.wait_for_deregister_complete() == Status::kSuccess);
  CHECK(pair.cleanups() == 2);
}

TEST_CASE_TEMPLATE("R54: a refusal is an empty guard, and the callee is not entered", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  ModulePair<Calls> pair;
  pair.enroll();
  auto& handle = pair.client.attachment().handle;
  static_assert(noexcept(handle.try_call()));
  CHECK(call(pair.client.attachment(), 1) == 2);
  CHECK(pair.client.registration.deregister() == Status::kPending);
  auto guard = handle.try_call();
  CHECK_FALSE(static_cast<bool>(guard));
  CHECK_FALSE(static_cast<bool>(guard.hold()));
  guard.leave();  // of nothing: no effect
  CHECK_FALSE(call(pair.provider.attachment(), 1).has_value());
  int reached = 0;
  pair.client.registration.for_each_provider([&](auto&) { ++reached; });
  pair.provider.registration.for_each_client([&](auto&) { ++reached; });
  CHECK(reached == 0);
  CHECK(pair.provider.attachment().served == 1);
  CHECK(pair.client.attachment().served == 0);
}

TEST_CASE_TEMPLATE("R54: an enumeration leaves out what has been detached by hand", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  ModulePair<Calls> pair;
  pair.enroll();
  CHECK(pair.client.attachment().handle.detach());
  CHECK(pair.client.registration.attached() == 1);
  int reached = 0;
  pair.client.registration.for_each_provider([&](auto&) { ++reached; });
  CHECK(reached == 0);
  pair.provider.registration.for_each_client([&](auto&) { ++reached; });
  CHECK(reached == 1);
}

TEST_CASE_TEMPLATE("R55: the last call that leaves completes the detach, once, on its thread", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  constexpr int kCallers = 3;
  for (int last = 0; last < kCallers; ++last) {
    ModulePair<Calls> pair;
    pair.enroll();
    std::atomic<int> inside{0};
    std::atomic<int> left{0};
    std::atomic<int> may_leave{-1};
    std::array<std::thread::id, kCallers> ids;
    Threads callers(kCallers, [&](int i) {
      ids[static_cast<std::size_t>(i)] = std::this_thread::get_id();
      auto guard = pair.client.attachment().handle.try_call();
      CHECK(static_cast<bool>(guard));
      ++inside;
      spin_until([&] { return may_leave == i; });
      guard.leave();
      ++left;
    });
    spin_until([&] { return inside == kCallers; });
    CountedCompletion ended;
    CHECK(pair.provider.registration.deregister(ended) == Status::kPending);
    for (int i = 1; i <= kCallers; ++i) {
      CHECK(pair.cleanups() == 0);
      may_leave = (last + i) % kCallers;  // `last` comes last
      spin_until([&] { return left == i; });
    }
    callers.join();
    CHECK(ended.runs() == 1);
    const auto leaver = ids[static_cast<std::size_t>(last)];
    CHECK(ended.thread() == leaver);
    for (const Event& event : pair.world.log.find(What::kCleanup)) CHECK(event.thread == leaver);
    CHECK(pair.cleanups() == 2);
  }
}

TEST_CASE_TEMPLATE("R55: with an executor the last call only posts, and the executor's thread completes",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  QueueExecutor queue;
  ModulePair<Calls> pair;
  SUBCASE("of the client") { pair.client.module.executor = &queue; }
  SUBCASE("of the provider") { pair.provider.module.executor = &queue; }
  SUBCASE("of both") { pair.client.module.executor = pair.provider.module.executor = &queue; }
  pair.enroll();
  CountedCompletion ended;
  {
    auto guard = pair.client.attachment().handle.try_call();
    CHECK(static_cast<bool>(guard));
    CHECK(pair.client.registration.deregister(ended) == Status::kPending);
  }
  CHECK(pair.cleanups() == 0);
  CHECK(ended.runs() == 0);
  std::thread::id executor;
  std::thread([&] {
    executor = std::this_thread::get_id();
    CHECK(queue.run_all() >= 2);  // that the side is done, and its cleanup
  }).join();
  CHECK(pair.cleanups() == 2);
  CHECK(ended.runs() == 1);
  CHECK(ended.thread() == executor);
  for (const Event& event : pair.world.log.find(What::kCleanup)) CHECK(event.thread == executor);
}

TEST_CASE_TEMPLATE("R56: a side is served, and serves, until it is cleaned up, whatever it was asked before",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  ModulePair<Calls> pair;
  pair.provider.keep_detach = true;
  pair.enroll();
  auto& of_client = pair.client.attachment();
  auto& of_provider = pair.provider.attachment();
  auto to_provider = of_client.handle.try_call().hold();
  auto to_client = of_provider.handle.try_call().hold();
  REQUIRE(to_provider);
  REQUIRE(to_client);
  CHECK(pair.provider.registration.deregister() == Status::kPending);
  CHECK(pair.provider.count(What::kDetachEnd) == 1);
  CHECK(to_provider->call(to_provider.context(), 1) == 2);
  CHECK(to_client->call(to_client.context(), 2) == 3);
  pair.provider.complete(of_provider);
  CHECK(to_provider->call(to_provider.context(), 3) == 4);
  to_client.leave();  // now the provider's side is done, the client's is not
  CHECK(pair.cleanups() == 0);
  CHECK(to_provider->call(to_provider.context(), 4) == 5);
  CHECK(of_provider.served == 3);
  CHECK(of_client.served == 1);
  to_provider.leave();
  CHECK(pair.cleanups() == 2);
}

TEST_CASE_TEMPLATE("R57: a call that completes later, on another thread, keeps the binding until then", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  ModulePair<Calls> pair;
  pair.enroll();
  auto request = pair.client.attachment().handle.try_call().hold();
  auto copy = request.duplicate();
  REQUIRE(request);
  REQUIRE(copy);
  CHECK(pair.client.registration.deregister() == Status::kPending);
  CHECK(pair.client.registration.wait_for_deregister_complete_for(std::chrono::seconds(0)) ==
        Status::kTimeout);
  request.leave();
  CHECK(pair.cleanups() == 0);
  std::thread::id completer;
  std::thread([&] {
    completer = std::this_thread::get_id();
    auto last = copy.duplicate();  // also while it drains
    copy.leave();
    CHECK(pair.cleanups() == 0);
    CHECK(last->call(last.context(), 1) == 2);
    last.leave();
    CHECK(pair.cleanups() == 2);
  }).join();
  CHECK(pair.world.log.find(What::kCleanup)[0].thread == completer);
  CHECK(pair.client.registration.wait_for_deregister_complete() == Status::kSuccess);
}

TEST_CASE_TEMPLATE(
    "R58: a call that deregisters its own side does not deadlock: it is pending until the call leaves", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  ModulePair<Calls> pair;
  const auto leave = [&](auto& registration) {
    CHECK(registration.deregister() == Status::kPending);
    // Only where calls are counted per thread is it known that the wait is for this very call.
    const Status expected =
        std::is_same_v<Calls, nmr::PerThreadCalls> ? Status::kPossibleDeadlock : Status::kTimeout;
    CHECK(registration.wait_for_deregister_complete_for(std::chrono::seconds(0)) == expected);
    CHECK(pair.world.log.count(What::kDetachEnd) == 2);
    CHECK(pair.cleanups() == 0);
  };
  SUBCASE("the caller's") {
    pair.provider.on_call = [&](auto&, int value) { return leave(pair.client.registration), value; };
  }
  SUBCASE("the callee's") {
    pair.provider.on_call = [&](auto&, int value) { return leave(pair.provider.registration), value; };
  }
  SUBCASE("the caller's, two calls deep") {
    pair.client.on_call = [&](auto&, int value) { return leave(pair.client.registration), value; };
    pair.provider.on_call = [&](auto& attachment, int value) { return call(attachment, value).value_or(-1); };
  }
  pair.enroll();
  CHECK(call(pair.client.attachment(), 7) == 7);
  CHECK(pair.cleanups() == 2);
  CHECK(pair.client.registration.attached() == 0);
}

TEST_CASE_TEMPLATE(
    "accepting into an occupied handle swaps: calls go to the new peer, the old one is detached", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  ModulePair<Calls> pair;
  Provider<Calls> better(pair.world, 3);
  better.on_call = [](auto&, int value) { return value * 100; };
  pair.client.keep_detach = true;
  pair.enroll();
  auto& handle = pair.client.attachment().handle;
  pair.client.on_attach = [&](auto& offer) {
    const Status status = pair.client.accept(offer, &Client<Calls>::kDispatch, &handle);
    CHECK(call(pair.client.attachment(0), 1) == 100);
    return status;
  };
  CHECK(better.enroll() == Status::kSuccess);
  CHECK(pair.client.count(What::kDetach) == 1);
  CHECK(pair.provider.count(What::kDetach) == 1);
  CHECK(pair.client.registration.attached() == 1);
  CHECK_FALSE(call(pair.provider.attachment(), 1).has_value());
  CHECK(call(better.attachment(), 1) == 2);
  CHECK(pair.cleanups() == 0);
  pair.client.complete(pair.client.attachment(0));
  CHECK(pair.provider.attachment().cleaned);
  pair.provider.leave();
  CHECK(call(pair.client.attachment(0), 1) == 100);
  CHECK(better.registration.deregister() == Status::kPending);
  CHECK_FALSE(handle.attached());
  pair.client.complete(pair.client.attachment(1));
  CHECK(better.attachment().cleaned);
}
