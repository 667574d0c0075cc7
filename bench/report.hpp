#pragma once
/// The bars: each is a figure and the limit that it has to keep.
#include <cstdio>
#include <string>
#include <vector>

class Report {
 public:
  enum Kind { kTimed, kExact };  // the latter is the same on each run, on each machine

  void at_most(int number, const std::string& what, double value, double limit, Kind kind = kTimed) {
    add({number, what, value, limit, kind, true});
  }
  void at_least(int number, const std::string& what, double value, double limit, Kind kind = kTimed) {
    add({number, what, value, limit, kind, false});
  }
  /// Says something that is no bar.
  void note(const std::string& text) const {
    std::printf("  %s\n", text.c_str());
    std::fflush(stdout);
  }

  /// Writes the bars as JSON. Returns false if that fails.
  bool write(const char* path) const {
    std::FILE* const file = std::fopen(path, "w");
    if (file == nullptr) return false;
    std::fputs("[", file);
    for (const Bar& bar : bars_) {
      std::fprintf(file,
                   "%s\n{\"bar\": %d, \"what\": \"%s\", \"value\": %.6g, \"limit\": %.6g, \"kind\": "
                   "\"%s\", \"holds\": %s}",
                   &bar == bars_.data() ? "" : ",", bar.number, bar.what.c_str(), bar.value, bar.limit,
                   bar.kind == kExact ? "exact" : "timed", bar.holds() ? "true" : "false");
    }
    std::fputs("\n]\n", file);
    return std::fclose(file) == 0;
  }

 private:
  struct Bar {
    int number;
    std::string what;
    double value;
    double limit;
    Kind kind;
    bool at_most;

    [[nodiscard]] bool holds() const { return at_most ? value <= limit : value >= limit; }
  };

  void add(const Bar& bar) {
    std::printf("bar %d: %s: %.4g (bar: %s %.4g) %s\n", bar.number, bar.what.c_str(), bar.value,
                bar.at_most ? "<=" : ">=", bar.limit, bar.holds() ? "ok" : "MISSED");
    std::fflush(stdout);
    bars_.push_back(bar);
  }

  std::vector<Bar> bars_;
};
