// An object that several threads use and one shuts down: its memory goes when the last user has left, and no
// sooner.
#include <nmr/rundown.hpp>

#include <atomic>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "expect.hpp"

namespace {

/// Counts what is written to it, until it is shut down.
class Journal {
 public:
  /// Returns false if the journal is shutting down, or has: nothing is written.
  bool write(std::size_t page) {
    const auto guard = nmr::try_guard(rundown_);  // while it lives, pages_ stay
    if (!guard) return false;
    pages_[page % kPages].fetch_add(1, std::memory_order_relaxed);
    return true;
  }

  /// Refuses writers from now on. Does not wait: the last of them frees the pages, or this thread if there is
  /// none.
  void shut_down() { rundown_.begin_rundown(last_has_left_); }

  /// Waits until the pages have been freed, and returns what was written.
  std::size_t wait() {
    freed_.wait();
    return written_;
  }

 private:
  enum : std::size_t { kPages = 16 };

  static void free_pages(nmr::Completion&, void* self) noexcept {
    auto& journal = *static_cast<Journal*>(self);
    for (std::size_t i = 0; i != kPages; ++i) journal.written_ += journal.pages_[i];
    journal.pages_.reset();
    journal.freed_.run();
  }

  std::unique_ptr<std::atomic<std::size_t>[]> pages_{new std::atomic<std::size_t>[kPages] {}};
  std::size_t written_ = 0;
  nmr::RundownRef rundown_;
  nmr::Completion last_has_left_{&free_pages, this};
  nmr::Event freed_;
};

}  // namespace

int main() {
  Journal journal;
  std::atomic<std::size_t> accepted = 0;
  std::vector<std::thread> writers;
  for (int i = 0; i != 4; ++i) {
    writers.emplace_back([&] {
      std::size_t count = 0;
      while (journal.write(count)) ++count;  // until it is refused
      accepted += count;
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(20));

  journal.shut_down();
  expect(!journal.write(0), "a write after shut_down() is refused");
  const std::size_t written = journal.wait();
  for (auto& writer : writers) writer.join();

  expect(written > 0 && written == accepted, "what was accepted is what was written");
  std::puts("4 threads wrote until they were refused, and all that was accepted had been written");
  std::puts("when the last of them left, and freed the pages");

  // To wait at once, where nobody has to be told.
  nmr::RundownRef device;
  std::thread user(
      [guard = nmr::try_guard(device)] { std::this_thread::sleep_for(std::chrono::milliseconds(10)); });
  device.run_down();  // returns when the guard, which went to the thread, is gone
  expect(!nmr::try_guard(device), "a device that has run down refuses");
  user.join();
  std::puts("run_down() waited for a guard on another thread");
}
