#pragma once
/// A thread that is cancelled, by itself or by others, and acts on it when its work is done.
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
  [[nodiscard]] bool join_cancelled() {
    void* result = nullptr;
    pthread_join(thread_, &result);
    return done_ && result == PTHREAD_CANCELED;
  }

 private:
  static void* run(void* self) {
    auto& thread = *static_cast<CancelledThread*>(self);
    thread.work_();
    thread.done_ = true;
    pthread_testcancel();
    return nullptr;
  }

  std::function<void()> work_;
  bool done_ = false;
  pthread_t thread_{};
};
