// Waits that are asked to stop, and ends that are begun when somebody asks.
#include <doctest/doctest.h>

#include <memory>
#include <stop_token>

#include "platform/counted_completion.hpp"
#include "platform/threads.hpp"
#include "rundown/forms.hpp"
#include "task.hpp"

namespace {

struct Count {
  std::atomic<int> ended{0};
  std::atomic<int> stopped{0};
};

template <class Ref>
Task waits(Ref& ref, std::stop_token token, Count& count) {
  const bool ended = co_await nmr::when_run_down(ref).or_stopped(token);
  ++(ended ? count.ended : count.stopped);
}
template <class Ref>
Task waits_on(Ref& ref, std::stop_token token, nmr::Executor& executor, Count& count) {
  const bool ended = co_await nmr::when_run_down(ref).or_stopped(token, executor);
  ++(ended ? count.ended : count.stopped);
}
Task waits_for(nmr::SharedEvent& event, std::stop_token token, Count& count) {
  const bool ended = co_await nmr::when_set(event).or_stopped(token);
  ++(ended ? count.ended : count.stopped);
}

}  // namespace

TEST_CASE_TEMPLATE("R173: a completion is taken back", Ref, nmr::RundownRef, ManyShards) {
  Ref ref;
  int runs = 0;
  nmr::RetractableCompletion done([](nmr::Completion&, void* n) noexcept { ++*static_cast<int*>(n); }, &runs);
  REQUIRE(ref.try_acquire());
  REQUIRE(ref.when_run_down(done) == nmr::RundownState::kPending);
  CHECK(ref.take_back(done));
  CHECK(!done.in_use());
  REQUIRE(ref.begin_rundown(done) == nmr::RundownState::kPending);  // free, so given again
  ref.release();
  CHECK(runs == 1);
  CHECK(!ref.take_back(done));
}

TEST_CASE_TEMPLATE("R175: asked to stop, a coroutine is unlinked and told", Ref, nmr::RundownRef,
                   ManyShards) {
  Ref ref;
  Count count;
  std::stop_source one;
  std::stop_source other;
  REQUIRE(ref.try_acquire());
  waits(ref, one.get_token(), count);
  waits(ref, other.get_token(), count);
  one.request_stop();
  CHECK(count.stopped == 1);
  waits(ref, one.get_token(), count);  // asked before
  CHECK(count.stopped == 2);
  (void)ref.begin_rundown();
  ref.release();
  CHECK(count.ended == 1);
  other.request_stop();
  waits(ref, one.get_token(), count);  // it has ended, and that comes first
  CHECK(count.ended == 2);
  CHECK(count.stopped == 2);
}

TEST_CASE("R175: asked to stop, a coroutine goes on where its executor runs it") {
  nmr::RundownRef ref;
  Count count;
  Queue queue;
  std::stop_source source;
  REQUIRE(ref.try_acquire());
  waits_on(ref, source.get_token(), queue, count);
  source.request_stop();
  CHECK(count.stopped == 0);
  REQUIRE(queue.size() == 1);
  queue.run();
  CHECK(count.stopped == 1);
  ref.release();
}

TEST_CASE_TEMPLATE("R175: the end and a stop request meet, and one of them is told", Ref, nmr::RundownRef,
                   ManyShards) {
  Count count;
  constexpr int kRounds = 500;
  for (int i = 0; i < kRounds; ++i) {
    Ref ref;
    std::stop_source source;
    REQUIRE(ref.try_acquire());
    (void)ref.begin_rundown();
    waits(ref, source.get_token(), count);
    StartLine line(2);
    Threads(2, [&](int which) {
      line.arrive_and_wait();
      which == 0 ? ref.release() : static_cast<void>(source.request_stop());
    }).join();
    REQUIRE(count.ended + count.stopped == i + 1);
  }
  CHECK(count.ended + count.stopped == kRounds);
}

TEST_CASE("R176: all who wait for a shared event are told, and one of them destroys it") {
  auto event = std::make_unique<nmr::SharedEvent>();
  Count count;
  std::stop_source source;
  CountedCompletion done;
  waits_for(*event, {}, count);
  waits_for(*event, source.get_token(), count);
  CHECK(event->when_set(done) == nmr::RundownState::kPending);
  CHECK(!event->wait_for(std::chrono::nanoseconds(0)));
  source.request_stop();
  CHECK(count.stopped == 1);
  nmr::Completion destroys(
      [](nmr::Completion&, void* held) noexcept {
        static_cast<std::unique_ptr<nmr::SharedEvent>*>(held)->reset();
      },
      &event);
  event->when_set(destroys);
  event->run();
  CHECK(!event);
  CHECK(count.ended == 1);
  CHECK(done.runs() == 1);

  nmr::SharedEvent again;
  again.run();
  CHECK(again.is_set());
  CHECK(again.when_set(done) == nmr::RundownState::kDrained);
  again.reset();
  CHECK(!again.is_set());
}

TEST_CASE_TEMPLATE("R179: a stop request begins an end", Ref, nmr::RundownRef, ManyShards) {
  Ref ref;
  CountedCompletion done;
  std::stop_source source;
  REQUIRE(ref.try_acquire());
  {
    const nmr::BeginOnStop gone(source.get_token(), nmr::begin_rundown(ref), done);
  }
  const nmr::BeginOnStop begins(source.get_token(), nmr::begin_rundown(ref), done);
  CHECK(!ref.rundown_begun());
  source.request_stop();
  CHECK(ref.rundown_begun());
  CHECK(done.runs() == 0);
  ref.release();
  CHECK(done.runs() == 1);
}
