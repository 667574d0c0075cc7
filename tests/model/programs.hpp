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
  /// With a number, runs are left out too that others beyond it cover: so it goes further, but has not all.
  int preemptions = -1;
  int deep_preemptions = -1;  // with --deep
  Options options = {};
  /// Where that is a number: the one within which all runs are tried as well; one more with --deep.
  int within = 1;
  bool slow = false;  // finds nothing that a smaller one does not: mutants pass it by

  enum : int { kAll = -1, kNone = -2 };  // of within: any number; none, but with --deep 0
};

std::span<const NamedProgram> rundown_programs();
std::span<const NamedProgram> sharded_programs();
std::span<const NamedProgram> wait_programs();
std::span<const NamedProgram> wait_call_programs();
std::span<const NamedProgram> cancel_programs();
std::span<const NamedProgram> binding_programs();
std::span<const NamedProgram> failover_programs();
std::span<const NamedProgram> call_programs();
std::span<const NamedProgram> call_variant_programs();
std::span<const NamedProgram> call_signal_programs();
std::span<const NamedProgram> call_record_programs();
std::span<const NamedProgram> registry_programs();  // all of its, with those below
std::span<const NamedProgram> registry_call_programs();
std::span<const NamedProgram> registry_end_programs();
std::span<const NamedProgram> registry_misuse_programs();
std::span<const NamedProgram> registry_walk_programs();

// The same with headers in which plant.py has planted faults.
std::span<const NamedProgram> planted_rundown_programs();
std::span<const NamedProgram> planted_sharded_programs();
std::span<const NamedProgram> planted_wait_programs();
std::span<const NamedProgram> planted_wait_call_programs();
std::span<const NamedProgram> planted_cancel_programs();
std::span<const NamedProgram> planted_binding_programs();
std::span<const NamedProgram> planted_failover_programs();
std::span<const NamedProgram> planted_call_programs();
std::span<const NamedProgram> planted_call_variant_programs();
std::span<const NamedProgram> planted_call_signal_programs();
std::span<const NamedProgram> planted_call_record_programs();
std::span<const NamedProgram> planted_registry_programs();

/// Explores a program as far as its `preemptions` say, with or without a planted fault.
Report explore(const NamedProgram& program, const std::optional<Mutation>& mutation = {});

/// Explores each program as far as its bounds say, checks that it holds and that the search was finished, and
/// prints its bound and its price.
void check_all(std::span<const NamedProgram> programs);

}  // namespace model
