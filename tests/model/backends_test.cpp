// All programs under the backends that allow less than views: they find no more, unless the explorer is wrong or a fence
// is weaker there.
#include "programs.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <span>

using namespace model;

TEST_CASE("a few runs of each program of RundownRef hold under each backend") {
  for (const Backend backend : {Backend::kSequential, Backend::kTso}) {
    for (const NamedProgram& program : rundown_programs()) {
      Options options = program.options;
      options.backend = backend;
      options.preemptions = program.preemptions;
      options.max_runs = 500;
      const Report report = explore(program.run, options);
      CHECK_MESSAGE(report.fault.empty(), program.name << ": " << report.fault << "\n" << report.trace);
    }
  }
}

TEST_CASE(
    "the programs hold under sequential consistency and total store order, as far as they are searched" *
    doctest::test_suite("long")) {
  // Runs of one program; the first ones have the fewest switches. Store buffers make many runs of a few, and those of
  // the lower floors are cheap. What is not searched whole under views gets the least.
  constexpr std::uint64_t kLeast = 4'000;
  struct Floor {
    std::span<const NamedProgram> programs;
    std::uint64_t most;
  };
  const Floor floors[] = {
      {rundown_programs(), 100'000},    {sharded_programs(), 100'000}, {wait_programs(), 100'000},
      {wait_call_programs(), 100'000},  {call_programs(), 20'000},     {call_variant_programs(), 20'000},
      {binding_programs(), 50'000},     {failover_programs(), 20'000}, {call_record_programs(), 20'000},
      {call_signal_programs(), 20'000}, {registry_programs(), 12'000},
  };
  for (const Backend backend : {Backend::kSequential, Backend::kTso}) {
    unsigned whole = 0, begun = 0;
    double seconds = 0;
    for (const Floor& floor : floors) {
      for (const NamedProgram& program : floor.programs) {
        Options options = program.options;
        options.backend = backend;
        options.preemptions = program.preemptions;
        options.max_runs = deep() ? 100'000 : program.preemptions < 0 ? floor.most : kLeast;
        const Report report = explore(program.run, options);
        CHECK_MESSAGE(report.fault.empty(), program.name << ": " << report.fault << "\n" << report.trace);
        ++(report.complete ? whole : begun);
        seconds += report.seconds;
      }
    }
    std::printf("%s: %u programs searched to their bounds, %u begun (%llu runs or more), %.2f s\n",
                backend == Backend::kTso ? "total store order" : "sequential consistency", whole, begun,
                static_cast<unsigned long long>(kLeast), seconds);
    CHECK(2 * whole > begun);
  }
}
