#pragma once
/// The programs that the shipped headers are run with. Each is complete on its own: it says what must hold,
/// so that it finds planted faults as well as real ones.
#include <span>

#include "explore.hpp"

namespace model {

struct NamedProgram {
  const char* name;
  Program run;
  /// How often a thread may be left while it could go on; -1: any number, so that the search is exhaustive.
  int preemptions = -1;
  int deep_preemptions = -1;  // with --deep
  Options options = {};
  bool slow = false;  // finds nothing that a smaller one does not: mutants pass it by
};

std::span<const NamedProgram> rundown_programs();
std::span<const NamedProgram> sharded_programs();
std::span<const NamedProgram> call_programs();
std::span<const NamedProgram> call_variant_programs();
std::span<const NamedProgram> call_signal_programs();
std::span<const NamedProgram> registry_programs();  // all of its, with those below
std::span<const NamedProgram> registry_call_programs();
std::span<const NamedProgram> registry_misuse_programs();
std::span<const NamedProgram> registry_walk_programs();

// The same with headers in which plant.py has planted faults.
std::span<const NamedProgram> planted_rundown_programs();
std::span<const NamedProgram> planted_sharded_programs();
std::span<const NamedProgram> planted_call_programs();
std::span<const NamedProgram> planted_call_variant_programs();
std::span<const NamedProgram> planted_call_signal_programs();
std::span<const NamedProgram> planted_registry_programs();

/// Explores a program, with or without a planted fault. Within a bound, runs are left out too that are covered
/// by one beyond the bound: so it goes further, but not all runs within the bound are had.
Report explore(const NamedProgram& program, const std::optional<Mutation>& mutation = {});
/// Explores all runs of a program within a bound.
Report explore_within(const NamedProgram& program, int preemptions);
/// Prints a program's bound and price.
void print(const NamedProgram& program, const Report& report);
void print_within(const NamedProgram& program, int preemptions, const Report& report);

}  // namespace model
