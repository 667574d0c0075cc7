#pragma once
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>

/// What the user asks for.
struct Options {
  enum Parsed { kRun, kHelp, kWrong };
  enum : unsigned { kMostThreads = 1000, kMostSeconds = 1'000'000 };
  static constexpr const char* kUsage =
      "usage: hot_swap [seconds] [--threads N] [--with-gap]\n"
      "  seconds      how long to swap, 10 unless it is said\n"
      "  --threads N  how many threads call, 1 to 1000; one for each processor unless it is said, and at "
      "least 2\n"
      "  --with-gap   detach each version before the next is attached: calls in between are refused";

  double seconds = 10;
  unsigned threads = std::clamp<unsigned>(std::thread::hardware_concurrency(), 2, kMostThreads);
  bool with_gap = false;

  /// Says what is wrong where something is.
  [[nodiscard]] Parsed parse(int argc, char** argv) {
    bool seconds_given = false;
    for (int i = 1; i < argc; ++i) {
      const std::string_view what = argv[i];
      if (what == "--help" || what == "-h") return kHelp;
      if (what == "--with-gap") {
        with_gap = true;
      } else if (what == "--threads") {
        double count = 0;
        if (++i == argc) return wrong("--threads needs a number", "");
        if (!number(argv[i], kMostThreads, count) || count != static_cast<unsigned>(count))
          return wrong("--threads takes a whole number from 1 to 1000, not ", argv[i]);
        threads = static_cast<unsigned>(count);
      } else if (!what.empty() && what[0] == '-' && what.find_first_of("0123456789") != 1) {
        return wrong("there is no option ", argv[i]);
      } else if (seconds_given) {
        return wrong("one number of seconds is enough, and this is another: ", argv[i]);
      } else if (!number(argv[i], kMostSeconds, seconds)) {
        return wrong("seconds are a number above 0, at most 1000000, not ", argv[i]);
      } else {
        seconds_given = true;
      }
    }
    return kRun;
  }

 private:
  /// Reads a number above 0 and at most `most`: digits, and a point perhaps.
  [[nodiscard]] static bool number(const char* text, double most, double& value) {
    if (std::string_view(text).find_first_not_of("0123456789.") != std::string_view::npos) return false;
    char* end = nullptr;
    const double read = std::strtod(text, &end);
    if (end == text || *end != '\0' || !(read > 0) || read > most) return false;
    value = read;
    return true;
  }

  static Parsed wrong(const char* what, const char* argument) {
    std::fprintf(stderr, "hot_swap: %s%s\n%s\n", what, argument, kUsage);
    return kWrong;
  }
};
