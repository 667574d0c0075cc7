// RundownRef and ShardedRundownRef under the explorer.
#include <doctest/doctest.h>

#include "programs.hpp"

using namespace model;

namespace {
void run_all(std::span<const NamedProgram> programs) {
  for (const NamedProgram& program : programs) {
    const Report report = explore(program);
    print(program, report);
    CHECK_MESSAGE(report.fault.empty(), program.name << ": " << report.fault << '\n' << report.trace);
    CHECK_MESSAGE(report.complete, program.name << ": the search was not finished");
  }
}
}  // namespace

TEST_CASE("RundownRef holds its promises in every run") { run_all(rundown_programs()); }
TEST_CASE("ShardedRundownRef holds its promises in every run") { run_all(sharded_programs()); }
