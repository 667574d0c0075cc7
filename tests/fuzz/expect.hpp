#pragma once
/// How a scenario says that what it fuzzes is not as it has to be.
#include <cstdio>
#include <cstdlib>

namespace fuzz {

/// Reports a difference between library and model, and aborts.
[[noreturn]] inline void differ(const char* what) noexcept {
  std::fprintf(stderr, "the registry and its model differ: %s\n", what);
  std::abort();
}
inline void expect(bool good, const char* what) noexcept {
  if (!good) differ(what);
}

}  // namespace fuzz
