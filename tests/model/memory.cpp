#include "memory.hpp"

namespace model {

void Memory::reset(Backend backend) {
  backend_ = backend;
  for (auto& know : know_) {
    know.now = know.acquired = know.released = know.asked = know.gathered = View{};
    know.clock = know.acquired_clock = know.released_clock = Clock{};
    know.buffer.clear();
  }
  for (unsigned i = 0; i < kMaxThreads; ++i) know_[i].clock.times[i] = 1;
  fences_ = started_ = View{};
  used_ = 0;
  locations_ = 0;
  ++run_;
  fault.clear();
}

Memory::Slot& Memory::slot(const void* address) noexcept {
  auto at = (reinterpret_cast<std::uintptr_t>(address) >> 2) * 0x9E3779B97F4A7C15u >> 50;
  while (slots_[at].run == run_ && slots_[at].address != address) at = (at + 1) % kSlots;
  return slots_[at];
}

void Memory::create(ThreadId by, const void* address, ObjectKind kind, std::uint64_t initial) {
  if (used_ == objects_.size()) objects_.emplace_back();
  if (used_ >= kSlots / 2) return report("the explorer has no room for so many objects");
  Object& object = objects_[used_];
  object.address = address;
  object.number = static_cast<std::uint16_t>(used_);
  object.kind = kind;
  object.alive = true;
  object.creator = by;
  object.created = know_[by].clock.times[by];
  object.initial = initial;
  object.touched = {};
  object.messages.clear();
  object.holder = object.holder_before = -1;
  object.turns = 0;
  object.view = View{};
  object.clock = Clock{};
  object.cause = Clock{};
  object.writer = by;
  object.written = object.created;
  Slot& entry = slot(address);
  entry = {address, run_, used_};
  ++used_;
}

Object* Memory::find(const void* address) noexcept {
  const Slot& entry = slot(address);
  return entry.run == run_ ? &objects_[entry.index] : nullptr;
}

Object* Memory::use(ThreadId by, const void* address) {
  Object* const object = find(address);
  if (object == nullptr) {
    report("an object is used that was never made");
    return nullptr;
  }
  const Clock& clock = know_[by].clock;
  if (!object->alive) report("an object is used after its end");
  if (!clock.covers(object->creator, object->created)) report("an object is used in a race with its making");
  object->touched[by] = clock.times[by];
  return object;
}

void Memory::destroy(ThreadId by, const void* address) {
  Object* const object = use(by, address);
  if (object == nullptr) return;
  for (ThreadId other = 0; other < kMaxThreads; ++other) {
    if (!know_[by].clock.covers(other, object->touched[other]))
      report("an object ends in a race with its use");
  }
  if (object->holder >= 0) report("a mutex ends while it is locked");
  object->alive = false;
}

void Memory::give_location(Object& object) {
  if (!object.messages.empty()) return;
  if (locations_ == kMaxLocations) report("the explorer has no room for so many locations");
  object.location = locations_ < kMaxLocations ? locations_++ : 0;
  object.messages.push_back({object.initial, object.creator, Clock{}, View{}, Clock{}});
}

void Memory::choices(ThreadId thread, const Op& op, std::vector<Action>& out) {
  Object* const object = find(op.object);
  Action action;
  action.thread = thread;
  if (object == nullptr || op.dropped || op.given) return out.push_back(action);
  give_location(*object);
  const std::size_t newest = object->messages.size() - 1;
  const auto resource = static_cast<std::uint16_t>(Action::kFirstObject + object->number);
  const auto readable = [&](std::size_t index) {
    action.choice = static_cast<std::uint16_t>(index);
    action.writes = false;
    // Under views a load of a message that is there commutes with the stores that come after it.
    action.uses[0] = backend_ == Backend::kViews ? std::uint16_t{Action::kNone} : resource;
    out.push_back(action);
  };
  const std::size_t oldest =
      backend_ == Backend::kViews ? know_[thread].now.oldest[object->location] : newest;

  if (op.kind == OpKind::kLoad) {
    for (std::size_t i = newest + 1; i-- > oldest;) readable(i);
    return;
  }
  if (drains(op) && buffered(thread)) return;
  const bool buffers = backend_ == Backend::kTso && !drains(op);
  action.choice = Action::kNewest;
  if (!buffers) action.uses[0] = resource;
  if (op.kind != OpKind::kCompareExchange) return out.push_back(action);
  if (object->messages[newest].value == op.expected) out.push_back(action);
  for (std::size_t i = newest + 1; i-- > oldest;) {
    if (object->messages[i].value != op.expected) readable(i);
  }
}

std::uint64_t Memory::read(ThreadId thread, Object& object, std::size_t index, std::memory_order order) {
  Knowledge& know = know_[thread];
  const Message& message = object.messages[index];
  auto& oldest = know.now.oldest[object.location];
  oldest = std::max(oldest, static_cast<std::uint8_t>(index));
  // The other backends are hardware: there every read orders.
  if (has_acquire(order) || backend_ != Backend::kViews) {
    know.now.join(message.view);
    know.clock.join(message.clock);
  }
  know.acquired.join(know.now);
  know.acquired.join(message.view);
  know.acquired_clock.join(know.clock);
  know.acquired_clock.join(message.clock);
  return message.value;
}

void Memory::write(ThreadId thread, Object& object, std::uint64_t value, std::memory_order order,
                   const Message* before) {
  Knowledge& know = know_[thread];
  if (object.messages.size() > 254) return report("the explorer has no room for so many stores");
  const auto index = static_cast<std::uint8_t>(object.messages.size());
  know.now.oldest[object.location] = know.acquired.oldest[object.location] = index;
  const bool releases = has_release(order) || backend_ != Backend::kViews;
  Message message{
      value, thread, releases ? know.clock : know.released_clock, releases ? know.now : know.released, {}};
  message.view.oldest[object.location] = index;
  if (before != nullptr) {
    message.clock.join(before->clock);
    message.view.join(before->view);
  }
  object.messages.push_back(message);
  if (releases) tick(thread);
}

std::uint64_t Memory::step(ThreadId thread, const Op& op, std::uint16_t choice, bool& stored) {
  Object* const object = use(thread, op.object);
  if (object == nullptr) return 0;
  give_location(*object);
  Knowledge& know = know_[thread];
  stored = false;

  if (op.kind == OpKind::kLoad) {
    for (auto own = know.buffer.rbegin(); own != know.buffer.rend(); ++own) {
      if (own->object == object) return own->value;
    }
    if (op.given) return op.operand;
    return read(thread, *object, choice, op.order);
  }
  if (op.kind == OpKind::kStore) {
    if (backend_ == Backend::kTso && !drains(op)) {
      know.buffer.push_back({object, op.operand, know.clock});
      tick(thread);
    } else {
      write(thread, *object, op.operand, op.order, nullptr);
    }
    return 0;
  }
  if (op.kind == OpKind::kCompareExchange && choice != Action::kNewest) {
    return read(thread, *object, choice, op.failure);
  }
  const std::uint64_t before = read(thread, *object, object->messages.size() - 1, op.order);
  std::uint64_t after = op.operand;
  switch (op.kind) {
    case OpKind::kAdd: after = before + op.operand; break;
    case OpKind::kSub: after = before - op.operand; break;
    case OpKind::kAnd: after = before & op.operand; break;
    case OpKind::kOr: after = before | op.operand; break;
    case OpKind::kXor: after = before ^ op.operand; break;
    default: break;
  }
  stored = true;
  const Message previous = object->messages.back();  // a copy: the vector grows
  write(thread, *object, after & op.mask, op.order, &previous);
  return before;
}

void Memory::flush(ThreadId thread) {
  auto& buffer = know_[thread].buffer;
  const Knowledge::Buffered store = buffer.front();
  buffer.pop_front();
  store.object->messages.push_back({store.value, thread, store.clock, View{}, Clock{}});
}

void Memory::plain(ThreadId by, Object& object, OpKind kind) {
  const Clock& clock = know_[by].clock;
  if (!clock.covers(object.writer, object.written)) report("data race: an access and a write or the making");
  if (kind != OpKind::kRead) {
    for (ThreadId other = 0; other < kMaxThreads; ++other) {
      if (!clock.covers(other, object.touched[other])) report("data race: a write and an access");
    }
    object.writer = by;
    object.written = clock.times[by];
  }
  object.touched[by] = clock.times[by];
  if (kind == OpKind::kFree) object.alive = false;
}

void Memory::local_fence(ThreadId thread) {
  Knowledge& know = know_[thread];
  know.acquired.join(know.now);
  know.now = know.acquired;
  know.acquired_clock.join(know.clock);
  know.clock = know.acquired_clock;
  know.released = know.now;
  know.released_clock = know.clock;
  tick(thread);
}

void Memory::full_fence(ThreadId thread) {
  Knowledge& know = know_[thread];
  // Views only: fences order what is read, but no plain data without an atomic that carries it.
  know.acquired.join(fences_);
  local_fence(thread);
  fences_ = know.now;
}

void Memory::heavy_begin(ThreadId thread) {
  local_fence(thread);
  know_[thread].asked = know_[thread].now;
  know_[thread].gathered = View{};
  started_.join(know_[thread].now);
}

void Memory::heavy_serve(ThreadId thread, ThreadId fencer) {
  // In pairs, as is documented: those interrupted learn nothing of each other.
  know_[thread].acquired.join(know_[fencer].asked);
  local_fence(thread);
  know_[fencer].gathered.join(know_[thread].now);
}

void Memory::heavy_end(ThreadId thread) {
  know_[thread].acquired.join(know_[thread].gathered);
  local_fence(thread);
}

void Memory::lock(ThreadId thread, Object& mutex) {
  Knowledge& know = know_[thread];
  know.now.join(mutex.view);
  know.acquired.join(mutex.view);
  know.clock.join(mutex.clock);
  know.acquired_clock.join(mutex.clock);
  mutex.holder = mutex.holder_before = thread;
  ++mutex.turns;
}

void Memory::unlock(ThreadId thread, Object& mutex) {
  if (mutex.holder != thread) report("a mutex is unlocked by a thread that does not hold it");
  mutex.view = know_[thread].now;
  mutex.clock = know_[thread].clock;
  mutex.holder = -1;
  tick(thread);
}

void Memory::start_late(ThreadId thread, ThreadId predecessor) {
  join(thread, predecessor);
  know_[thread].now.join(started_);
  know_[thread].acquired.join(started_);
}

void Memory::join(ThreadId thread, ThreadId ended) {
  Knowledge& know = know_[thread];
  know.now.join(know_[ended].now);
  know.acquired.join(know.now);
  know.clock.join(know_[ended].clock);
  know.acquired_clock.join(know.clock);
}

}  // namespace model
