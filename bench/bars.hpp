#pragma once
#include "report.hpp"

struct Options {
  enum Length { kInstant, kQuick, kFull };

  Length length = kFull;
  const char* plugin = nullptr;  // path of the plug-in of plugin.cpp

  /// Returns how many of something are enough.
  template <class T>
  [[nodiscard]] T by_length(T instant, T quick, T full) const {
    return length == kFull ? full : length == kQuick ? quick : instant;
  }
};

/// Each measures a few of the bars.
void call_bars(Report& report, const Options& options);
void two_thread_bars(Report& report, const Options& options);
void nesting_bars(Report& report, const Options& options);
void detach_bars(Report& report, const Options& options);
void thread_bars(Report& report, const Options& options);
void registry_bars(Report& report, const Options& options);
