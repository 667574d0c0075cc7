// Every order that the headers label, every fence and every second look is weakened, one at a time, and some
// program must find it.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "mutation.hpp"
#include "planted_faults.hpp"
#include "programs.hpp"

using namespace model;

namespace {

bool mentions(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

/// What can go wrong with an operation that has a label.
std::vector<Mutation> of(const source::Operation& operation) {
  std::vector<Mutation> mutants;
  const auto add = [&](Mutation::Change change) {
    mutants.push_back({operation.file, operation.line, change, 0, operation.label});
  };
  if (mentions(operation.text, "order::acq_rel")) {
    add(Mutation::kAcquireOnly);
    add(Mutation::kReleaseOnly);
  } else if (mentions(operation.text, "order::acquire") || mentions(operation.text, "order::release")) {
    add(Mutation::kRelaxed);
  }
  return mutants;
}

std::vector<Mutation> labelled(const std::string& floor) {
  std::vector<Mutation> mutants;
  for (const std::string& file : source::headers(floor)) {
    for (const source::Operation& operation : source::operations(file)) {
      if (operation.label.empty()) continue;
      for (Mutation& mutant : of(operation)) mutants.push_back(std::move(mutant));
    }
  }
  return mutants;
}

/// An operation without a label of its own, found by its text.
Mutation mutant(const char* name, const char* file, const char* text, Mutation::Change change,
                unsigned pass = 0) {
  for (const source::Operation& operation : source::operations(file)) {
    if (mentions(operation.text, text)) return {file, operation.line, change, pass, name};
  }
  FAIL("no operation in " << std::string(file) << " reads " << std::string(text));
  return {};
}

/// The fences and second looks of the call path. A fence that orders the compiler alone is missing where what
/// it keeps in order comes the other way round.
std::vector<Mutation> fences_and_looks() {
  const char* const domain = "calls/per_thread/call_domain.hpp";
  const char* const fast = "calls/per_thread_calls.hpp";
  const char* const record = "calls/per_thread/call_record.hpp";
  return {
      mutant("first barrier", domain, "full_fence() : Atomics::heavy_fence()", Mutation::kNoBarrier, 1),
      mutant("second barrier", domain, "full_fence() : Atomics::heavy_fence()", Mutation::kNoBarrier, 2),
      mutant("first fence", domain, "full_fence() : Atomics::heavy_fence()", Mutation::kNoFence, 1),
      mutant("second fence", domain, "full_fence() : Atomics::heavy_fence()", Mutation::kNoFence, 2),
      mutant("fence in", domain, "full_fence() : Atomics::light_fence()", Mutation::kNoFence),
      mutant("fence out", domain, "real_fences_) Atomics::full_fence()", Mutation::kNoFence),
      mutant("in", fast, "target.store(target, order::release)", Mutation::kLate),
      mutant("in, out of line", domain, "target.store(target, order::release)", Mutation::kLate),
      mutant("out", domain, "target.store(Slot::mark(thread), order::release)", Mutation::kLate),
      mutant("cell", fast, "order::acquire) != target", Mutation::kUnchanged),
      mutant("cell, out of line", domain, "order::acquire) == target", Mutation::kUnchanged),
      mutant("what is owed", domain, "owed.load(order::relaxed) != 0", Mutation::kZero),
      mutant("what is owed, after the fence", record, "Word seen = owed.load(order::relaxed)",
             Mutation::kZero),
  };
}

/// Programs to begin with, by the mutant's name. The others follow.
struct Hint {
  std::string_view mutant;
  std::string_view program;
};
constexpr std::array kHints{
    Hint{"closed before all are claimed", "timed wait, freed by one who polls"},
    Hint{"[cd:1]", "1 slot: left on another thread, slot used"},
    Hint{"[cd:2]", "asks whether it is inside"},
    Hint{"[cd:2]", "table grows twice"},
    Hint{"[cd:7]", "calls: swap, 1 caller twice"},
    Hint{"[cd:7]", "1 slot: swap"},
    Hint{"[cd:15]", "made and attached, called, detacher"},
    Hint{"[cd:9]", "1 slot: left on another thread, slot used"},
    Hint{"[cd:9]", "calls: 1 caller, detacher"},
    Hint{"[cd:9]", "1 slot: left on another thread, called again"},
    Hint{"what was owed before is forgotten", "1 slot: owes for 2"},
    Hint{"charged only where nothing is owed", "1 slot: owes for 2"},
    Hint{"settled elsewhere as by the owner", "1 slot: left on another thread, called again"},
    Hint{"settled elsewhere without the mutex", "1 slot: left on another thread, called again"},
    Hint{"settles for those who are inside", "1 slot: left on another thread, called again"},
    Hint{"signals come in under the mutex", "signal: in a first call"},
    Hint{"charges what is free", "where a thread's data were"},
    Hint{"[cd:16]", "prepared, the index is rearranged"},
    Hint{"[cd:17]", "prepared, the index is rearranged"},
    Hint{"[cd:18]", "prepared, the index is rearranged"},
    Hint{"[cd:19]", "prepared, the index is rearranged"},
    Hint{"[cd:20]", "ended: left by another"},
    Hint{"not found while the index is rearranged", "prepared, the index is rearranged"},
    Hint{"rearranged, and nobody told", "prepared, the index is rearranged"},
    Hint{"given to another while a call is in it", "ended: left by another"},
    Hint{"given to another while something is owed", "forgets, having left"},
    Hint{"given to another before it tells nobody", "ended: thread pointer comes again"},
    Hint{"thread pointer not looked for again", "ended: thread pointer comes again"},
    Hint{"charges more than its set", "calls: refused between 2 detaches"},
    Hint{"attaches out of turn", "registry, one word: 2 come, one at a time"},
    Hint{"turn that is woken for nothing", "registry, one word: 2 come, one at a time"},
    Hint{"asked while calls are let in", "registry, one word: called when asked"},
    Hint{"visits what is being detached", "registry, one word: visited"},
    Hint{"callback noted without the mutex", "registry, one word: replaced, the first leaves"},
    Hint{"follows what another thread has replaced", "registry, one word: waits for itself"},
    Hint{"own call overlooked", "registry: waits in a call"},
    Hint{"next of a batch not marked", "registry, one word: waits for the next"},
    Hint{"next to close not marked", "registry, one word: waits for the next to close"},
    Hint{"next offer not marked", "registry, one word: waits for the next offer"},
    Hint{"visit goes on without the mutex", "registry, one word: several visited"},
    Hint{"orphan noted without the mutex", "registry, one word: destroyed with 2 bindings"},
    Hint{"next one's way back changed without the mutex", "registry, one word: 2 leave, 1 comes"},
    Hint{"own post overlooked", "registry, one word: waits where it posts"},
    Hint{"off the list when the client is asked", "registry, one word: waits between the sides"},
    Hint{"second of a side listed without the mutex", "registry, one word: 2 listed"},
};

/// Returns whether a weakened order would show itself by load buffering alone, which the explorer's memory forbids:
/// then what a processor might put in another order is planted in that order, under the label's name.
bool is_planted(const Mutation& order) {
  return order.name.starts_with('[') &&
         std::any_of(std::begin(kPlantedFaults), std::end(kPlantedFaults),
                     [&](const Mutation& fault) { return fault.name.starts_with(order.name + " "); });
}

struct Finding {
  const NamedProgram* program = nullptr;
  std::string fault;
  std::uint64_t states = 0;  // in all programs that were tried
  bool passed = false;
};

using Sets = std::initializer_list<std::span<const NamedProgram>>;

constexpr std::uint64_t kMostRuns = 40'000;  // of one program

class Search {
 public:
  Search(const Mutation& mutant, Sets sets) noexcept : mutant_(mutant), sets_(sets) {}

  Finding run() {
    for (const Hint& hint : kHints) {
      if (hint.mutant != mutant_.name) continue;
      each(10 * kMostRuns, [&](const NamedProgram& program) { return program.name == hint.program; });
    }
    // A little of every program first, then more: most faults are found within a few runs of the right one.
    for (const std::uint64_t patience : {std::uint64_t{100}, std::uint64_t{2'000}, kMostRuns}) {
      each(patience, [](const NamedProgram& program) { return !program.slow; });
    }
    return finding_;
  }

 private:
  template <class Wanted>
  void each(std::uint64_t patience, Wanted wanted) {
    for (const auto& programs : sets_) {
      for (const NamedProgram& program : programs) {
        if (finding_.program == nullptr && wanted(program)) attempt(program, patience);
      }
    }
  }
  void attempt(const NamedProgram& program, std::uint64_t patience) {
    NamedProgram tried = program;
    tried.options.max_runs = patience;
    const Report report = explore(tried, mutant_);
    finding_.states += report.steps;
    finding_.passed = finding_.passed || report.mutated;
    if (report.fault.empty()) return;
    CHECK_MESSAGE(!report.fault.starts_with("the explorer"), program.name << ": " << report.fault);
    finding_.program = &program;
    finding_.fault = report.fault;
    // The run that shows the fault has passed its place.
    if (mutant_.name.starts_with('[') && mutant_.change != Mutation::kPlanted)
      CHECK_MESSAGE(mentions(report.trace, mutant_.name), mutant_.name << " is not in:\n" << report.trace);
  }

  const Mutation& mutant_;
  const Sets sets_;
  Finding finding_;
};

struct Count {
  std::size_t found = 0, all = 0;
};

void find_all(const std::vector<Mutation>& mutants, Sets sets, Count& count) {
  for (const Mutation& mutant : mutants) {
    const Finding finding = Search(mutant, sets).run();
    const bool found = finding.program != nullptr;
    const char* const by = found ? finding.program->name : finding.passed ? "SURVIVES" : "NEVER PASSED";
    const std::string place = mutant.file + ":" + std::to_string(mutant.line);
    std::printf("%-32s %-14s %-36s %-46s %8llu states  %s\n", mutant.name.c_str(), name(mutant.change),
                place.c_str(), by, static_cast<unsigned long long>(finding.states), finding.fault.c_str());
    std::fflush(stdout);
    ++count.all;
    if (found) ++count.found;
    CHECK_MESSAGE(found, mutant.name << ", " << name(mutant.change) << ", at " << place << " is not found");
  }
}

/// One that is both acquire and release counts twice.
std::size_t orders(const char* floor) {
  return source::count(floor, "order::(acquire|release)") + 2 * source::count(floor, "order::acq_rel");
}

std::string readme() {
  std::ifstream file(NMR_MODEL_README);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_fence(const Mutation& mutant) {
  return mutant.change == Mutation::kNoFence || mutant.change == Mutation::kNoBarrier ||
         mutant.change == Mutation::kLate;
}

}  // namespace

TEST_CASE("every order and fence of the floors that the explorer runs has a mutant, and no other has any") {
  for (const char* floor : {"rundown", "calls", "lifecycle", "failover", "adapters"})
    CHECK(labelled(floor).size() == orders(floor));
  const char* const fence = "\\b(light|full|heavy)_fence\\(\\)";
  const auto mutants = fences_and_looks();
  // A detach passes its barrier, or the fence in its place, twice.
  CHECK(std::count_if(mutants.begin(), mutants.end(), is_fence) ==
        std::ptrdiff_t(source::count("calls", fence) + 2));
  CHECK(orders("binding") + source::count("binding", fence) == 0);
  CHECK(source::count("lifecycle", fence) + source::count("registry", fence) + orders("registry") == 0);
  CHECK(source::count("rundown", fence) == 0);
}

TEST_CASE("faults that are planted do nothing until one is looked for") {
  const Sets sets = {
      planted_rundown_programs(),     planted_wait_programs(),         planted_sharded_programs(),
      planted_call_programs(),        planted_call_variant_programs(), planted_call_record_programs(),
      planted_call_signal_programs(), planted_binding_programs(),      planted_failover_programs(),
      planted_registry_programs(),    planted_cancel_programs()};
  for (const auto& programs : sets) {
    for (NamedProgram program : programs) {
      program.options.max_runs = 100;
      const Report report = explore(program);
      CHECK_MESSAGE(report.fault.empty(), program.name << ": " << report.fault << "\n" << report.trace);
    }
  }
}

TEST_CASE("each order, fence and second look is needed" * doctest::test_suite("long")) {
  const auto rundown = labelled("rundown");
  auto calls = labelled("calls");
  for (Mutation& mutant : fences_and_looks()) calls.push_back(std::move(mutant));
  CHECK(std::erase_if(calls, is_planted) == 1);
  Count count;
  find_all(rundown, {rundown_programs(), wait_programs(), sharded_programs()}, count);
  find_all(calls, {call_programs(), call_variant_programs(), call_record_programs(), call_signal_programs()},
           count);
  find_all(labelled("lifecycle"), {registry_programs()}, count);
  find_all(labelled("failover"), {failover_programs()}, count);
  find_all(labelled("adapters"), {cancel_programs()}, count);
  // Those of bindings, of the registry and of what is above it are met by their own programs alone.
  std::vector<Mutation> of_failover;
  std::vector<Mutation> of_registry;
  std::vector<Mutation> others;
  for (const Mutation& fault : kPlantedFaults) {
    const bool registry = mentions(fault.file, "lifecycle/") || mentions(fault.file, "binding/");
    (mentions(fault.file, "failover/") ? of_failover : registry ? of_registry : others).push_back(fault);
  }
  find_all(of_failover, {planted_failover_programs()}, count);
  find_all(of_registry, {planted_binding_programs(), planted_registry_programs()}, count);
  find_all(others,
           {planted_rundown_programs(), planted_wait_programs(), planted_sharded_programs(),
            planted_cancel_programs(), planted_call_programs(), planted_call_variant_programs(),
            planted_call_record_programs(), planted_call_signal_programs()},
           count);
  const std::string line =
      "mutants: " + std::to_string(count.found) + " of " + std::to_string(count.all) + " found";
  CHECK_MESSAGE(mentions(readme(), line), "README.md says something else than " << line);
  std::printf("%s\n", line.c_str());
}
