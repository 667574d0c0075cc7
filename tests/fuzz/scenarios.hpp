#pragma once
/// What is fuzzed, and replayed in each test run.
#include <cstdint>
#include <set>
#include <span>
#include <string>

namespace fuzz {

/// Runs an input as operations of a registry and of its modules, and of handles beside it, on one thread,
/// with a model that knows what has to come of them. A difference aborts.
void run_registry(std::span<const std::uint8_t> input);

/// Runs an input as operations that are misused, each of which has to be reported and to have no effect.
/// Returns the number of reports.
int run_misuse(std::span<const std::uint8_t> input);

/// Runs an input as calls by the Windows names, with handles that may be anything, in and out of callbacks. A status or
/// a report that is not what is documented aborts. Notes in `things`, if given, what the input has met.
void run_names(std::span<const std::uint8_t> input, std::set<std::string>* things = nullptr);

}  // namespace fuzz
