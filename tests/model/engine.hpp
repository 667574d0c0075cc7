#pragma once
/// The search itself: depth first over the choices of a run, by running again from the start.
#include "explore.hpp"
#include "fiber.hpp"
#include "memory.hpp"
#include "program_memory.hpp"
#include <utility>

namespace model {

class Engine {
 public:
  static Engine& get();

  Report explore(Program program, const Options& options);

  // For programs under test, called on a fiber.
  struct Outcome {
    std::uint64_t value;
    bool stored;
  };
  Outcome perform(Op op);
  void create(const void* address, ObjectKind kind, std::uint64_t initial);
  void destroy(const void* address);
  void fail(const std::string& what, Site site);
  unsigned add_thread(Run::Body body, std::uintptr_t pointer, int predecessor);
  void set_thread_pointer(std::uintptr_t pointer) noexcept { threads_[current_].pointer = pointer; }
  void add_handler(unsigned thread, Run::Body handler);
  void block_signals(Site site);
  void unblock_signals() noexcept { --threads_[current_].signal_blocks; }
  void at_end(Run::Body body) { end_ = std::move(body); }
  void misuse(const char* object, const char* operation, const char* rule);
  bool planted(const char* fault) noexcept;
  void expect_misuse() { misuse_expected_ = true; }

  [[nodiscard]] const Options& options() const noexcept { return options_; }
  [[nodiscard]] std::uintptr_t thread_pointer() const noexcept { return threads_[current_].pointer; }
  [[nodiscard]] unsigned misuse_count() const noexcept { return misuse_count_; }

  /// Waits unless the deadline is over; once a wait has run out of time, its deadline is over for this
  /// thread.
  template <class Wait>
  bool wait_until(std::int64_t deadline, Wait wait) {
    if (deadline <= 1 || threads_[current_].over == deadline) return false;
    wait();
    if (threads_[current_].timed_out) threads_[current_].over = deadline;
    return true;
  }
  void plain_access(PlainCell& cell, bool writes, bool ends);

 private:
  Engine() {
    for (ThreadId id = 0; id < kMaxThreads; ++id) threads_.emplace_back(id);
  }

  struct Seen {
    const Object* object;
    unsigned number;
    bool operator==(const Seen&) const = default;
  };
  enum class Signal : std::uint8_t { kNone, kMayCome, kComes, kRuns, kOver };
  /// What is remembered of the code that a thread runs. A signal handler begins with nothing of it, and the
  /// code goes on with what there was.
  struct Memo {
    std::vector<Seen> seen, seen_before;  // reads since the last relax(), and between the two before it
    bool changed = false;  // has stored something since the last relax()
    std::uint64_t stored = 0;  // last, with a planted fault
    std::optional<Op> late;  // a store that the planted fault has put off

    void clear() noexcept {
      seen.clear();
      seen_before.clear();
      changed = false;
      stored = 0;
      late.reset();
    }
  };
  /// The last action of a thread, if it is a step that an interrupt served right after it could as well come before.
  struct Passed {
    bool any = false;
    std::array<bool, kMaxThreads> by{};  // the heavy fences that it has passed
    const Object* read = nullptr;  // by a load: message `number`
    unsigned number = 0;
  };
  struct Thread {
    explicit Thread(ThreadId id) : fiber(program_memory.stacks[id], kStackSize) {}

    Fiber fiber;
    Run::Body body;
    std::uintptr_t pointer = 0;
    int predecessor = -1;
    bool finished = false;
    Op pending{};
    Outcome outcome{};
    const void* waits_on = nullptr;  // condition
    bool notified = true;
    bool timed_out = false;
    bool for_nothing = false;  // its last wait has ended so
    bool may_wake = true;  // for nothing: has not yet
    std::int64_t over = 0;  // the deadline that is over
    std::array<bool, kMaxThreads> interrupts{};  // heavy fences it has not served yet
    Passed passed;
    Run::Body handler;
    Signal signal = Signal::kNone;
    unsigned signal_blocks = 0;
    Memo memo, interrupted_memo;
    unsigned passes = 0;  // of the planted fault
    std::uint64_t history = 0;  // hash of what it has seen
    Clock cause;  // for the reduction, as in Message
    Clock woken;  // cause of the notification that ended its wait
    Clock asked, served;  // cause of its heavy fence, and of those who have served it
  };
  struct Frame {
    std::vector<Action> enabled;
    std::vector<Action>
        actions;  // those of them to be explored: more come when a race shows that order matters
    std::vector<Action> sleeping;
    std::size_t current = 0;
  };
  /// What a step was, for finding those that it races with.
  struct Event {
    ThreadId thread;
    OpKind kind;
    const Object* object;
    const void* condition;  // of a wait that begins, or ends without a notification
    bool reads;  // an atomic, whether or not it stores as well
    bool step;
    Clock cause;
    bool passed = false;  // as Passed::any

    [[nodiscard]] Time time() const noexcept { return cause.times[thread]; }
  };
  enum class End : std::uint8_t { kFinished, kCut, kFault };

  static void run_body(void* engine);
  void call_body();

  End run_once();
  bool run_alone(Run::Body body);
  bool next_frame();
  void list_actions(std::vector<Action>& out);
  void list_step(ThreadId id, std::vector<Action>& out);
  [[nodiscard]] bool step_enabled(ThreadId id);
  /// A bounded search may not leave out runs for others that are beyond the bound; buffers make races of
  /// their own, and so does an order of stores that is the one they run in.
  [[nodiscard]] bool reduces() const noexcept {
    return options_.reduction == Reduction::kRaces && options_.preemptions < 0 &&
           options_.backend == Backend::kViews && options_.orders;
  }
  [[nodiscard]] bool leaving_counts();
  [[nodiscard]] bool preempts(const Action& action);
  [[nodiscard]] bool covers(const Action& action);
  void execute(const Action& action);
  void execute_step(ThreadId id, std::uint16_t choice);
  void relax(Thread& thread);
  void note_passed(const Action& action, const Op& op, const std::array<bool, kMaxThreads>& pending,
                   bool forbidden);
  [[nodiscard]] bool serves_too_late(const Thread& thread, ThreadId fencer);
  void resume(ThreadId id);
  bool backtrack();

  // The reduction (reduction.cpp).
  void wake(Frame& frame, ThreadId thread);
  [[nodiscard]] static bool sleeps(const Frame& frame, ThreadId thread) noexcept;
  void find_races(ThreadId thread);
  void reverse(std::size_t at, ThreadId id);
  void wake_all_since_relax();
  [[nodiscard]] bool serves_none_before(std::size_t at);
  [[nodiscard]] static bool races(const Event& event, const Thread& later, const Op& op,
                                  const Object* object);
  void note_event(const Action& action, const Op& op);
  void note_history(const Action& action, const Op& op);

  Outcome take_step(const Op& op);
  void await_turn(Thread& self, const Op& op);
  void plant(Op& op);

  void trace(const Action& action, const Op& op);
  [[nodiscard]] std::string before_what(const Thread& thread, const Op& op);
  [[nodiscard]] std::string deadlock();
  [[nodiscard]] std::string where(Site site) const;
  void set_fault(const std::string& what);

  Options options_;
  Program program_ = nullptr;
  Memory memory_;
  std::deque<Thread> threads_;
  unsigned thread_count_ = 1;
  bool late_threads_ = false;
  Run::Body end_;

  std::vector<Frame> frames_;
  std::size_t frame_count_ = 0;
  std::size_t depth_ = 0;
  std::size_t replayed_ = 0;  // steps that are the same as in the run before
  std::vector<Event> events_;
  Clock fences_cause_;
  int preemptions_ = 0;
  int last_ = -1;

  ThreadId current_ = 0;
  std::vector<Action> choices_alone_;
  bool alone_ = false;
  bool cut_ = false;
  bool withheld_ = false;  // an interrupt, in the state that actions were listed for last
  bool misuse_expected_ = false;
  unsigned misuse_count_ = 0;
  std::string fault_;
  bool mutated_ = false;
  struct Planted {
    const char* file;
    unsigned line;
    bool here;
  };
  std::vector<Planted> planted_;  // which places of the source have the planted fault, once met

  bool tracing_ = false;
  std::string trace_;
  std::uint64_t steps_ = 0;
};

}  // namespace model
