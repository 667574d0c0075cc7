// What each step of a program does, and what a program may ask of the explorer.
#include <fstream>
#include <iterator>
#include <utility>

#include "engine.hpp"

namespace model {

Engine::Outcome Engine::perform(Op op) {
  program_running = false;
  Thread& self = threads_[current_];
  // Its place in the one order of all such accesses is nothing that the views know, nor the reduction.
  if (options_.backend == Backend::kViews && is_seq_cst(op))
    fail("the explorer's views have no access of the order seq_cst: give it another, and fences", op.site);
  if (!options_.mutation) return take_step(op);
  plant(op);
  if (op.kind == OpKind::kStore) self.memo.stored = op.operand;
  if (op.late) {
    self.memo.late = op;
    program_running = true;
    return {};
  }
  const Outcome outcome = take_step(op);
  if (const auto late = std::exchange(self.memo.late, {})) take_step(*late);
  return outcome;
}

Engine::Outcome Engine::take_step(const Op& op) {
  program_running = false;
  Thread& self = threads_[current_];
  // Without interrupts a plain access commutes with everything that another thread does: clocks find the
  // races.
  const bool plain = op.kind >= OpKind::kRead && op.kind <= OpKind::kFree;
  self.pending = op;
  if (alone_ || (plain && !options_.interrupts)) {
    if (alone_ && is_atomic(op.kind)) {
      choices_alone_.clear();
      memory_.choices(current_, op, choices_alone_);
      execute_step(current_, choices_alone_.front().choice);
    } else {
      execute_step(current_, Action::kNewest);
    }
    // Nobody is there to see a store late, and the next step may need an empty buffer.
    while (alone_ && memory_.buffered(current_)) memory_.flush(current_);
    if (!memory_.fault.empty()) set_fault(memory_.fault);
    if (!fault_.empty()) fail(fault_, op.site);
  } else {
    await_turn(self, op);
  }
  program_running = true;
  return self.outcome;
}

/// Gives the explorer the choice of what comes next, until that is this step of the thread.
void Engine::await_turn(Thread& self, const Op& op) {
  self.fiber.suspend();
  if (self.signal != Signal::kComes) return;
  self.signal = Signal::kRuns;
  std::swap(self.memo, self.interrupted_memo);
  program_running = true;
  self.handler();
  program_running = false;
  self.signal = Signal::kOver;
  std::swap(self.memo, self.interrupted_memo);
  self.memo.changed = true;  // for all that the interrupted code knows
  self.pending = op;
  self.fiber.suspend();
}

void Engine::block_signals(Site site) {
  Thread& self = threads_[current_];
  // The last point at which the handler may come.
  if (self.signal == Signal::kMayCome && self.signal_blocks == 0) take_step({OpKind::kBlockSignals, site});
  ++self.signal_blocks;
}

namespace {
/// Several operations may stand on one line.
bool applies(Mutation::Change change, OpKind kind) noexcept {
  switch (change) {
    case Mutation::kNoFence: return kind == OpKind::kFullFence;
    case Mutation::kNoBarrier: return kind == OpKind::kHeavyBegin || kind == OpKind::kHeavyEnd;
    case Mutation::kLate: return kind == OpKind::kStore;
    case Mutation::kUnchanged:
    case Mutation::kZero: return kind == OpKind::kLoad;
    case Mutation::kPlanted: return false;
    default: return is_atomic(kind);
  }
}
}  // namespace

void Engine::plant(Op& op) {
  const auto known = std::find_if(planted_.begin(), planted_.end(), [&](const Planted& each) {
    return each.file == op.site.file && each.line == op.site.line;
  });
  bool here;
  if (known != planted_.end()) {
    here = known->here;
  } else {
    here = op.site.line == options_.mutation->line && source::header(op.site.file) == options_.mutation->file;
    planted_.push_back({op.site.file, op.site.line, here});
  }
  if (!here || !applies(options_.mutation->change, op.kind)) return;
  Thread& self = threads_[current_];
  unsigned& passes = self.passes;
  if (op.kind != OpKind::kHeavyEnd) ++passes;
  if (options_.mutation->pass != 0 && options_.mutation->pass != passes) return;
  mutated_ = true;
  switch (options_.mutation->change) {
    case Mutation::kRelaxed: op.order = op.failure = std::memory_order_relaxed; break;
    case Mutation::kAcquireOnly: op.order = std::memory_order_acquire; break;
    case Mutation::kReleaseOnly: op.order = std::memory_order_release; break;
    case Mutation::kNoFence:
    case Mutation::kNoBarrier: op.dropped = true; break;
    case Mutation::kLate: op.late = true; break;
    case Mutation::kUnchanged:
    case Mutation::kZero:
      op.given = true;
      op.operand = options_.mutation->change == Mutation::kZero ? 0 : self.memo.stored;
      break;
    case Mutation::kPlanted: break;
  }
}

bool Engine::planted(const char* fault) noexcept {
  const bool here = options_.mutation && options_.mutation->change == Mutation::kPlanted &&
                    options_.mutation->name == fault;
  mutated_ = mutated_ || here;
  return here;
}

bool planted(const char* fault) noexcept { return Engine::get().planted(fault); }

void Engine::execute(const Action& action) {
  ++steps_;
  Thread& thread = threads_[action.thread];
  const Op op = thread.pending;
  const auto pending = thread.interrupts;
  bool forbidden = false;  // to be read after a fence
  if (options_.interrupts && action.kind == Action::kStep && is_atomic(op.kind)) {
    const Object* const object = memory_.find(op.object);
    forbidden = object != nullptr && !object->messages.empty() && action.choice != Action::kNewest &&
                memory_.fence_forbids(action.thread, *object, action.choice);
  }
  if (reduces() && depth_ > replayed_) find_races(action.thread);  // those of the steps before are known
  if (action.kind == Action::kStep) {
    if (preempts(action)) ++preemptions_;
    last_ = action.thread;
    execute_step(action.thread, action.choice);
  } else if (action.kind == Action::kServe) {
    memory_.heavy_serve(action.thread, static_cast<ThreadId>(action.choice));
    thread.interrupts[action.choice] = false;
  } else if (action.kind == Action::kFlush) {
    memory_.flush(action.thread);
  } else if (action.kind == Action::kTimeout) {
    thread.notified = thread.timed_out = true;
  } else if (action.kind == Action::kWake) {
    thread.notified = thread.for_nothing = true;
    thread.may_wake = false;
  } else {
    thread.signal = Signal::kComes;
  }
  if (options_.interrupts) note_passed(action, op, pending, forbidden);
  if (reduces()) note_event(action, op);
  if (options_.ends != nullptr) note_history(action, op);
  if (tracing_) trace(action, op);
  const bool runs = action.kind == Action::kStep || action.kind == Action::kSignal;
  if (runs && fault_.empty() && memory_.fault.empty() && !cut_) resume(action.thread);
}

void Engine::execute_step(ThreadId id, std::uint16_t choice) {
  Thread& thread = threads_[id];
  const Op& op = thread.pending;
  if (op.dropped) return;
  if (is_atomic(op.kind)) {
    const Object* const object = memory_.find(op.object);
    thread.outcome.value = memory_.step(id, op, choice, thread.outcome.stored);
    if (thread.outcome.stored || op.kind == OpKind::kStore) {
      thread.memo.changed = true;
    } else if (object != nullptr && !alone_) {
      thread.memo.seen.push_back({object, choice});
    }
    return;
  }
  switch (op.kind) {
    case OpKind::kFullFence: return memory_.full_fence(id);
    case OpKind::kHeavyBegin:
      memory_.heavy_begin(id);
      for (ThreadId other = 1; other < thread_count_; ++other) {
        Thread& target = threads_[other];
        if (target.finished) {
          memory_.heavy_off_cpu(other, id);
        } else if (other != id && target.pending.kind != OpKind::kStart) {
          target.interrupts[id] = true;
        }
      }
      return;
    case OpKind::kHeavyEnd: return memory_.heavy_end(id);
    case OpKind::kFinish:
      for (ThreadId fencer = 1; fencer < thread_count_; ++fencer) {
        if (thread.interrupts[fencer]) memory_.heavy_off_cpu(id, fencer);
      }
      thread.interrupts = {};
      return;
    case OpKind::kStart:
      thread.pending = {};
      return memory_.start_late(id, static_cast<ThreadId>(thread.predecessor));
    case OpKind::kRelax: return relax(thread);
    case OpKind::kBlockSignals: return;
    default: break;
  }
  Object* const object = memory_.use(id, op.object);
  if (object == nullptr) return;
  switch (op.kind) {
    case OpKind::kLock:
      if (object->holder >= 0) return set_fault("a mutex is locked by the thread that holds it");
      // Who locks it again after nobody else has, learns nothing and changes nothing.
      if (op.ends_wait || object->holder_before != static_cast<int>(id)) thread.memo.changed = true;
      return memory_.lock(id, *object);
    case OpKind::kUnlock: return memory_.unlock(id, *object);
    case OpKind::kWait: {
      Object* const mutex = memory_.use(id, reinterpret_cast<const void*>(op.operand));
      if (alone_) return set_fault("a wait that nobody can end");
      if (thread.signal == Signal::kRuns) return set_fault("a signal handler waits on a condition");
      if (mutex != nullptr) memory_.unlock(id, *mutex);
      thread.notified = thread.timed_out = thread.for_nothing = false;
      thread.waits_on = op.object;
      return;
    }
    case OpKind::kNotify:
      for (Thread& other : threads_) {
        if (other.waits_on != op.object || other.notified) continue;
        other.notified = true;
        other.woken = thread.cause;
        ++other.woken.times[id];  // this step
      }
      return;
    default: return memory_.plain(id, *object, op.kind);
  }
}

void Engine::relax(Thread& thread) {
  Memo& memo = thread.memo;
  // A turn that read the same as the one before and changed nothing is the same run with one turn less.
  const auto& seen = memo.seen;
  const auto& before = memo.seen_before;
  if (!memo.changed && !seen.empty() && seen.size() <= before.size() &&
      std::equal(seen.rbegin(), seen.rend(), before.rbegin())) {
    cut_ = true;
  }
  memo.seen_before = std::move(memo.seen);
  memo.seen.clear();
  memo.changed = false;
}

void Engine::create(const void* address, ObjectKind kind, std::uint64_t initial) {
  program_running = false;
  memory_.create(current_, address, kind, initial);
  program_running = true;
}

void Engine::destroy(const void* address) {
  program_running = false;
  memory_.destroy(current_, address);
  if (!memory_.fault.empty()) fail(memory_.fault, {"", 0});
  program_running = true;
}

void Engine::fail(const std::string& what, Site site) {
  program_running = false;
  set_fault(what + where(site));
  if (tracing_) trace_ += "thread " + std::to_string(current_) + ": " + fault_ + "\n";
  threads_[current_].fiber.suspend();
}

void Engine::misuse(const char* object, const char* operation, const char* rule) {
  ++misuse_count_;
  if (misuse_expected_) return;
  program_running = false;
  fail(std::string("misuse of ") + object + " in " + operation + ": " + rule, {"", 0});
}

void Engine::add_handler(unsigned thread, Run::Body handler) {
  threads_[thread].handler = std::move(handler);
  threads_[thread].signal = Signal::kMayCome;
}

unsigned Engine::add_thread(Run::Body body, std::uintptr_t pointer, int predecessor) {
  if (thread_count_ == kMaxThreads) {
    fail("the explorer has no room for so many threads", {"", 0});
  }
  Thread& thread = threads_[thread_count_];
  thread.body = std::move(body);
  thread.predecessor = predecessor;
  thread.pointer = pointer != 0 ? pointer : std::uintptr_t{0x7f0000001000} + thread_count_ * 0x801000u;
  return thread_count_++;
}

void Engine::plain_access(PlainCell& cell, bool writes, bool ends) {
  const Clock& clock = memory_.clock(current_);
  if (cell.run != memory_.run()) cell = {memory_.run(), 0, false, 0, {}};
  const char* fault = nullptr;
  if (!clock.covers(cell.writer, cell.written)) fault = "data race on plain memory";
  if (cell.dead) fault = "plain memory is used after its end";
  for (ThreadId other = 0; writes && other < kMaxThreads; ++other) {
    if (!clock.covers(other, cell.read[other])) fault = "data race on plain memory";
  }
  if (writes) {
    cell.writer = current_;
    cell.written = clock.times[current_];
  } else {
    cell.read[current_] = clock.times[current_];
  }
  cell.dead = ends;
  if (fault != nullptr) fail(fault, {"", 0});
}

// ---- what programs call

unsigned Run::thread(Body body, std::uintptr_t pointer) {
  return Engine::get().add_thread(std::move(body), pointer, -1);
}
unsigned Run::thread_after(unsigned predecessor, Body body, std::uintptr_t pointer) {
  return Engine::get().add_thread(std::move(body), pointer, static_cast<int>(predecessor));
}
void Run::handler_of(unsigned thread, Body handler) { Engine::get().add_handler(thread, std::move(handler)); }
void Run::at_end(Body body) { Engine::get().at_end(std::move(body)); }
void Run::set_up_as(std::uintptr_t pointer) { Engine::get().set_thread_pointer(pointer); }
void Run::expect_misuse() { Engine::get().expect_misuse(); }

Report explore(Program program, const Options& options) { return Engine::get().explore(program, options); }

void check(bool holds, const char* what, Site site) {
  if (!holds) Engine::get().fail(what, site);
}

unsigned misuse_count() { return Engine::get().misuse_count(); }

bool deep() {
  static const bool given = [] {
    std::ifstream arguments("/proc/self/cmdline");
    const std::string text{std::istreambuf_iterator<char>(arguments), {}};
    return text.find(std::string("--deep")) != std::string::npos;
  }();
  return given;
}

}  // namespace model
