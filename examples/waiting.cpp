// Waiting without a thread that waits: a coroutine goes on where a small executor runs it, and can be asked to stop.
#include <nmr/adapters.hpp>

#include <coroutine>
#include <cstdio>
#include <shared_mutex>
#include <stop_token>

#include "expect.hpp"

namespace {

/// Runs what it was given when run() is called: the loop of a program. Its queue is made of the completions' own links.
/// One thread alone posts here; for several it would have a mutex.
class Loop : public nmr::Executor {
 public:
  Loop() noexcept : Executor{&post_here} {}

  void run() noexcept {
    nmr::Completion* const due = first_;
    first_ = nullptr;
    last_ = &first_;
    nmr::Completion::run_each(due);
  }

 private:
  static void post_here(Executor& self, nmr::Completion& completion) noexcept {
    auto& loop = static_cast<Loop&>(self);
    completion.link() = nullptr;
    *loop.last_ = &completion;
    loop.last_ = &completion.link();
  }

  nmr::Completion* first_ = nullptr;
  nmr::Completion** last_ = &first_;
};

/// A coroutine that nobody waits for.
struct Detached {
  struct promise_type {
    Detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept {}
  };
};

struct Device {
  nmr::RundownRef users;
  bool off = false;
};

Detached shut_down(Device& device, Loop& loop) {
  co_await nmr::begin_rundown(device.users).on(loop);
  device.off = true;
  std::puts("the last user has left; the loop switches the device off");
}

Detached watch(Device& device, std::stop_token token, bool& told) {
  // Into a variable first: g++ 12 mistakes a co_await in a condition.
  const bool ended = co_await nmr::when_run_down(device.users).or_stopped(token);
  told = true;
  std::puts(ended ? "the watcher saw it end" : "the watcher was asked to stop");
}

}  // namespace

int main() {
  Device device;
  Loop loop;
  std::stop_source stop;
  bool told = false;
  nmr::SharedLockable lockable(device.users);
  {
    const std::shared_lock use(lockable, std::try_to_lock);
    expect(use.owns_lock(), "the device is there");
    watch(device, stop.get_token(), told);
    shut_down(device, loop);
    expect(!std::shared_lock(lockable, std::try_to_lock).owns_lock(), "refused from now on");
    stop.request_stop();
    expect(told, "the watcher is gone, the device still in use");
  }
  expect(!device.off, "the last one out has only posted it");
  loop.run();
  expect(device.off, "the loop has run it");
  nmr::to_future(nmr::when_run_down(device.users)).get();
}
