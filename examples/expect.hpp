#pragma once
#include <cstdio>
#include <cstdlib>

/// Ends the example with a failure unless `good`.
inline void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "FAILED: %s\n", what);
  std::exit(EXIT_FAILURE);
}
