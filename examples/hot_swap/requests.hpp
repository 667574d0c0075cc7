#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <nmr/binding.hpp>

#include "work.hpp"

/// A request that a call has started and that ends later, on another thread. Its hold keeps the version that
/// was called.
struct Request {
  nmr::CallHold<CodecNpi> hold;
  const Work* work;
  std::chrono::steady_clock::time_point due;
};

/// The requests that are under way.
class Requests {
 public:
  /// Starts one, unless there are many already.
  void start(nmr::CallHold<CodecNpi> hold, const Work& work) {
    const std::lock_guard lock(mutex_);
    if (queue_.size() == kMost) return;
    queue_.push_back({std::move(hold), &work, std::chrono::steady_clock::now() + kTakes});
    changed_.notify_one();
  }

  /// Waits until the oldest is due. Returns none once all have been taken after close().
  std::optional<Request> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !queue_.empty() || closed_; });
    if (queue_.empty()) return std::nullopt;
    Request request = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    std::this_thread::sleep_until(request.due);
    return request;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_one();
  }

 private:
  enum : std::size_t { kMost = 16 };
  static constexpr std::chrono::milliseconds kTakes{2};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request> queue_;
  bool closed_ = false;
};
