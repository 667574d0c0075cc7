#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include <nmr/binding.hpp>

#include "figures.hpp"
#include "library.hpp"
#include "npi.hpp"

/// One load of the plug-in.
struct Plugin {
  Plugin(const std::filesystem::path& file, const std::filesystem::path& copy)
      : library(file, copy), codec(library.function<CodecPlugin()>("codec_plugin")()) {}

  Library library;
  CodecPlugin codec;
  nmr::Binding<CodecNpi> binding{codec.dispatch, codec.context};
};

/// The versions that were replaced, until the last call has left each and it has been unloaded. That is not
/// done in the completion, which runs on the caller's thread that leaves last, but on a thread for it.
class OldVersions {
 public:
  /// The figures are this object's until finish().
  explicit OldVersions(Figures& figures) : figures_(figures) {}

  OldVersions(const OldVersions&) = delete;
  OldVersions& operator=(const OldVersions&) = delete;
  ~OldVersions() {
    if (unloader_.joinable()) finish();
  }

  /// Takes a version that is about to be replaced. The completion is for attach() or detach().
  nmr::Completion& leave(std::unique_ptr<Plugin> plugin) {
    auto* const leaving = new Leaving{*this, std::move(plugin)};
    const std::lock_guard lock(mutex_);
    figures_.most_draining = std::max(figures_.most_draining, ++draining_);
    return leaving->drained;
  }

  /// Waits until fewer than `count` drain.
  void wait_for_fewer_than(std::size_t count) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, std::chrono::minutes(1), [&] { return draining_ < count; })) return;
    std::fputs("hot_swap: FAILED: an old version has not drained within a minute\n", stderr);
    std::_Exit(EXIT_FAILURE);  // it cannot be unloaded, and nothing here can end
  }

  /// Waits until all have gone. None may be left to leave.
  void finish() {
    wait_for_fewer_than(1);
    {
      const std::lock_guard lock(mutex_);
      finishing_ = true;
      changed_.notify_all();
    }
    unloader_.join();
  }

 private:
  using Clock = std::chrono::steady_clock;

  struct Leaving {
    OldVersions& all;
    std::unique_ptr<Plugin> plugin;
    Clock::time_point since = Clock::now();
    Clock::duration took{};
    Leaving* next = nullptr;
    nmr::Completion drained{&on_drained, this};
  };

  static void on_drained(nmr::Completion&, void* self) noexcept {
    auto* const leaving = static_cast<Leaving*>(self);
    OldVersions& all = leaving->all;
    leaving->took = Clock::now() - leaving->since;
    const std::lock_guard lock(all.mutex_);
    leaving->next = std::exchange(all.drained_, leaving);
    --all.draining_;
    all.changed_.notify_all();
  }

  void unload_all() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return drained_ != nullptr || finishing_; });
      if (drained_ == nullptr) return;
      const std::unique_ptr<Leaving> leaving(drained_);
      drained_ = leaving->next;
      lock.unlock();
      Plugin& plugin = *leaving->plugin;
      plugin.codec.destroy(plugin.codec.context);
      const bool gone = plugin.library.unload();
      lock.lock();
      figures_.unmapped += gone ? 1 : 0;
      figures_.drains_us.push_back(std::chrono::duration<double, std::micro>(leaving->took).count());
    }
  }

  Figures& figures_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t draining_ = 0;
  Leaving* drained_ = nullptr;
  bool finishing_ = false;
  std::thread unloader_{[this] { unload_all(); }};
};
