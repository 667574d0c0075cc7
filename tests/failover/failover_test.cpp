// A client of several providers: whom it calls, whom it calls next, and who waits for one.
#include <chrono>
#include <memory>
#include <type_traits>
#include <vector>

#include <nmr/failover.hpp>

#include "modules/adder.hpp"
#include "platform/counted_completion.hpp"
#include "platform/threads.hpp"
#include "support/misuse.hpp"

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

template <class Calls>
using Client = nmr::BasicFailoverClient<AdderNpi, Calls>;

/// An adder with a rank; its sums say which it is.
template <class Calls>
class Ranked : public Adder {
 public:
  Ranked(AdderRegistry<Calls>& registry, int base, std::uint32_t rank = 0)
      : Adder(base),
        provider_(registry, settings(base, rank), {nmr::member<&Ranked::add>(), nmr::member<&Ranked::grow>()},
                  *this) {}

 private:
  static auto settings(int base, std::uint32_t rank) {
    typename AdderProvider<Calls>::Settings settings(nmr::ModuleId(static_cast<std::uint64_t>(base)));
    settings.number = rank;
    return settings;
  }
  AdderProvider<Calls> provider_;
};

template <class Calls>
constexpr typename Client<Calls>::Choice kByRank{
    .rank = [](const typename Client<Calls>::Offer& offer) -> std::int64_t { return offer.peer().number; }};

/// Returns the base of the one that is called, 0 if there is none.
template <class Calls>
int called(Client<Calls>& client) {
  return client.template call<kAdd>(0).value_or(0);
}

}  // namespace

TEST_CASE_TEMPLATE("R164: of equals the first is called until it leaves, and then the next", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  AdderRegistry<Calls> registry;
  auto first = std::make_unique<Ranked<Calls>>(registry, 1);
  Client<Calls> client(registry, nmr::ModuleId(9));
  CHECK(client.status() == Status::kSuccess);
  CHECK(called(client) == 1);
  auto second = std::make_unique<Ranked<Calls>>(registry, 2);
  auto third = std::make_unique<Ranked<Calls>>(registry, 3);
  CHECK(client.registration().attached() == 3);
  CHECK(called(client) == 1);
  first.reset();
  CHECK(called(client) == 2);
  second.reset();
  CHECK(called(client) == 3);
  first = std::make_unique<Ranked<Calls>>(registry, 1);  // in a place that another had
  CHECK(called(client) == 3);
  third.reset();
  CHECK(called(client) == 1);
  first.reset();
  CHECK(called(client) == 0);
  CHECK(!client.try_call());
}

TEST_CASE_TEMPLATE("R164: the best is called as soon as it is there, and the next best when it has gone",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  AdderRegistry<Calls> registry;
  Client<Calls> client(registry, nmr::ModuleId(9), kByRank<Calls>);
  CHECK(called(client) == 0);
  const Ranked<Calls> low(registry, 1, 10);
  CHECK(called(client) == 1);
  auto high = std::make_unique<Ranked<Calls>>(registry, 2, 30);
  CHECK(called(client) == 2);
  auto middle = std::make_unique<Ranked<Calls>>(registry, 3, 20);
  const Ranked<Calls> equal(registry, 4, 20);
  CHECK(called(client) == 2);
  high.reset();
  CHECK(called(client) == 3);
  middle.reset();
  CHECK(called(client) == 4);
}

TEST_CASE_TEMPLATE("R164: who keeps the current one changes only when it leaves, and then to the best", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  AdderRegistry<Calls> registry;
  auto choice = kByRank<Calls>;
  choice.keeps_current = true;
  Client<Calls> client(registry, nmr::ModuleId(9), choice);
  auto low = std::make_unique<Ranked<Calls>>(registry, 1, 10);
  const Ranked<Calls> middle(registry, 2, 20);
  const Ranked<Calls> high(registry, 3, 30);
  CHECK(called(client) == 1);
  low.reset();
  CHECK(called(client) == 3);
}

TEST_CASE_TEMPLATE("R164: a provider that is not wanted is declined, and never called", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  AdderRegistry<Calls> registry;
  auto choice = kByRank<Calls>;
  choice.wants = [](const typename Client<Calls>::Offer& offer) { return offer.peer().number < 25; };
  Client<Calls> client(registry, nmr::ModuleId(9), choice);
  const Ranked<Calls> unwanted(registry, 1, 30);
  CHECK(called(client) == 0);
  const Ranked<Calls> wanted(registry, 2, 20);
  CHECK(called(client) == 2);
  CHECK(client.registration().attached() == 1);
}

TEST_CASE_TEMPLATE("R164: a guard keeps the provider that it was made on, whoever is called by then", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  AdderRegistry<Calls> registry;
  Client<Calls> client(registry, nmr::ModuleId(9), kByRank<Calls>);
  const Ranked<Calls> low(registry, 1, 10);
  Latch entered(1);
  Latch leave(1);
  std::atomic<int> sum{0};
  Threads caller;
  auto high = std::make_unique<Ranked<Calls>>(registry, 2, 20);
  caller.add([&](int) {
    auto guard = client.try_call();
    if (!guard) return;
    entered.count_down();
    leave.wait();
    sum = guard->add(guard.context(), 40);
    guard.guard().leave();
  });
  entered.wait();
  Threads leaver;
  leaver.add([&](int) { high.reset(); });  // waits for that call
  while (called(client) != 1) {
  }
  leave.count_down();
  caller.join();
  leaver.join();
  CHECK(sum == 42);
}

TEST_CASE_TEMPLATE("R164: while one provider stays no call is refused, whoever comes, goes and was called",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  constexpr int kRounds = 200;
  AdderRegistry<Calls> registry;
  Client<Calls> client(registry, nmr::ModuleId(9), kByRank<Calls>);
  const int missed_before = Adder::missed();
  std::atomic<int> ready{0};
  std::atomic<bool> stop{false};
  std::atomic<int> refused{0};
  auto stays = std::make_unique<Ranked<Calls>>(registry, 1, 10);
  Threads callers(2, [&](int) {
    ++ready;
    while (!stop) {
      if (called(client) == 0) ++refused;
    }
  });
  while (ready != 2) std::this_thread::yield();
  for (int round = 0; round != kRounds; ++round) {
    // A better one comes before the last one goes, and the other way round: there is always one that has been there all
    // along while a call looks, but not always the same.
    auto better = std::make_unique<Ranked<Calls>>(registry, 2, 20);
    stays.reset();
    stays = std::make_unique<Ranked<Calls>>(registry, 3, 15);
    better.reset();
  }
  stop = true;
  callers.join();
  CHECK(refused == 0);
  CHECK(Adder::missed() == missed_before);
}

TEST_CASE_TEMPLATE("R165: a wait for a provider ends with the first that comes, and gives a guard on it",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  AdderRegistry<Calls> registry;
  Client<Calls> client(registry, nmr::ModuleId(9));
  CHECK(!client.wait_for_provider_for(milliseconds(1)));
  CHECK(!client.wait_for_provider_until(steady_clock::now() - milliseconds(1)));
  CHECK(!client.wait_for_provider_until_ns(0));
  std::atomic<int> sum{0};
  std::atomic<int> waits{0};
  Threads waiters(3, [&](int i) {
    ++waits;
    const auto add = [&](auto&& guard) {
      if (guard) sum += guard->add(guard.context(), 0);
    };
    if (i == 0) add(client.wait_for_provider());
    if (i == 1) add(client.wait_for_provider_for(std::chrono::hours(1)));
    if (i == 2) add(client.wait_for_provider_until(steady_clock::now() + std::chrono::hours(1)));
  });
  while (waits != 3) std::this_thread::yield();
  const Ranked<Calls> provider(registry, 7);
  waiters.join();
  CHECK(sum == 21);
  const auto guard = client.wait_for_provider_until_ns(0);  // it is there: no time is needed
  CHECK(guard->add(guard.context(), 0) == 7);
}

TEST_CASE_TEMPLATE("R165: who leaves ends all waits, with nothing", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  AdderRegistry<Calls> registry;
  Client<Calls> client(registry, nmr::ModuleId(9));
  std::atomic<int> waits{0};
  std::atomic<int> with_nothing{0};
  Threads waiters(2, [&](int i) {
    ++waits;
    const bool entered = i == 0 ? static_cast<bool>(client.wait_for_provider())
                                : static_cast<bool>(client.wait_for_provider_for(std::chrono::hours(1)));
    if (!entered) ++with_nothing;
  });
  while (waits != 2) std::this_thread::yield();
  CountedCompletion told;
  CHECK_FALSE(client.when_provided(told));
  CHECK(client.leave() == Status::kPending);
  waiters.join();
  CHECK(with_nothing == 2);
  CHECK(told.runs() == 1);
  const Ranked<Calls> late(registry, 1);
  CHECK(called(client) == 0);
  CHECK(!client.wait_for_provider());
  CHECK(client.when_provided(told));
  CHECK(client.leave() == Status::kInvalidDeviceState);
}

TEST_CASE_TEMPLATE("R165: a completion runs once when a provider has come, at once where one is there", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  AdderRegistry<Calls> registry;
  Client<Calls> client(registry, nmr::ModuleId(9));
  CountedCompletion first;
  CountedCompletion second;
  CHECK_FALSE(client.when_provided(first));
  CHECK_FALSE(client.when_provided(second));
  {
    MisuseTrap trap;
    CHECK_FALSE(client.when_provided(first));
    CHECK(trap.count() == 1);
  }
  CHECK(first.runs() + second.runs() == 0);
  {
    const Ranked<Calls> provider(registry, 1);
    CHECK(first.runs() == 1);
    CHECK(second.runs() == 1);
    CHECK(client.when_provided(first));
    CHECK(first.runs() == 2);
  }
  CHECK_FALSE(client.when_provided(first));
  const Ranked<Calls> another(registry, 2);
  CHECK(first.runs() == 3);
}

TEST_CASE("R165: a completion finds the provider that it is told of") {
  AdderRegistry<nmr::PerThreadCalls> registry;
  Client<nmr::PerThreadCalls> client(registry, nmr::ModuleId(9));
  struct Told {
    Client<nmr::PerThreadCalls>& client;
    int called = 0;
    nmr::Completion completion{[](nmr::Completion&, void* self) noexcept {
                                 auto& told = *static_cast<Told*>(self);
                                 told.called = ::called(told.client);
                               },
                               this};
  } told{client};
  CHECK_FALSE(client.when_provided(told.completion));
  const Ranked<nmr::PerThreadCalls> provider(registry, 5);
  CHECK(told.called == 5);
}
