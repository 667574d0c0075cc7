#pragma once
/// Coroutines that run until they wait, and an executor that runs what it was given when it is told to.
#include <coroutine>

#include <nmr/adapters.hpp>

struct Task {
  struct promise_type {
    Task get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept {}
  };
};

class Queue : public nmr::Executor {
 public:
  Queue() noexcept : Executor{&put} {}

  [[nodiscard]] int size() const noexcept {
    int count = 0;
    for (nmr::Completion* node = first_; node != nullptr; node = node->link()) ++count;
    return count;
  }
  void run() noexcept {
    nmr::Completion* const all = first_;
    first_ = nullptr;
    nmr::Completion::run_each(all);
  }

 private:
  static void put(Executor& self, nmr::Completion& node) noexcept {
    auto& queue = static_cast<Queue&>(self);
    node.link() = queue.first_;
    queue.first_ = &node;
  }

  nmr::Completion* first_ = nullptr;
};
