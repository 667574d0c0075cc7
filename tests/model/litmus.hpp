#pragma once
/// What the explorer's own tests share.
#include <doctest/doctest.h>

#include <set>

#include "model_atomics.hpp"

namespace model {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;

struct Shared {
  Atomic<int> x{0}, y{0}, z{0};
  int a = 0, b = 0, c = 0, d = 0;
};

struct Guarded {
  Atomic<int> flag{0};
  Var<int> data{0};
  Mutex mutex;
  Condition condition;
  bool ready = false;
};

using Outcomes = std::set<std::string>;

/// Notes what a run has ended with.
void note(std::initializer_list<int> values);
/// Returns what all runs of a program have noted.
Outcomes outcomes_of(Program program, Backend backend = Backend::kViews);
Report explore_noting(Program program, const Options& options, Outcomes& outcomes);
bool allows(Program program, Backend backend, const char* outcome);

std::string fault_of(Program program, Backend backend = Backend::kViews);
inline bool found(const std::string& fault, const char* part) {
  return fault.find(part) != std::string::npos;
}

/// Checks that each reduction leaves out nothing but runs that it has had in another order, and that it
/// leaves out some.
void check_reductions(Program program);

}  // namespace model
