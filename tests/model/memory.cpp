#include "memory.hpp"

namespace model {

void Memory::reset(Backend backend, bool orders) {
  backend_ = backend;
  orders_ = orders && backend == Backend::kViews;
  for (auto& know : know_) {
    know.now = know.acquired = know.released = know.asked = know.gathered = View{};
    know.clock = know.acquired_clock = know.released_clock = Clock{};
    know.buffer.clear();
    know.stores = 0;
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
  object.ran_last = 0;
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
  object.messages.push_back({object.initial, object.creator, Clock{}, View{}, 0, 0, false});
}

void Memory::choices(ThreadId thread, const Op& op, std::vector<Action>& out) {
  Object* const object = find(op.object);
  Action action;
  action.thread = thread;
  if (object == nullptr || op.dropped || op.given) return out.push_back(action);
  give_location(*object);
  const auto& messages = object->messages;
  const std::size_t newest = messages.size() - 1;
  const bool views = backend_ == Backend::kViews;
  const std::size_t oldest = views ? know_[thread].now.oldest[object->location] : newest;
  const auto resource = [&](bool independent) {
    return static_cast<std::uint16_t>(independent ? int{Action::kNone}
                                                  : Action::kFirstObject + object->number);
  };
  const auto readable = [&](std::size_t index) {
    action.choice = messages[index].number;
    // Under views a load of a message that is there commutes with the stores that come after it.
    action.uses[0] = resource(views);
    action.writes = false;
    out.push_back(action);
  };
  if (op.kind == OpKind::kLoad) {
    for (std::size_t i = newest + 1; i-- > oldest;) readable(i);
    return;
  }
  if (drains(op) && buffered(thread)) return;
  const bool buffers = backend_ == Backend::kTso && !drains(op);
  // And so does what goes right after a message that is there: other stores come before or after both, by a choice of
  // their own.
  if (!buffers) action.uses[0] = resource(orders_);
  const bool may_fail = op.kind == OpKind::kCompareExchange;
  for (std::size_t i = newest + 1; i-- > oldest;) {
    if (may_fail && messages[i].value != op.expected) continue;
    if (i != newest && (!orders_ || messages[i + 1].modifies)) continue;
    action.choice = views ? std::uint16_t{messages[i].number} : std::uint16_t{Action::kNewest};
    out.push_back(action);
  }
  for (std::size_t i = newest + 1; may_fail && i-- > oldest;) {
    if (messages[i].value != op.expected) readable(i);
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

/// Moves what is known of the places in an atomic's order, before a store goes in.
void Memory::make_room(const Object& object, std::size_t place) {
  const auto move = [&](View& view) {
    auto& oldest = view.oldest[object.location];
    if (oldest >= place) ++oldest;
  };
  for (Knowledge& know : know_) {
    for (View* view : {&know.now, &know.acquired, &know.released, &know.asked, &know.gathered}) move(*view);
  }
  move(fences_);
  move(started_);
  for (std::size_t i = 0; i != used_; ++i) {
    move(objects_[i].view);
    for (Message& message : objects_[i].messages) move(message.view);
  }
}

void Memory::write(ThreadId thread, Object& object, std::uint64_t value, std::memory_order order,
                   std::size_t after, bool modifies) {
  Knowledge& know = know_[thread];
  if (object.messages.size() > 254) return report("the explorer has no room for so many stores");
  const std::size_t place = object.ran_last = after + 1;
  if (!object.newest(after)) make_room(object, place);
  const auto index = static_cast<std::uint8_t>(place);
  know.now.oldest[object.location] = index;
  auto& acquired = know.acquired.oldest[object.location];
  acquired = std::max(acquired, index);
  const bool releases = has_release(order) || backend_ != Backend::kViews;
  Message message{value,
                  thread,
                  releases ? know.clock : know.released_clock,
                  releases ? know.now : know.released,
                  static_cast<std::uint8_t>(object.messages.size()),
                  name_next(thread),
                  modifies};
  message.view.oldest[object.location] = index;
  if (modifies) {
    const Message& before = object.messages[after];
    message.clock.join(before.clock);
    message.view.join(before.view);
  }
  object.messages.insert(object.messages.begin() + static_cast<std::ptrdiff_t>(place), message);
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
    return read(thread, *object, object->place_of(choice), op.order);
  }
  const std::size_t after =
      choice == Action::kNewest ? object->messages.size() - 1 : object->place_of(choice);
  if (op.kind == OpKind::kStore) {
    if (backend_ == Backend::kTso && !drains(op)) {
      know.buffer.push_back({object, op.operand, know.clock});
      tick(thread);
    } else {
      write(thread, *object, op.operand, op.order, after, false);
    }
    return 0;
  }
  if (op.kind == OpKind::kCompareExchange && object->messages[after].value != op.expected) {
    return read(thread, *object, after, op.failure);
  }
  const std::uint64_t before = read(thread, *object, after, op.order);
  std::uint64_t changed = op.operand;
  switch (op.kind) {
    case OpKind::kAdd: changed = before + op.operand; break;
    case OpKind::kSub: changed = before - op.operand; break;
    case OpKind::kAnd: changed = before & op.operand; break;
    case OpKind::kOr: changed = before | op.operand; break;
    case OpKind::kXor: changed = before ^ op.operand; break;
    default: break;
  }
  stored = true;
  write(thread, *object, changed & op.mask, op.order, after, true);
  return before;
}

void Memory::flush(ThreadId thread) {
  auto& buffer = know_[thread].buffer;
  const Knowledge::Buffered store = buffer.front();
  buffer.pop_front();
  store.object->messages.push_back({store.value, thread, store.clock, View{},
                                    static_cast<std::uint8_t>(store.object->messages.size()),
                                    name_next(thread), false});
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

std::uint64_t Memory::orders() const noexcept {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i != used_; ++i) {
    std::uint64_t order = 0;
    for (const Message& message : objects_[i].messages) {
      order = (order ^ message.name ^ order >> 29) * 0xBF58476D1CE4E5B9u;
    }
    all += order;
  }
  return all;
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
