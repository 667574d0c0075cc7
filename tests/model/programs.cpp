#include "programs.hpp"

#include <cstdio>

namespace model {

namespace {
int bound(const NamedProgram& program) { return deep() ? program.deep_preemptions : program.preemptions; }
}  // namespace

Report explore(const NamedProgram& program, const std::optional<Mutation>& mutation) {
  Options options = program.options;
  options.preemptions = bound(program);
  options.mutation = mutation;
  return explore(program.run, options);
}

void print(const NamedProgram& program, const Report& report) {
  const int preemptions = bound(program);
  const std::string limit = preemptions < 0 ? "all runs" : std::to_string(preemptions) + " preemptions";
  std::printf("%-52s %-14s %9llu runs %9llu cut %7.2f s\n", program.name, limit.c_str(),
              static_cast<unsigned long long>(report.runs), static_cast<unsigned long long>(report.cut),
              report.seconds);
  std::fflush(stdout);
}

}  // namespace model
