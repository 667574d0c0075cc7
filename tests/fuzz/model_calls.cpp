// The model's calls, enumerations and views.
#include <algorithm>

#include "fuzz/model.hpp"

namespace fuzz {

// ---- calling ------------------------------------------------------------------------------------------------

std::optional<Model::Key> Model::in_handle(int handle) const {
  const auto found = handles_.find(handle);
  return found != handles_.end() ? std::optional(found->second) : std::nullopt;
}

bool Model::has_calls(int handle) const {
  return std::any_of(bindings_.begin(), bindings_.end(), [&](const auto& entry) {
    return std::any_of(entry.second.sides.begin(), entry.second.sides.end(),
                       [&](const Side& side) { return side.handle == handle && side.calls != 0; });
  });
}

bool Model::enter(Key key, ModuleSide side) {
  Side& way = find(key).sides[index(side)];
  ++way.calls;
  const bool in_slot = take_slot();
  if (in_slot) ++way.in_slots;
  return in_slot;
}

void Model::leave(Key key, ModuleSide side, bool in_slot) {
  Side& way = find(key).sides[index(side)];
  --way.calls;
  if (in_slot) give_back_slot(), --way.in_slots;
  drop_ended();
}

bool Model::take_slot() noexcept {
  const bool left = slots_used_ < nmr::StdAtomics::kCallSlots;
  if (left) ++slots_used_;
  return left;
}

void Model::unhold(Key key, ModuleSide side) {
  --find(key).sides[index(side)].holds;
  drop_ended();
}

bool Model::callable(Key key, ModuleSide side) const {
  const Side& way = bindings_.at(key).sides[index(side)];
  return way.installed && (way.handle == kOwnHandle || in_handle(way.handle) == key);
}

void Model::begin_enumeration(int registration) {
  Enumeration& made =
      enumerations_.emplace_back(Enumeration{registration, at(registration).side, std::nullopt});
  stand_at_next(made, BindingId::kNone);
}

void Model::stand_at_next(Enumeration& enumeration, BindingId after) {
  enumeration.at.reset();
  BindingId best = BindingId::kNone;
  for (const auto& [key, binding] : bindings_) {
    const bool stands =
        binding.state == BindingState::kHalfAttached || binding.state == BindingState::kAttached;
    if (!stands || !belongs(key, enumeration.registration) || binding.id <= after) continue;
    if (best != BindingId::kNone && binding.id > best) continue;
    best = binding.id;
    enumeration.at = key;
  }
  if (enumeration.at) ++find(*enumeration.at).sides[index(enumeration.side)].visits;
}

/// From a binding to the next.
void Model::skip(Enumeration& enumeration) {
  const Key left = *enumeration.at;
  expect(enumeration.visiting || !callable(left, enumeration.side), "an enumeration left a binding out");
  stand_at_next(enumeration, find(left).id);
  --find(left).sides[index(enumeration.side)].visits;
  drop_ended();
}

bool Model::begin_visit(Key key) {
  Enumeration& enumeration = enumerations_.back();
  while (enumeration.at && enumeration.at != key) skip(enumeration);
  expect(enumeration.at == key && callable(key, enumeration.side), "a visit of what cannot be called");
  enumeration.visiting = true;
  push(key);
  return enter(key, enumeration.side);
}

void Model::end_visit(Key key) {
  pop(key);
  skip(enumerations_.back());
  enumerations_.back().visiting = false;
}

void Model::end_enumeration() {
  while (enumerations_.back().at) skip(enumerations_.back());
  enumerations_.pop_back();
}

// ---- looking ------------------------------------------------------------------------------------------------

std::set<Model::Key> Model::due() const {
  std::set<Key> found;
  for (const auto& [key, binding] : bindings_) {
    if (done(binding)) found.insert(key);
  }
  return found;
}

void Model::settle(const std::set<Key>& due_before, bool idle) const {
  for (const Key& key : due()) {
    const bool someone_is_at_it = std::find(callbacks_.begin(), callbacks_.end(), key) != callbacks_.end();
    expect(due_before.contains(key) || someone_is_at_it || (deferred(key) && !idle),
           "a binding was not cleaned up");
  }
  for (const auto& [name, registration] : registrations_) {
    expect(registration.told == (over(name) ? registration.to_tell : 0), "not told of the end");
  }
}

std::size_t Model::attached(int registration) const {
  return static_cast<std::size_t>(std::count_if(bindings_.begin(), bindings_.end(), [&](const auto& entry) {
    return belongs(entry.first, registration) && entry.second.state == BindingState::kAttached;
  }));
}

bool Model::shows(Key key, const nmr::BindingInfo& info) const {
  const Binding& binding = bindings_.at(key);
  if (binding.id != BindingId::kNone && binding.id != info.id) return false;
  if (!done(binding)) return info.state == binding.state;
  return info.state == BindingState::kCleaningUp || (deferred(key) && info.state == BindingState::kDetaching);
}

}  // namespace fuzz
