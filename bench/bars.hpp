#pragma once
#include "report.hpp"

struct Options {
  bool quick = false;
  const char* plugin = nullptr;  // path of the plug-in of plugin.cpp
};

/// Each measures a few of the bars.
void call_bars(Report& report, const Options& options);
void two_thread_bars(Report& report, const Options& options);
void nesting_bars(Report& report, const Options& options);
void detach_bars(Report& report, const Options& options);
void thread_bars(Report& report, const Options& options);
void registry_bars(Report& report, const Options& options);
