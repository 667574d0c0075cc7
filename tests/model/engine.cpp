#include "engine.hpp"

#include <ctime>
#include <utility>

namespace model {

Engine& Engine::get() {
  static Engine engine;
  return engine;
}

Report Engine::explore(Program program, const Options& options) {
  options_ = options;
  program_ = program;
  frame_count_ = 0;
  mutated_ = false;
  planted_.clear();
  steps_ = 0;
  tracing_ = false;
  trace_.clear();
  Report report;
  const std::clock_t begun = std::clock();
  for (;;) {
    const End end = run_once();
    if (end == End::kFault) {
      report.fault = fault_;
      tracing_ = true;
      (void)run_once();
      report.trace = trace_;
      break;
    }
    ++(end == End::kFinished ? report.runs : report.cut);
    if (!backtrack()) {
      report.complete = true;
      break;
    }
    if (report.runs + report.cut >= options_.max_runs) break;
  }
  report.seconds = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
  report.steps = steps_;
  report.mutated = mutated_;
  return report;
}

// ---- one run

void Engine::run_body(void* engine) { static_cast<Engine*>(engine)->call_body(); }

void Engine::call_body() {
  Thread& self = threads_[current_];
  self.body();
  if (!alone_) perform({OpKind::kFinish, Site::here()});
  self.finished = true;
  program_running = false;
  self.fiber.suspend();
}

void Engine::resume(ThreadId id) {
  current_ = id;
  program_running = true;
  threads_[id].fiber.resume();
  program_running = false;
}

bool Engine::run_alone(Run::Body body) {
  alone_ = true;
  threads_[0].body = std::move(body);
  threads_[0].finished = false;
  threads_[0].fiber.restart(&Engine::run_body, this);
  resume(0);
  alone_ = false;
  return fault_.empty() && !cut_;
}

Engine::End Engine::run_once() {
  memory_.reset(options_.backend, options_.orders);
  fault_.clear();
  cut_ = misuse_expected_ = late_threads_ = false;
  misuse_count_ = 0;
  thread_count_ = 1;
  threads_[0].pointer = 0;
  end_ = nullptr;
  depth_ = 0;
  replayed_ = frame_count_ == 0 ? 0 : frame_count_ - 1;
  events_.clear();
  fences_cause_ = Clock{};
  preemptions_ = 0;
  last_ = -1;
  for (auto& thread : threads_) {
    thread.body = thread.handler = nullptr;
    thread.signal = Signal::kNone;
    thread.signal_blocks = 0;
    thread.memo.clear();
    thread.interrupted_memo.clear();
    thread.passes = 0;
  }
  forget_heap();

  if (!run_alone([this] {
        Run run;
        program_(run);
      })) {
    return End::kFault;
  }
  memory_.tick(0);
  for (ThreadId id = 1; id < thread_count_; ++id) {
    Thread& thread = threads_[id];
    thread.finished = false;
    thread.notified = true;
    thread.timed_out = thread.for_nothing = false;
    thread.may_wake = options_.wakes_for_nothing;
    thread.over = 0;
    thread.history = id;
    thread.waits_on = nullptr;
    thread.interrupts = {};
    thread.passed = {};
    thread.cause = thread.woken = thread.asked = thread.served = Clock{};
    thread.fiber.restart(&Engine::run_body, this);
    memory_.join(id, 0);
    if (thread.predecessor >= 0) {
      late_threads_ = true;
      thread.pending = {OpKind::kStart, Site::here()};
    } else {
      resume(id);
    }
  }
  while (fault_.empty() && !cut_) {
    bool all_finished = true;
    for (unsigned id = 1; id < thread_count_; ++id) all_finished = all_finished && threads_[id].finished;
    if (all_finished) break;
    if (depth_ == frame_count_ && !next_frame()) break;
    const Frame& frame = frames_[depth_++];
    execute(frame.actions[frame.current]);
    if (!memory_.fault.empty()) set_fault(memory_.fault);
    if (depth_ > 5000) set_fault("a run does not end");
  }
  if (!fault_.empty()) return End::kFault;
  if (cut_) {
    wake_all_since_relax();
    for (ThreadId id = 1; id < thread_count_; ++id) {
      if (!threads_[id].finished) find_races(id);
    }
    return End::kCut;
  }
  for (ThreadId id = 1; id < thread_count_; ++id) memory_.join(0, id);
  if (end_ && !run_alone(std::move(end_))) return End::kFault;
  if (options_.ends != nullptr) {
    std::uint64_t end = memory_.orders();
    for (ThreadId id = 1; id < thread_count_; ++id) end = (end ^ threads_[id].history) * 0x9E3779B97F4A7C15u;
    options_.ends->insert(end);
  }
  return End::kFinished;
}

// ---- choices

bool Engine::next_frame() {
  if (frames_.size() == frame_count_) frames_.emplace_back();
  Frame& frame = frames_[frame_count_];
  frame.actions.clear();
  frame.sleeping.clear();
  frame.current = 0;
  if (frame_count_ > 0 && options_.reduction != Reduction::kNone) {
    const Frame& before = frames_[frame_count_ - 1];
    const Action& done = before.actions[before.current];
    for (const Action& each : before.sleeping) {
      if (each.commutes(done)) frame.sleeping.push_back(each);
    }
    for (std::size_t i = 0; i < before.current; ++i) {
      const Action& each = before.actions[i];
      if (each.covers && each.commutes(done)) frame.sleeping.push_back(each);
    }
  }
  frame.enabled.clear();
  list_actions(frame.enabled);
  // What would help may never come. An interrupt that is withheld would, but leads to what is run elsewhere.
  if (!withheld_ && std::all_of(frame.enabled.begin(), frame.enabled.end(), [](const Action& action) {
        return action.kind == Action::kSignal || action.kind == Action::kWake;
      })) {
    set_fault(deadlock());
    return false;
  }
  if (options_.preemptions >= 0 && preemptions_ >= options_.preemptions) {
    std::erase_if(frame.enabled, [&](const Action& action) { return preempts(action); });
  }
  for (Action& action : frame.enabled) {
    action.covers = covers(action);
  }
  for (const Action& action : frame.enabled) {
    // One thread will do until a race with another shows up. Not one that could also do what sleeps, whose
    // races are not seen from here, nor one that can do something but its step, which others may let it do.
    if (reduces() && !frame.actions.empty()) {
      const ThreadId chosen = frame.actions.back().thread;
      if (!sleeps(frame, chosen) && step_enabled(chosen)) break;
    }
    wake(frame, action.thread);
  }
  if (frame.actions.empty()) {
    cut_ = true;
    return false;
  }
  ++frame_count_;
  return true;
}

bool Engine::backtrack() {
  while (frame_count_ > 0) {
    Frame& frame = frames_[frame_count_ - 1];
    if (++frame.current < frame.actions.size()) return true;
    --frame_count_;
  }
  return false;
}

/// Returns whether to leave the thread that ran last is a preemption. A thread that spins, waits or has a
/// barrier under way is left for nothing, and one with stores in its buffer is not: so what happens to it
/// without a step of its own never makes it dearer to leave.
bool Engine::leaving_counts() {
  if (last_ < 0) return false;
  const auto id = static_cast<ThreadId>(last_);
  const Op& op = threads_[id].pending;
  if (op.kind == OpKind::kRelax || op.kind == OpKind::kHeavyEnd || op.ends_wait) return false;
  return step_enabled(id) || memory_.buffered(id);
}

bool Engine::preempts(const Action& action) {
  return action.kind == Action::kStep && last_ != action.thread && leaving_counts();
}

/// Returns whether, once the runs that begin with an action have been explored, those need not be in which it
/// comes later after others that it commutes with. They are the same runs in another order; but with a bound that
/// order must not need more preemptions. It does not if the action goes on with the thread that ran last, which the
/// other order leaves first and comes back to; unless it lets others go on, who are then no longer left for nothing.
bool Engine::covers(const Action& action) {
  if (options_.preemptions < 0 || options_.covered_beyond) return true;
  if (action.kind == Action::kSignal) return last_ != action.thread || leaving_counts();
  if (action.kind != Action::kStep) return true;
  const OpKind kind = threads_[action.thread].pending.kind;
  return last_ == action.thread && leaving_counts() && kind != OpKind::kUnlock && kind != OpKind::kWait;
}

void Engine::list_actions(std::vector<Action>& out) {
  withheld_ = false;
  // The thread that ran last comes first, so that the first runs are those with the fewest switches.
  if (last_ > 0) list_step(static_cast<ThreadId>(last_), out);
  for (ThreadId id = 1; id < thread_count_; ++id) {
    if (id != last_) list_step(id, out);
  }
  for (ThreadId id = 1; id < thread_count_; ++id) {
    Thread& thread = threads_[id];
    Action action;
    action.thread = id;
    if (memory_.buffered(id)) {
      action.kind = Action::kFlush;
      action.uses[0] = static_cast<std::uint16_t>(Action::kFirstObject + memory_.next_flushed(id).number);
      out.push_back(action);
    } else if (thread.pending.kind != OpKind::kFinish) {
      action.kind = Action::kServe;
      for (ThreadId fencer = 1; fencer < thread_count_; ++fencer) {
        action.choice = fencer;
        if (!thread.interrupts[fencer]) continue;
        if (serves_too_late(thread, fencer)) {
          withheld_ = true;
        } else {
          out.push_back(action);
        }
      }
    }
    if (!thread.pending.ends_wait || thread.notified) continue;
    action = {};
    action.thread = id;
    action.uses[0] = static_cast<std::uint16_t>(Action::kFirstObject + memory_.find(thread.waits_on)->number);
    for (const auto kind : {Action::kTimeout, Action::kWake}) {
      action.kind = kind;
      if (kind == Action::kTimeout ? thread.pending.timed : thread.may_wake) out.push_back(action);
    }
  }
  // Last: a thread that is stuck unless its handler runs must not be taken for one that can go on, which all
  // others could be left out for.
  for (ThreadId id = 1; id < thread_count_; ++id) {
    const Thread& thread = threads_[id];
    if (thread.signal != Signal::kMayCome || thread.signal_blocks != 0) continue;
    if (thread.finished || thread.pending.kind == OpKind::kStart) continue;
    Action action;
    action.thread = id;
    action.kind = Action::kSignal;
    out.push_back(action);
  }
}

bool Engine::step_enabled(ThreadId id) {
  const Thread& thread = threads_[id];
  if (thread.finished) return false;
  const Op& op = thread.pending;
  switch (op.kind) {
    case OpKind::kLock: {
      const Object* const mutex = memory_.find(op.object);
      return !memory_.buffered(id) && (thread.notified || !op.ends_wait) &&
             (mutex == nullptr || mutex->holder < 0);
    }
    case OpKind::kHeavyEnd:
      return std::none_of(threads_.begin() + 1, threads_.begin() + thread_count_,
                          [&](const Thread& other) { return other.interrupts[id]; });
    case OpKind::kRelax:
      return thread.memo.seen.empty() ||
             std::any_of(thread.memo.seen.begin(), thread.memo.seen.end(), [&](const Seen& seen) {
               return !seen.object->newest(seen.object->place_of(seen.number));
             });
    case OpKind::kStart: return threads_[static_cast<unsigned>(thread.predecessor)].finished;
    case OpKind::kUnlock:
    case OpKind::kWait:
    case OpKind::kFullFence:
    case OpKind::kHeavyBegin:
    case OpKind::kFinish: return !memory_.buffered(id);
    default: return !drains(op) || !memory_.buffered(id);
  }
}

void Engine::list_step(ThreadId id, std::vector<Action>& out) {
  if (!step_enabled(id)) return;
  const Op& op = threads_[id].pending;
  if (is_atomic(op.kind)) return memory_.choices(id, op, out);
  Action action;
  action.thread = id;
  const auto resource = [&](const void* address) {
    const Object* const object = memory_.find(address);
    return static_cast<std::uint16_t>(object == nullptr ? Action::kNone
                                                        : Action::kFirstObject + object->number);
  };
  switch (op.kind) {
    case OpKind::kFullFence:
      if (options_.backend == Backend::kViews) action.uses[0] = Action::kFences;
      break;
    case OpKind::kHeavyBegin:
    case OpKind::kStart:
      if (late_threads_) action.uses[0] = Action::kLiveThreads;
      break;
    case OpKind::kLock:
    case OpKind::kUnlock:
    case OpKind::kNotify: action.uses[0] = resource(op.object); break;
    case OpKind::kWait:
      action.uses[0] = resource(op.object);
      action.uses[1] = resource(reinterpret_cast<const void*>(op.operand));
      break;
    default: break;
  }
  out.push_back(action);
}

void Engine::set_fault(const std::string& what) {
  if (fault_.empty()) fault_ = what;
}

}  // namespace model
