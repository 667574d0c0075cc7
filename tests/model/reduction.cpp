// Which orders of steps have to be tried. Dynamic partial order reduction: of the threads that could go on,
// one is explored; another is added at a step when a later step of that other races with it, which is when
// the two could also have come the other way round with another outcome. And where interrupts, which the process-wide
// barrier makes, have to be served: see note_passed().
#include "engine.hpp"

namespace model {

/// Adds all that a thread can do at a frame, but for what is known to lead to runs that have been explored.
void Engine::wake(Frame& frame, ThreadId thread) {
  const auto holds = [](const std::vector<Action>& list, const Action& action) {
    return std::any_of(list.begin(), list.end(), [&](const Action& each) { return each.same(action); });
  };
  for (const Action& action : frame.enabled) {
    if (action.thread != thread || holds(frame.actions, action) || holds(frame.sleeping, action)) continue;
    frame.actions.push_back(action);
  }
}

/// Returns whether something that a thread could do at a frame is known to lead to explored runs.
bool Engine::sleeps(const Frame& frame, ThreadId thread) noexcept {
  return std::any_of(frame.sleeping.begin(), frame.sleeping.end(),
                     [&](const Action& each) { return each.thread == thread; });
}

/// Looks for steps so far that race with the next one of a thread.
void Engine::find_races(ThreadId id) {
  const Thread& thread = threads_[id];
  const Op& op = thread.pending;
  const Object* const object = op.object != nullptr ? memory_.find(op.object) : nullptr;
  for (std::size_t i = events_.size(); i-- > 0;) {
    const Event& event = events_[i];
    if (event.thread == id || thread.cause.covers(event.thread, event.time())) continue;
    if (op.kind == OpKind::kHeavyBegin && serves_none_before(i)) continue;
    if (races(event, thread, op, object)) reverse(i, id);
  }
}

/// Returns whether no interrupt of a fence that begins now would be served right before a past step, had the fence
/// begun before that: a read of what is newest even now is none that such a fence forbids.
bool Engine::serves_none_before(std::size_t at) {
  for (std::size_t i = at; i-- > 0;) {
    const Event& before = events_[i];
    if (before.thread != events_[at].thread) continue;
    if (!before.passed || !before.reads) return before.passed;
    return before.object->newest(before.object->place_of(frames_[i].actions[frames_[i].current].choice));
  }
  return false;
}

/// Sees to it that the step `id` is about to take can come before step `at`. What leads there is all that has
/// happened since without being caused by that step; it may begin with any of its steps that none of the
/// others causes.
void Engine::reverse(std::size_t at, ThreadId id) {
  Frame& frame = frames_[at];
  const auto among = [](const std::vector<Action>& list, const Action& action) {
    return std::any_of(list.begin(), list.end(), [&](const Action& each) { return each.same(action); });
  };
  std::array<Time, kMaxThreads> first{};
  const Action* to_wake = nullptr;
  for (std::size_t i = at + 1; i < events_.size(); ++i) {
    const Event& event = events_[i];
    if (event.cause.covers(events_[at].thread, events_[at].time()) || first[event.thread] != 0) continue;
    first[event.thread] = event.time();
    bool caused = false;
    for (unsigned other = 0; other < kMaxThreads; ++other) {
      caused =
          caused || (other != event.thread && first[other] != 0 && event.cause.times[other] >= first[other]);
    }
    if (caused) continue;
    const Action& action = frames_[i].actions[frames_[i].current];
    if (among(frame.actions, action) || among(frame.sleeping, action)) return;
    if (to_wake == nullptr) to_wake = &action;
  }
  const ThreadId waking = to_wake != nullptr ? to_wake->thread : id;
  const bool can_go = std::any_of(frame.enabled.begin(), frame.enabled.end(), [&](const Action& action) {
    return to_wake != nullptr ? action.same(*to_wake) : action.thread == id;
  });
  if (can_go) return wake(frame, waking);
  for (const Action& action : frame.enabled) wake(frame, action.thread);
}

/// A run that is given up in a spin says nothing of what others would have done later: any of them might have
/// ended the spin, so all are tried along its last turn.
void Engine::wake_all_since_relax() {
  if (events_.empty() || events_.back().kind != OpKind::kRelax) return;
  const ThreadId spinner = events_.back().thread;
  unsigned relaxed = 0;
  for (std::size_t i = events_.size(); i-- > 0 && relaxed < 2;) {
    if (events_[i].thread != spinner) continue;
    if (events_[i].kind == OpKind::kRelax) ++relaxed;
    for (const Action& action : frames_[i].enabled) wake(frames_[i], action.thread);
  }
}

bool Engine::races(const Event& event, const Thread& later, const Op& op, const Object* object) {
  // Whatever a thread does, it could have served the fence before, had the fence begun by then.
  if (op.kind == OpKind::kHeavyBegin) return true;
  if (op.kind == OpKind::kStart) return event.kind == OpKind::kHeavyBegin;
  if (op.kind == OpKind::kFullFence) return event.kind == OpKind::kFullFence && event.step;
  if (object == nullptr) return false;
  const bool on_condition = event.condition == op.object;
  switch (op.kind) {
    case OpKind::kLoad: return false;  // it can still read what there was before
    case OpKind::kLock:
      if ((op.timed || (op.ends_wait && later.may_wake)) && event.kind == OpKind::kNotify) {
        return event.object->address == later.waits_on;  // the wait could have ended before
      }
      return event.step && event.kind == OpKind::kLock && event.object == object;
    case OpKind::kNotify: return on_condition;
    case OpKind::kWait: return event.kind == OpKind::kNotify && event.object == object;
    // What has read could have read what is stored now; what has stored could as well come after it in the order of the
    // atomic.
    default: return is_atomic(op.kind) && event.reads && event.object == object;
  }
}

/// Notes what a step was, and what it comes after in every run that is equal to this one.
void Engine::note_event(const Action& action, const Op& op) {
  Thread& thread = threads_[action.thread];
  Object* const object = op.object != nullptr ? memory_.find(op.object) : nullptr;
  Clock& cause = thread.cause;
  ++cause.times[action.thread];
  Event event{action.thread, op.kind, object, nullptr, false, true, {}};
  if (action.kind == Action::kServe) {
    event.step = false;
    cause.join(threads_[action.choice].asked);
    threads_[action.choice].served.join(cause);
  } else if (action.kind == Action::kTimeout || action.kind == Action::kWake) {
    event.step = false;
    event.condition = thread.waits_on;
  } else if (action.kind == Action::kSignal) {
    event = {action.thread, OpKind::kBlockSignals, nullptr, nullptr, false, false, {}};  // races with nothing
  } else if (is_atomic(op.kind) && !op.dropped && object != nullptr && !object->messages.empty()) {
    event.reads = op.kind != OpKind::kStore;
    if (event.reads && !op.given) cause.join(object->messages[object->place_of(action.choice)].cause);
    if (op.kind == OpKind::kStore || thread.outcome.stored) object->messages[object->ran_last].cause = cause;
  } else if (op.kind == OpKind::kFullFence) {
    cause.join(fences_cause_);
    fences_cause_ = cause;
  } else if (op.kind == OpKind::kHeavyBegin) {
    thread.asked = cause;
    thread.served = Clock{};
  } else if (op.kind == OpKind::kStart) {
    cause.join(threads_[static_cast<unsigned>(thread.predecessor)].cause);
  } else if (op.kind == OpKind::kHeavyEnd) {
    cause.join(thread.served);
  } else if (op.kind == OpKind::kLock && object != nullptr) {
    cause.join(object->cause);
    if (op.ends_wait && !thread.timed_out && !thread.for_nothing) cause.join(thread.woken);
  } else if (op.kind == OpKind::kUnlock && object != nullptr) {
    object->cause = cause;
  } else if (op.kind == OpKind::kWait) {
    event.condition = op.object;
    if (Object* const mutex = memory_.find(reinterpret_cast<const void*>(op.operand))) mutex->cause = cause;
  }
  event.cause = cause;
  event.passed = thread.passed.any;
  events_.push_back(event);
}

/// Where interrupts need not be served. A thread may serve one before any of its steps; but right after a step of
/// these kinds only if it could not as well have served it right before:
///
///   a plain access      before: later accesses and stores are less ordered behind it. (One that is a race because the
///                       interrupt is late is a race while it has not been served.)
///   a load              before: what is read raises what the thread knows, and so what the interrupt hands on to the
///                       fence and to the thread's relaxed stores. Unless the load reads what the interrupt forbids.
///   a failed exchange   is a load
///   lock, a fence's end as a load, of which nothing is forbidden
///   relax               does nothing
///
/// Why that suffices: knowledge, which is views and clocks, only ever forbids. Whoever knows less may read and place all
/// that it could if it knew more, takes all steps that it could, and has all of its races. To serve before such a step
/// leaves everybody knowing less or the same afterwards: the interrupt brings the thread what the fence knew when it
/// began and what its own loads have read, both ways; but what the step itself has learnt is in the thread's released
/// knowledge, and in what the fence gathers, only where it comes first. So each run has one with the same values, orders
/// of stores and faults in which no interrupt is served too late: move the first that is, and go on; each move is towards
/// the start. Stores, unlocking and fences are another matter: there the later interrupt hands on the store, and the
/// earlier one gives the store more to carry.
///
/// Why other reductions may be used with it: whether an interrupt may be served depends on the last action of its thread
/// and on what the fence knew, so is the same in all runs that differ in the order of independent steps alone; those
/// left out are whole classes of such. None of the steps above is seen by another thread before its own thread's next,
/// so a fence that began after it, and is served right after it, may as well have begun before. Not within a bound:
/// that may take a preemption more. A state in which all that could go on is withheld is given up, not a deadlock.
void Engine::note_passed(const Action& action, const Op& op, const std::array<bool, kMaxThreads>& pending,
                         bool forbidden) {
  Thread& thread = threads_[action.thread];
  Passed& passed = thread.passed;
  passed = {};
  if (!options_.soonest_interrupts || options_.backend != Backend::kViews) return;
  if (action.kind != Action::kStep || op.dropped || op.given || forbidden) return;
  switch (op.kind) {
    case OpKind::kLoad:
    case OpKind::kCompareExchange:
      if (thread.outcome.stored && op.kind == OpKind::kCompareExchange) return;
      passed.read = memory_.find(op.object);
      passed.number = action.choice;
      break;
    case OpKind::kRead:
    case OpKind::kWrite:
    case OpKind::kFree:
    case OpKind::kLock:
    case OpKind::kHeavyEnd:
    case OpKind::kRelax: break;
    default: return;
  }
  passed.any = true;
  passed.by = pending;
}

bool Engine::serves_too_late(const Thread& thread, ThreadId fencer) {
  const Passed& passed = thread.passed;
  if (!passed.any || (options_.preemptions >= 0 && !passed.by[fencer])) return false;
  return passed.read == nullptr || !memory_.interrupt_forbids(fencer, *passed.read, passed.number);
}

/// Two runs with the same histories of all threads are the same run with its steps in another order, or with its
/// interrupts elsewhere.
void Engine::note_history(const Action& action, const Op& op) {
  if (action.kind == Action::kServe) return;
  std::uint64_t& history = threads_[action.thread].history;
  const auto mix = [&](std::uint64_t value) {
    history = (history ^ value ^ history >> 29) * 0xBF58476D1CE4E5B9u;
  };
  mix(action.kind);
  const Object* const object = op.object != nullptr ? memory_.find(op.object) : nullptr;
  if (action.kind != Action::kStep) return mix(action.choice);
  mix(static_cast<std::uint64_t>(op.kind));
  if (object == nullptr) return;
  mix(object->number);
  if (op.kind == OpKind::kLock) return mix(object->turns);
  if (!is_atomic(op.kind)) return;
  if (op.kind == OpKind::kStore || op.given) return;
  // Under store order it may have read its own buffer.
  mix(options_.backend == Backend::kViews ? object->messages[object->place_of(action.choice)].name
                                          : action.choice);
}

}  // namespace model
