#pragma once
/// The ways of counting calls that one test runs over.
#include <cstdint>

#include <nmr/calls.hpp>

#include "support/counting_atomics.hpp"

/// As on a system that has no process-wide barrier: every call has a real fence.
struct RealFences : nmr::StdAtomics {
  static bool try_enable_heavy_fence() noexcept { return false; }
};

/// A thread pointer that the test chooses: one thread acts as many, or as one that is given the thread
/// pointer of another that has ended.
template <class Policy>
struct ChosenThread : Policy {
  static std::uintptr_t& chosen() noexcept {
    static thread_local std::uintptr_t pointer = 0;
    return pointer;
  }
  static std::uintptr_t thread_pointer() noexcept { return chosen(); }

  /// From here on the calling thread is the nth; thread stacks are some megabytes apart.
  static void act_as(std::uintptr_t thread) noexcept {
    chosen() = std::uintptr_t{0x7f000000} + thread * 0x801000;
  }
};

using PerThread = nmr::PerThreadCalls;
using PerThreadRealFences = nmr::BasicPerThreadCalls<RealFences>;
using OneWord = nmr::OneWordCalls;
