// Every order that the headers label is weakened, one at a time, and some program must find it.
#include <doctest/doctest.h>

#include <cstdio>

#include "mutation.hpp"
#include "programs.hpp"

using namespace model;

namespace {

bool mentions(const source::Operation& operation, const char* text) {
  return operation.text.find(text) != std::string::npos;
}

/// What can go wrong with an operation that has a label.
std::vector<Mutation> of(const source::Operation& operation) {
  std::vector<Mutation> mutants;
  const auto add = [&](Mutation::Change change) {
    mutants.push_back({operation.file, operation.line, change, 0, operation.label});
  };
  if (mentions(operation, "order::acq_rel")) {
    add(Mutation::kAcquireOnly);
    add(Mutation::kReleaseOnly);
  } else if (mentions(operation, "order::acquire") || mentions(operation, "order::release")) {
    add(Mutation::kRelaxed);
  }
  return mutants;
}

std::vector<Mutation> labelled(std::initializer_list<const char*> files) {
  std::vector<Mutation> mutants;
  for (const char* file : files) {
    for (const source::Operation& operation : source::operations(file)) {
      if (operation.label.empty()) continue;
      for (Mutation& mutant : of(operation)) mutants.push_back(std::move(mutant));
    }
  }
  return mutants;
}

/// An operation without a label, found by its text.
Mutation planted(const char* file, const char* text, Mutation::Change change, unsigned pass,
                 const char* name) {
  for (const source::Operation& operation : source::operations(file)) {
    if (mentions(operation, text)) return {file, operation.line, change, pass, name};
  }
  FAIL("no operation in " << std::string(file) << " reads " << std::string(text));
  return {};
}

struct Finding {
  const NamedProgram* program = nullptr;
  std::string fault;
  std::uint64_t runs = 0;
  bool passed = false;
};

/// A little of every program first, then more: most faults are found within a few runs of the right one.
Finding find(const Mutation& mutant, std::initializer_list<std::span<const NamedProgram>> sets) {
  Finding finding;
  for (const std::uint64_t patience : {100, 2'000, 40'000}) {
    for (const auto& programs : sets) {
      for (const NamedProgram& program : programs) {
        if (program.slow) continue;
        NamedProgram tried = program;
        tried.options.max_runs = patience;
        const Report report = explore(tried, mutant);
        finding.runs += report.runs + report.cut;
        finding.passed = finding.passed || report.mutated;
        if (report.fault.empty()) continue;
        finding.program = &program;
        finding.fault = report.fault;
        return finding;
      }
    }
  }
  return finding;
}

void find_all(const std::vector<Mutation>& mutants,
              std::initializer_list<std::span<const NamedProgram>> sets) {
  std::size_t found = 0;
  for (const Mutation& mutant : mutants) {
    const std::string place = mutant.file + ":" + std::to_string(mutant.line);
    const Finding finding = find(mutant, sets);
    const char* const by = finding.program != nullptr ? finding.program->name
                           : finding.passed           ? "SURVIVES"
                                                      : "NEVER PASSED";
    std::printf("%-24s %-14s %-36s %-44s %7llu runs  %s\n", mutant.name.c_str(), name(mutant.change),
                place.c_str(), by, static_cast<unsigned long long>(finding.runs), finding.fault.c_str());
    std::fflush(stdout);
    if (finding.program != nullptr) ++found;
    CHECK_MESSAGE(finding.program != nullptr, mutant.name << " " << std::string(name(mutant.change)) << " at "
                                                          << place << " is not found");
  }
  std::printf("mutants: %zu of %zu found\n", found, mutants.size());
}

}  // namespace

TEST_CASE("each labelled order of the rundown floor is needed") {
  find_all(
      labelled({"rundown/completion_list.hpp", "rundown/rundown_ref.hpp", "rundown/sharded_rundown_ref.hpp"}),
      {rundown_programs(), sharded_programs()});
}

TEST_CASE("each labelled order, fence and check of the call path is needed") {
  std::vector<Mutation> mutants =
      labelled({"calls/call_domain.hpp", "calls/call_record.hpp", "calls/call_roster.hpp",
                "calls/per_thread_calls.hpp", "calls/one_word_calls.hpp"});
  const char* const domain = "calls/call_domain.hpp";
  mutants.push_back(planted(domain, "Atomics::heavy_fence()", Mutation::kDropped, 1, "first barrier"));
  mutants.push_back(planted(domain, "Atomics::heavy_fence()", Mutation::kDropped, 2, "second barrier"));
  mutants.push_back(
      planted(domain, "self.real_fences_ ? Atomics::full_fence()", Mutation::kDropped, 0, "fence in"));
  mutants.push_back(planted(domain, "      Atomics::full_fence()", Mutation::kDropped, 0, "fence out"));
  mutants.push_back(
      planted(domain, "slot.recheck.load(order::relaxed) != 0", Mutation::kAgain, 0, "look at the flag"));
  mutants.push_back(planted("calls/per_thread_calls.hpp", "order::acquire) != target", Mutation::kAgain, 0,
                            "look at the cell again"));
  mutants.push_back(planted(domain, "order::acquire) == target", Mutation::kAgain, 0,
                            "look at the cell again, out of line"));
  find_all(mutants, {call_programs(), call_variant_programs()});
}
