#pragma once
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
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
  nmr::Attachment<CodecNpi> attachment{codec.dispatch, codec.context};
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
    figures_.most_old = std::max(figures_.most_old, draining_ + drained_);
    return leaving->completion;
  }

  /// Waits until one more may be left: that is counted until the last has been unloaded, or they would pile
  /// up before the unloader.
  void wait_for_room() {
    wait([this] { return draining_ + drained_ < Figures::kMostOld; });
  }
  /// Waits until none has calls any more.
  void wait_for_calls() {
    wait([this] { return draining_ == 0; });
  }

  /// Waits until all have been unloaded. None may be left to leave.
  void finish() {
    wait([this] { return draining_ + drained_ == 0; });
    {
      const std::lock_guard lock(mutex_);
      finishing_ = true;
      changed_.notify_all();
    }
    unloader_.join();
  }

  /// Returns how many there are at this moment.
  [[nodiscard]] std::size_t count() {
    const std::lock_guard lock(mutex_);
    return draining_ + drained_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  struct Leaving {
    OldVersions& all;
    std::unique_ptr<Plugin> plugin;
    Clock::time_point since = Clock::now();
    Clock::duration took{};
    Leaving* next = nullptr;
    nmr::Completion completion{&on_drained, this};
  };

  template <class Condition>
  void wait(Condition condition) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, std::chrono::minutes(1), condition)) return;
    throw std::runtime_error("an old version has not left within a minute");
  }

  static void on_drained(nmr::Completion&, void* self) noexcept {
    auto* const leaving = static_cast<Leaving*>(self);
    OldVersions& all = leaving->all;
    leaving->took = Clock::now() - leaving->since;
    const std::lock_guard lock(all.mutex_);
    leaving->next = std::exchange(all.to_unload_, leaving);
    --all.draining_;
    all.figures_.most_drained = std::max(all.figures_.most_drained, ++all.drained_);
    all.changed_.notify_all();
  }

  void unload_all() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return to_unload_ != nullptr || finishing_; });
      if (to_unload_ == nullptr) return;
      const std::unique_ptr<Leaving> leaving(to_unload_);
      to_unload_ = leaving->next;
      lock.unlock();
      Plugin& plugin = *leaving->plugin;
      plugin.codec.destroy(plugin.codec.context);
      const bool gone = plugin.library.unload();
      lock.lock();
      --drained_;
      changed_.notify_all();
      figures_.unmapped += gone ? 1 : 0;
      figures_.drains_us.push_back(std::chrono::duration<double, std::micro>(leaving->took).count());
    }
  }

  Figures& figures_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t draining_ = 0, drained_ = 0;  // the latter until unloaded
  Leaving* to_unload_ = nullptr;
  bool finishing_ = false;
  std::thread unloader_{[this] { unload_all(); }};
};
