#include "programs.hpp"

#include <cstdio>

namespace model {

namespace {
void print(const char* name, const std::string& limit, const Report& report) {
  std::printf("%-52s %-18s %9llu runs %9llu cut %7.2f s\n", name, limit.c_str(),
              static_cast<unsigned long long>(report.runs), static_cast<unsigned long long>(report.cut),
              report.seconds);
  std::fflush(stdout);
}

int bound(const NamedProgram& program) { return deep() ? program.deep_preemptions : program.preemptions; }
}  // namespace

Report explore(const NamedProgram& program, const std::optional<Mutation>& mutation) {
  Options options = program.options;
  options.preemptions = bound(program);
  options.covered_beyond = true;
  options.mutation = mutation;
  return explore(program.run, options);
}

Report explore_within(const NamedProgram& program, int preemptions) {
  Options options = program.options;
  options.preemptions = preemptions;
  return explore(program.run, options);
}

void print(const NamedProgram& program, const Report& report) {
  const int preemptions = bound(program);
  print(program.name, preemptions < 0 ? "all runs" : "some of " + std::to_string(preemptions) + " preempt.",
        report);
}

void print_within(const NamedProgram& program, int preemptions, const Report& report) {
  print(program.name, preemptions < 0 ? "all runs" : "all of " + std::to_string(preemptions) + " preempt.",
        report);
}

}  // namespace model
