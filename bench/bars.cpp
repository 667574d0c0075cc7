// Measures what the library promises about time, and says which promises hold here and now.
#include "bars.hpp"

#include <cstring>

namespace {

constexpr const char* kUsage =
    "usage: bars [--quick | --smoke] [--json FILE] [--plugin FILE] [--only PART]\n"
    "parts: call two_thread nesting detach thread registry\n";

}  // namespace

int main(int argc, char** argv) {
  Options options;
  const char* json = nullptr;
  const char* only = nullptr;
  for (int i = 1; i < argc; ++i) {
    const bool more = i + 1 < argc;
    if (std::strcmp(argv[i], "--quick") == 0) {
      options.length = Options::kQuick;
    } else if (std::strcmp(argv[i], "--smoke") == 0) {
      options.length = Options::kInstant;
    } else if (std::strcmp(argv[i], "--json") == 0 && more) {
      json = argv[++i];
    } else if (std::strcmp(argv[i], "--plugin") == 0 && more) {
      options.plugin = argv[++i];
    } else if (std::strcmp(argv[i], "--only") == 0 && more) {
      only = argv[++i];
    } else {
      return std::fputs(kUsage, stderr), 2;
    }
  }

  const struct {
    const char* name;
    void (*run)(Report&, const Options&);
  } parts[] = {{"call", call_bars},     {"two_thread", two_thread_bars}, {"nesting", nesting_bars},
               {"detach", detach_bars}, {"thread", thread_bars},         {"registry", registry_bars}};
  Report report;
  bool found = false;
  for (const auto& part : parts) {
    if (only != nullptr && std::strcmp(only, part.name) != 0) continue;
    found = true;
    part.run(report, options);
  }
  if (!found) return std::fputs(kUsage, stderr), 2;
  if (json != nullptr && !report.write(json)) return std::perror(json), 1;
  return 0;
}
