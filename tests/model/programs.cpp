#include "programs.hpp"

#include <doctest/doctest.h>

#include <cstdio>

namespace model {
namespace {

/// Of one search with --deep; all of them end before.
constexpr std::uint64_t kMostRuns = 100'000'000;

int bound(const NamedProgram& program) { return deep() ? program.deep_preemptions : program.preemptions; }

int bound_within(const NamedProgram& program) {
  if (program.within == NamedProgram::kAll || !deep()) return program.within;
  return program.within == NamedProgram::kNone ? 0 : program.within + 1;
}

void check(const NamedProgram& program, const std::string& limit, const Report& report) {
  std::printf("%-50s %-18s %9llu runs %9llu cut %11llu states %7.2f s\n", program.name, limit.c_str(),
              static_cast<unsigned long long>(report.runs), static_cast<unsigned long long>(report.cut),
              static_cast<unsigned long long>(report.steps), report.seconds);
  std::fflush(stdout);
  CHECK_MESSAGE(report.fault.empty(), program.name << ": " << report.fault << "\n" << report.trace);
  CHECK_MESSAGE(report.complete, program.name << ": the search was not finished");
}

void check_within(const NamedProgram& program, int preemptions) {
  Options options = program.options;
  options.preemptions = preemptions;
  options.orders = preemptions < 0;  // as below
  options.max_runs = kMostRuns;
  check(program, preemptions < 0 ? "all runs" : "all of " + std::to_string(preemptions) + " preempt.",
        explore(program.run, options));
}

/// Searches what is bounded daily as far as then, but with all orders of stores.
void check_orders(const NamedProgram& program) {
  Options options = program.options;
  options.preemptions = program.preemptions;
  options.covered_beyond = true;
  check(program, "orders, " + std::to_string(program.preemptions) + " preempt.",
        explore(program.run, options));
}

}  // namespace

Report explore(const NamedProgram& program, const std::optional<Mutation>& mutation) {
  Options options = program.options;
  options.preemptions = bound(program);
  options.covered_beyond = true;
  options.orders = options.preemptions < 0;  // within a bound up to four times as many runs
  options.mutation = mutation;
  return explore(program.run, options);
}

void check_all(std::span<const NamedProgram> programs) {
  for (NamedProgram program : programs) {
    program.options.max_runs = kMostRuns;
    const int within = bound(program) < 0 ? int{NamedProgram::kAll} : bound_within(program);
    if (within != NamedProgram::kAll)
      check(program, "some of " + std::to_string(bound(program)) + " preempt.", explore(program));
    if (within != NamedProgram::kNone) check_within(program, within);
    if (deep() && program.preemptions >= 0) check_orders(program);
  }
}

}  // namespace model
