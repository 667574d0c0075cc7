// Coroutines that wait for an end.
#include <doctest/doctest.h>

#include "platform/threads.hpp"
#include "rundown/forms.hpp"
#include "support/alloc.hpp"
#include "task.hpp"

namespace {

struct Told {
  int times = 0;
  std::thread::id thread;
  void tell() noexcept {
    ++times;
    thread = std::this_thread::get_id();
  }
};

template <class Ref>
Task begins(Ref& ref, Told& told) {
  co_await nmr::begin_rundown(ref);
  told.tell();
}
template <class Ref>
Task begins_on(Ref& ref, nmr::Executor& executor, Told& told) {
  co_await nmr::begin_rundown(ref).on(executor);
  told.tell();
}

}  // namespace

TEST_CASE_TEMPLATE("R174: a coroutine goes on on the last one out, or at once", Ref, nmr::RundownRef,
                   ManyShards) {
  Ref ref;
  Told told;
  REQUIRE(ref.try_acquire());
  begins(ref, told);
  CHECK(told.times == 0);
  CHECK(!ref.try_acquire());
  std::thread::id last;
  Threads(1, [&](int) {
    last = std::this_thread::get_id();
    ref.release();
  }).join();
  CHECK(told.times == 1);
  CHECK(told.thread == last);
  begins(ref, told);
  CHECK(told.times == 2);
  CHECK(told.thread == std::this_thread::get_id());
}

TEST_CASE_TEMPLATE("R174: a coroutine goes on where an executor runs it", Ref, nmr::RundownRef, ManyShards) {
  Ref ref;
  Told told;
  Queue queue;
  REQUIRE(ref.try_acquire());
  begins_on(ref, queue, told);
  CHECK(queue.size() == 0);
  ref.release();
  CHECK(queue.size() == 1);
  CHECK(told.times == 0);
  queue.run();
  CHECK(told.times == 1);
  begins_on(ref, queue, told);  // nobody is inside: there too
  CHECK(told.times == 1);
  queue.run();
  CHECK(told.times == 2);
}

TEST_CASE("R174: to wait allocates nothing but the frame") {
  nmr::RundownRef ref;
  Told told;
  REQUIRE(ref.try_acquire());
  const alloc::Scope scope;
  begins(ref, told);
  ref.release();
  const auto made = scope.made();
  CHECK(made <= 1);
  CHECK(told.times == 1);
}

TEST_CASE("R174: anything that takes a completion is awaited, and a refusal is its result") {
  int refused = 0;
  int taken = 0;
  const auto waits = [&](nmr::Status answer) -> Task {
    const nmr::Status status = co_await nmr::ending([answer](nmr::Completion& done) noexcept {
      if (answer == nmr::Status::kSuccess) done.run();
      return answer;
    });
    ++(status == nmr::Status::kSuccess ? taken : refused);
    CHECK(status == answer);
  };
  waits(nmr::Status::kInvalidDeviceState);
  CHECK(refused == 1);
  waits(nmr::Status::kSuccess);
  CHECK(taken == 1);
}
