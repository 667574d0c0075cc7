#pragma once
/// A completion that tells how often it ran, and on which thread.
#include <atomic>
#include <thread>

#include <nmr/platform/completion.hpp>

class CountedCompletion : public nmr::Completion {
 public:
  CountedCompletion() noexcept : Completion(&count, this) {}

  [[nodiscard]] int runs() const noexcept { return runs_.load(std::memory_order_acquire); }
  /// Of the last run. Precondition: runs() is not 0.
  [[nodiscard]] std::thread::id thread() const noexcept { return thread_; }

 private:
  static void count(Completion&, void* self) noexcept {
    auto& completion = *static_cast<CountedCompletion*>(self);
    completion.thread_ = std::this_thread::get_id();
    completion.runs_.fetch_add(1, std::memory_order_release);
  }

  std::atomic<int> runs_{0};
  std::thread::id thread_;
};
