#pragma once
/// What is fuzzed, and replayed in each test run.
#include <cstdint>
#include <span>

namespace fuzz {

/// Runs an input as operations of a registry and of its modules, and of handles beside it, on one thread,
/// with a model that knows what has to come of them. A difference aborts.
void run_registry(std::span<const std::uint8_t> input);

/// Runs an input as operations that are misused, each of which has to be reported and to have no effect.
/// Returns the number of reports.
int run_misuse(std::span<const std::uint8_t> input);

}  // namespace fuzz
