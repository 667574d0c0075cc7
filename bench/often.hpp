#pragma once
/// Loops of calls that are measured.
#include <array>
#include <cstddef>
#include <cstdlib>
#include <utility>

#include "clock.hpp"

/// Calls `times` times, each with the result of the last. `kCopy` makes several of it: how fast a processor
/// runs a short loop depends on where it lies (branch predictors), and one place would be measured for all.
template <int kCopy = 0, class Mechanism>
[[gnu::noinline, gnu::aligned(64)]] void call_often(Mechanism& mechanism, int times) {
  int value = 0;
  for (int i = 0; i != times; ++i) value = mechanism.call(value);
  if (value != times) std::abort();  // a call was refused
  __asm__ volatile("" : : "i"(kCopy));  // no two copies are the same to the linker
}

/// Returns the CPU time of one call.
template <int kCopy = 0, class Mechanism>
double ns_per_call(Mechanism& mechanism, int times) {
  const double begin = cpu_ns();
  call_often<kCopy>(mechanism, times);
  return (cpu_ns() - begin) / times;
}

/// Returns the CPU time of one call, by the copy of the loop whose turn it is.
template <class Mechanism>
double ns_per_call(Mechanism& mechanism, int times, std::size_t turn) {
  static const auto copies = []<int... kCopy>(std::integer_sequence<int, kCopy...>) {
    return std::array{&ns_per_call<kCopy, Mechanism>...};
  }(std::make_integer_sequence<int, 8>());
  return copies[turn % copies.size()](mechanism, times);
}

/// Makes an action of it, for Rounds: the next copy each time.
template <class Mechanism>
auto ns_per_call_action(Mechanism& mechanism, int times) {
  return
      [&mechanism, times, turn = std::size_t{0}]() mutable { return ns_per_call(mechanism, times, turn++); };
}
