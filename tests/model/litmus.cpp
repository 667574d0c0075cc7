#include "litmus.hpp"

namespace model {

namespace {
// Kept by the explorer's own heap, so filled with program_running off.
Outcomes outcomes;

Report run(Program program, Backend backend) {
  Options options;
  options.backend = backend;
  options.interrupts = true;
  return explore(program, options);
}
}  // namespace

void note(std::initializer_list<int> values) {
  program_running = false;
  std::string text;
  for (const int value : values) text += std::to_string(value);
  outcomes.insert(text);
  program_running = true;
}

Outcomes outcomes_of(Program program, Backend backend) {
  outcomes.clear();
  const Report report = run(program, backend);
  CHECK_MESSAGE(report.fault.empty(), report.fault << "\n" << report.trace);
  CHECK(report.complete);
  return outcomes;
}

Report explore_noting(Program program, const Options& options, Outcomes& noted) {
  outcomes.clear();
  const Report report = explore(program, options);
  CHECK_MESSAGE(report.fault.empty(), report.fault << "\n" << report.trace);
  noted = outcomes;
  return report;
}

bool allows(Program program, Backend backend, const char* outcome) {
  return outcomes_of(program, backend).count(outcome) == 1;
}

std::string fault_of(Program program, Backend backend) {
  const Report report = run(program, backend);
  CHECK(report.fault.empty() == report.complete);
  CHECK(report.fault.empty() == report.trace.empty());
  return report.fault;
}

void check_reductions(Program program) {
  std::set<std::uint64_t> ends[3];
  std::uint64_t runs[3] = {};
#ifdef NMR_MODEL_HAND_OFF
  const bool all = false;  // takes minutes, and is no other search than on fibers
#else
  const bool all = true;
#endif
  for (const Reduction reduction : {Reduction::kNone, Reduction::kSleepSets, Reduction::kRaces}) {
    if (reduction == Reduction::kNone && !all) continue;
    const auto i = static_cast<std::size_t>(reduction);
    Options options;
    options.interrupts = true;
    options.reduction = reduction;
    options.soonest_interrupts = reduction != Reduction::kNone;
    options.ends = &ends[i];
    const Report report = explore(program, options);
    CHECK(report.complete);
    runs[i] = report.runs;
  }
  if (all) CHECK(ends[0] == ends[1]);
  CHECK(ends[1] == ends[2]);
  CHECK(ends[2].size() <= runs[2]);
  CHECK(runs[2] <= runs[1]);
  if (all) CHECK(runs[0] > runs[2]);
}

}  // namespace model
