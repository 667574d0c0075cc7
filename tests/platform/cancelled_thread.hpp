#pragma once
/// A thread that is cancelled, by itself or by others, and acts on it when its work is done; or in its midst.
#include <pthread.h>

#include <functional>
#include <utility>

class CancelledThread {
 public:
  explicit CancelledThread(std::function<void()> work) : work_(std::move(work)) {
    pthread_create(&thread_, nullptr, &run, this);
  }
  CancelledThread(const CancelledThread&) = delete;
  CancelledThread& operator=(const CancelledThread&) = delete;

  void cancel() { pthread_cancel(thread_); }

  /// Joins. Returns whether the thread has done its work, and has acted on its cancellation after that.
  [[nodiscard]] bool join_cancelled() { return join() == PTHREAD_CANCELED && done_; }
  /// Joins one that has been ended in the middle of its work. Returns whether it has.
  [[nodiscard]] bool join_ended() { return join() != this && !done_; }

 private:
  void* join() {
    void* result = nullptr;
    pthread_join(thread_, &result);
    return result;
  }
  static void* run(void* self) {
    auto& thread = *static_cast<CancelledThread*>(self);
    thread.work_();
    thread.done_ = true;
    pthread_testcancel();
    return self;
  }

  std::function<void()> work_;
  bool done_ = false;
  pthread_t thread_{};
};
