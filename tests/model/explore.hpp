#pragma once
/// The explorer: runs a program of a few threads in every way that its memory model allows, by running it
/// again and again with other choices. What it finds is a fault with the run that leads to it.
///
/// The way in: a Program is given a Run, makes what its threads share, and adds the threads
/// (rundown_world.hpp has plain ones). A test hands it to explore() (programs.cpp, with the bounds
/// of programs.hpp), which starts it anew for each run (engine.cpp). Its threads are fibers of one thread. The
/// shipped headers come in through the policy of model_atomics.hpp: each atomic operation, lock and fence is a
/// step (steps.cpp) before which any thread may be chosen, and reads what memory.hpp lets it read. The compiler
/// tells of plain accesses (plain_access.cpp), which clocks judge. After a run the last choice that can be
/// another is made another; reduction.cpp leaves out what would be the same.
///
/// What it cannot see: what no program does, and what lies beyond a program's bound, which is printed. Load
/// buffering: a load, or a read-modify-write, that reads what is stored by a step which runs later. Without
/// Options::orders (within a bound check_all() does without, but for `--deep`) stores to one atomic in another
/// order than they ran in, so no read-modify-write that reads an old value. Accesses of the order seq_cst, which are
/// faults under views. A barrier or a signal between two plain accesses that no step separates. A weak
/// compare-exchange that fails for nothing, a second wait of a thread that ends for nothing. A race of plain
/// accesses that overlap and begin at different addresses. An allocation that fails. What the policy takes the
/// place of: the real atomics, mutexes, fences and system calls; and what compilers, linkers and loaders make of
/// the headers, for which other tests are
/// (the table in README.md, "What is trusted").
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "basics.hpp"
#include "mutation.hpp"

namespace model {

/// How many runs that differ in the order of independent steps alone are left out.
enum class Reduction : std::uint8_t {
  kNone,
  kSleepSets,  // each is run once, but many are begun in vain
  /// And most of those not even begun. With views and all orders of stores, and without a bound; else as kSleepSets.
  kRaces,
};

struct Options {
  Backend backend = Backend::kViews;
  int preemptions = -1;  // how often a thread that could go on is left for another; -1: any number
  std::uint64_t max_runs = 20'000'000;
  unsigned processors = 2;
  bool heavy_fence = true;  // whether the system offers the process-wide barrier
  bool interrupts = false;  // whether the program uses it: then plain accesses are steps of their own
  bool wakes_for_nothing = true;  // whether one wait of each thread may end so
  bool orders = true;  // with views: whether stores to one atomic may have another order than they ran in
  Reduction reduction = Reduction::kRaces;
  /// With a bound: leaves out also what is covered by runs beyond the bound. Goes further, and may miss runs.
  bool covered_beyond = false;
  /// Leaves out that an interrupt is served where to serve it sooner allows all the same and more (reduction.cpp).
  bool soonest_interrupts = true;
  std::set<std::uint64_t>* ends = nullptr;  // collects what all threads have seen in each run, hashed
  std::optional<Mutation> mutation;
};

struct Report {
  std::string fault;  // empty: none was found
  std::string trace;  // the run that leads to it, a line for each step
  bool complete = false;
  bool mutated = false;  // the planted fault was passed at least once
  std::uint64_t runs = 0;  // to the end
  std::uint64_t cut = 0;  // given up: the same as another
  std::uint64_t steps = 0;
  double seconds = 0;  // of processor time
};

/// One run of a program, while the program sets itself up.
class Run {
 public:
  using Body = std::function<void()>;

  /// Adds a thread. `pointer` is what its thread_pointer() returns; 0 gives each thread one of its own.
  unsigned thread(Body body, std::uintptr_t pointer = 0);
  /// Adds a thread that begins after another has ended, as one does that is given the memory of that other,
  /// and so its thread pointer.
  unsigned thread_after(unsigned predecessor, Body body, std::uintptr_t pointer = 0);
  /// Gives a thread a signal handler. It comes once or never, before any step of the thread: between two of
  /// its operations it runs on the thread's own stack, and its operations are the thread's. While the thread
  /// has a SignalBlock it is kept out. It does not come between two plain accesses (of Var neither, unless
  /// Options::interrupts makes steps of them), nor out of the order of the program as a compiler might have
  /// it. A handler cannot wait on a condition.
  void handler_of(unsigned thread, Body handler);
  /// Makes the setup run as if it were the thread that is given this thread pointer.
  void set_up_as(std::uintptr_t pointer);
  /// What is to happen after all threads have ended, ordered after everything that they did.
  void at_end(Body body);
  /// Returns the number of misuse reports so far, and takes them as expected.
  void expect_misuse();
};

using Program = void (*)(Run& run);

Report explore(Program program, const Options& options = {});

/// Ends the run with a fault unless `holds`.
void check(bool holds, const char* what, Site site = Site::here());
/// Counts misuse reports of this run (expected ones only get here).
unsigned misuse_count();

/// Returns true if the test program was given `--deep`.
bool deep();

}  // namespace model
