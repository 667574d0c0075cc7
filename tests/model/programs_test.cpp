// Every program of the rundown floor and of the registry, and those of the call path that are quick enough
// for each day, under the explorer.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "programs.hpp"

using namespace model;

namespace {

/// The bound within which really all runs of a program with a bound are tried, where that is not kWithin. With
/// the barrier, whose interrupts come at any point for nothing, there is time for little; -1: for none, but with
/// --deep.
struct Within {
  std::string_view name;
  int preemptions;
};
constexpr int kWithin = 1;
constexpr std::array<Within, 12> kWithinLess{{
    {"calls: 2 callers, detacher", 0},
    {"calls: 3 callers, detacher", -1},
    {"calls: 2 calls in 1 slot, 1 detacher", 1},
    {"calls: 2 x 2 calls in 1 slot, 1 detacher", -1},
    {"signal: in a caller, calls the same", 1},
    {"signal: in a caller, calls another", 0},
    {"signal: in a first call", 1},
    {"signal: 1 slot", 1},
    {"signal: 1 slot, in a call without", 0},
    {"signal: in a detacher", 1},
    {"registry, one word: 2 listed", 1},
    {"registry, one word: 2 leave, 1 comes", 1},
}};

int within(const NamedProgram& program) {
  for (const Within& each : kWithinLess) {
    if (each.name == program.name) return each.preemptions + (deep() ? 1 : 0);
  }
  return deep() ? kWithin + 1 : kWithin;
}

void check_report(const NamedProgram& program, const Report& report) {
  CHECK_MESSAGE(report.fault.empty(), program.name << ": " << report.fault << "\n" << report.trace);
  CHECK_MESSAGE(report.complete, program.name << ": the search was not finished");
}

void run(const NamedProgram& program) {
  const Report report = explore(program);
  print(program, report);
  check_report(program, report);
  if ((deep() ? program.deep_preemptions : program.preemptions) < 0) return;
  if (within(program) < 0) return;
  const Report whole = explore_within(program, within(program));
  print_within(program, within(program), whole);
  check_report(program, whole);
}

void run_all(std::span<const NamedProgram> programs) {
  for (const NamedProgram& program : programs) run(program);
}

/// Programs of the call path, and how many preemptions of theirs can be tried in seconds. The first two have
/// been explored to the end (2.8 million runs in minutes), which is more than a daily test can wait for.
struct Bounded {
  std::string_view name;
  int preemptions;
};
constexpr std::array<Bounded, 8> kCallPath{{
    {"calls: 1 caller, detacher", -1},
    {"calls: 2 callers, detacher", 2},
    {"calls: 3 callers, detacher", 1},
    {"calls: 2 calls in 1 slot, 1 detacher", 2},
    {"calls: 2 x 2 calls in 1 slot, 1 detacher", 1},
    {"calls: nested, inner left first", 2},
    {"calls: nested, outer left first", 2},
    {"calls: refused between 2 detaches", -1},
}};

}  // namespace

TEST_CASE("RundownRef holds its promises in every run") { run_all(rundown_programs()); }
TEST_CASE("ShardedRundownRef holds its promises in every run") { run_all(sharded_programs()); }
TEST_CASE("the call path holds its promises within the bounds that are printed") {
  for (const Bounded& bounded : kCallPath) {
    const auto all = call_programs();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](auto& each) { return each.name == bounded.name; });
    REQUIRE(found != all.end());
    NamedProgram program = *found;
    program.preemptions = bounded.preemptions;
    run(program);
  }
}
TEST_CASE(
    "calls from signal handlers keep the promises of the call path within the bounds that are printed") {
  run_all(call_signal_programs());
}
TEST_CASE("the registry's core holds its promises within the bounds that are printed" *
          doctest::test_suite("long")) {
  run_all(registry_programs());
}

// Every backend that allows less than views finds no more, unless the explorer is wrong or a fence is weaker there.
TEST_CASE(
    "the programs hold under sequential consistency and total store order, as far as they are searched") {
  constexpr std::uint64_t kRuns = 8'000;  // of a program; with --deep all, and those of the other floors
  std::initializer_list<std::span<const NamedProgram>> all{rundown_programs(), sharded_programs(),
                                                           call_programs(), registry_programs()};
  for (const Backend backend : {Backend::kSequential, Backend::kTso}) {
    unsigned whole = 0, begun = 0;
    double seconds = 0;
    for (std::size_t set = 0; set < (deep() ? all.size() : 2); ++set) {
      for (const NamedProgram& program : all.begin()[set]) {
        Options options = program.options;
        options.backend = backend;
        options.preemptions = program.preemptions;
        if (!deep()) options.max_runs = kRuns;
        const Report report = explore(program.run, options);
        CHECK_MESSAGE(report.fault.empty(), program.name << ": " << report.fault << "\n" << report.trace);
        ++(report.complete ? whole : begun);
        seconds += report.seconds;
      }
    }
    std::printf("%s: %u programs searched to their bounds, %u begun, %.2f s\n",
                backend == Backend::kTso ? "total store order" : "sequential consistency", whole, begun,
                seconds);
    CHECK(whole > 2 * begun);
  }
}
