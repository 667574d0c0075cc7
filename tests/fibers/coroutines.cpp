// Coroutines that are resumed on another thread: between calls, and with a guard in their frame.
#include <coroutine>

#include "moves.hpp"

namespace {

struct Task {
  struct promise_type {
    Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::abort(); }
  };
  std::coroutine_handle<promise_type> handle;
};

/// Resumes here and elsewhere in turns, until it has ended. Returns how often.
int run_in_turns(Task task) {
  int turns = 0;
  for (; !task.handle.done(); ++turns) {
    if (turns % 2 == 0) {
      task.handle.resume();
    } else {
      elsewhere([&] { task.handle.resume(); });
    }
  }
  task.handle.destroy();
  return turns;
}

constexpr EchoNpi::ProviderDispatch kTable{&echo};

Task call_switch_call(Handle& handle, Attachment& binding) {
  {
    const auto guard = handle.try_call();
    CHECK(guard && guard->echo(nullptr, 1) == 2);
  }
  co_await std::suspend_always{};
  {
    const auto guard = handle.try_call();
    CHECK(guard && guard->echo(nullptr, 2) == 3);
    CHECK(says_inside(binding));
  }
  CHECK(!says_inside(binding));
}

Task call_in_a_loop(Handle& handle, Attachment& binding, int turns) {
  for (int i = 0; i != turns; ++i) {
    {
      const auto guard = handle.try_call();
      if (!guard || guard->echo(nullptr, i) != i + 1 || !says_inside(binding)) ++failures;
    }
    if (says_inside(binding)) ++failures;
    co_await std::suspend_always{};
  }
}

Task with_a_guard(Handle& handle, Attachment& binding, Count& done) {
  auto outer = handle.try_call();
  {
    const auto guard = handle.try_call();
    CHECK(guard && says_inside(binding));
    co_await std::suspend_always{};
    CHECK(guard->echo(nullptr, 1) == 2 && !says_inside(binding));  // its maker is inside, not this thread
  }
  CHECK(handle.detach(done) && done.runs == 0);
  co_await std::suspend_always{};
  CHECK(outer->echo(nullptr, 1) == 2 && done.runs == 0 && !handle.try_call());
  co_await std::suspend_always{};
  outer.leave();
  CHECK(done.runs == 1 && binding.detached());
}

}  // namespace

int main() {
  nmr::CallDomain domain;
  Handle handle(domain);
  Attachment binding(&kTable, nullptr);
  Count done;
  CHECK(handle.attach(binding) == Status::kSuccess);
  CHECK(run_in_turns(call_switch_call(handle, binding)) == 2);
  CHECK(run_in_turns(call_in_a_loop(handle, binding, 8)) == 9);
  CHECK(run_in_turns(with_a_guard(handle, binding, done)) == 4);
  CHECK(binding.detached() && handle.detach_and_wait() == Status::kSuccess);
  return failures != 0;
}
