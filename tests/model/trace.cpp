// A run as text: a line for each step.
#include <cstdio>
#include <cstring>

#include "engine.hpp"

namespace model {
namespace {

const char* name(OpKind kind) {
  static const char* const names[] = {"load",
                                      "store",
                                      "exchange",
                                      "fetch_add",
                                      "fetch_sub",
                                      "fetch_and",
                                      "fetch_or",
                                      "fetch_xor",
                                      "compare_exchange",
                                      "full_fence",
                                      "heavy_fence begins",
                                      "heavy_fence ends",
                                      "lock",
                                      "unlock",
                                      "wait",
                                      "notify_all",
                                      "relax",
                                      "read",
                                      "write",
                                      "free",
                                      "block signals",
                                      "start",
                                      "finish"};
  return names[static_cast<unsigned>(kind)];
}

const char* name(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed: return "relaxed";
    case std::memory_order_acquire: return "acquire";
    case std::memory_order_release: return "release";
    case std::memory_order_acq_rel: return "acq_rel";
    default: return "seq_cst";
  }
}

}  // namespace

std::string Engine::where(Site site) const {
  if (site.line == 0) return "";
  const char* const slash = std::strrchr(site.file, '/');
  std::string text =
      "  " + std::string(slash == nullptr ? site.file : slash + 1) + ":" + std::to_string(site.line);
  const std::string label = source::label(site);
  return label.empty() ? text : text + " " + label;
}

/// Says what a store that has just run comes before in the order of its atomic, if anything.
std::string Engine::before_what(const Thread& thread, const Op& op) {
  const Object* const object = memory_.find(op.object);
  const bool stored = op.kind == OpKind::kStore || thread.outcome.stored;
  if (options_.backend != Backend::kViews || object == nullptr || op.dropped || !stored) return "";
  if (object->newest(object->ran_last)) return "";
  char text[40];
  std::snprintf(text, sizeof text, ", comes before %#llx",
                static_cast<unsigned long long>(object->messages[object->ran_last + 1].value));
  return text;
}

void Engine::trace(const Action& action, const Op& op) {
  const Thread& thread = threads_[action.thread];
  char text[160];
  switch (action.kind) {
    case Action::kServe:
      std::snprintf(text, sizeof text, "serves the heavy fence of thread %u", unsigned{action.choice});
      break;
    case Action::kFlush: std::snprintf(text, sizeof text, "has its oldest buffered store flushed"); break;
    case Action::kTimeout: std::snprintf(text, sizeof text, "runs out of time"); break;
    case Action::kWake: std::snprintf(text, sizeof text, "wakes for nothing"); break;
    case Action::kSignal: std::snprintf(text, sizeof text, "is interrupted by its signal handler"); break;
    case Action::kStep:
      if (is_atomic(op.kind)) {
        const auto value = static_cast<unsigned long long>(thread.outcome.value);
        const auto operand = static_cast<unsigned long long>(op.operand);
        const Object* const object = memory_.find(op.object);
        const unsigned number = object == nullptr ? 0 : object->number;
        if (op.kind == OpKind::kLoad) {
          const bool old = object != nullptr && action.choice < object->messages.size() &&
                           !object->newest(object->place_of(action.choice));
          std::snprintf(text, sizeof text, "a%u.load(%s) = %#llx%s", number, name(op.order), value,
                        old ? ", an old value" : "");
        } else if (op.kind == OpKind::kStore) {
          std::snprintf(text, sizeof text, "a%u.store(%#llx, %s)", number, operand, name(op.order));
        } else if (op.kind == OpKind::kCompareExchange) {
          std::snprintf(text, sizeof text, "a%u.compare_exchange(%#llx, %#llx, %s) %s, was %#llx", number,
                        static_cast<unsigned long long>(op.expected), operand, name(op.order),
                        thread.outcome.stored ? "succeeds" : "fails", value);
        } else {
          std::snprintf(text, sizeof text, "a%u.%s(%#llx, %s), was %#llx", number, name(op.kind), operand,
                        name(op.order), value);
        }
      } else {
        const Object* const object = op.object == nullptr ? nullptr : memory_.find(op.object);
        const int number = object == nullptr ? -1 : object->number;
        std::snprintf(text, sizeof text, number < 0 ? "%s" : "%s o%d", name(op.kind), number);
      }
      break;
  }
  trace_ += "thread " + std::to_string(action.thread) + ": " + text;
  if (op.dropped) trace_ += " (dropped)";
  if (action.kind == Action::kStep && is_atomic(op.kind) && op.kind != OpKind::kLoad)
    trace_ += before_what(thread, op);
  if (action.kind == Action::kStep) trace_ += where(op.site);
  trace_ += '\n';
  if (!memory_.fault.empty()) trace_ += "fault: " + memory_.fault + "\n";
}

std::string Engine::deadlock() {
  std::string text = "deadlock:";
  for (unsigned id = 1; id < thread_count_; ++id) {
    const Thread& thread = threads_[id];
    if (thread.finished) continue;
    const bool waits = thread.pending.ends_wait && !thread.notified;
    text += " thread " + std::to_string(id) + " in " + (waits ? "wait" : name(thread.pending.kind)) +
            where(thread.pending.site) + ";";
  }
  return text;
}

}  // namespace model
