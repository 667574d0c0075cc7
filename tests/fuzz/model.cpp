#include "fuzz/model.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace fuzz {

Model::Binding& Model::find(Key key) {
  const auto found = bindings_.find(key);
  expect(found != bindings_.end(), "a binding that is gone, or never was");
  return found->second;
}

bool Model::late(Key key) const {
  return registrations_.at(key.first).deregistering || registrations_.at(key.second).deregistering;
}

bool Model::done(const Side& side) noexcept {
  const bool said_so = !side.asked || (side.called && !side.in_callback && side.completed);
  return said_so && side.calls == 0 && side.holds == 0 && side.visits == 0 && !side.taken_out;
}
bool Model::done(const Binding& binding) noexcept {
  if (binding.state != BindingState::kDetaching) return false;
  return binding.sides[1].called && done(binding.sides[0]) && done(binding.sides[1]);
}

bool Model::owes_cleanup(Key key, const Binding& binding, ModuleSide side) const {
  const int registration = side == ModuleSide::kClient ? key.first : key.second;
  const Side& which = binding.sides[index(side)];
  return which.asked && !which.cleaned && registrations_.at(registration).cleans_up;
}

bool Model::deferred(Key key) const {
  return registrations_.at(key.first).deferred || registrations_.at(key.second).deferred;
}

/// I10: takes away every binding that both sides are done with, and that owes no cleanup.
void Model::drop_ended() {
  std::erase_if(bindings_, [&](const auto& entry) {
    const auto& [key, binding] = entry;
    return done(binding) && !owes_cleanup(key, binding, ModuleSide::kClient) &&
           !owes_cleanup(key, binding, ModuleSide::kProvider) &&
           std::find(callbacks_.begin(), callbacks_.end(), key) == callbacks_.end();
  });
}

void Model::pop(Key key) {
  expect(!callbacks_.empty() && callbacks_.back() == key, "callbacks do not nest");
  callbacks_.pop_back();
}

// ---- registering --------------------------------------------------------------------------------------------

/// T1: every active registration of the other side is to be offered.
int Model::begin_register(ModuleSide side, bool cleans_up, bool deferred) {
  const int made = ++last_registration_;
  ops_.push_back(++last_op_);
  for (const auto& [other, peer] : registrations_) {
    if (peer.side == side || peer.deregistering) continue;
    const Key key = side == ModuleSide::kClient ? Key(made, other) : Key(other, made);
    bindings_[key].op = last_op_;
    offers_[last_op_].push_back(key);
  }
  registrations_.emplace(made, Registration{side, cleans_up, deferred});
  ++at(made).in_register;
  return made;
}

void Model::end_register(int registration, Status status) {
  expect(status == Status::kSuccess, "registering failed");
  --at(registration).in_register;
  end_op();
}

/// What a call had to do has been done when it returns: offers made, unless one side left first; detaches
/// asked for (T11).
void Model::end_op() {
  const int op = ops_.back();
  ops_.pop_back();
  offers_.erase(op);
  std::erase_if(bindings_, [&](const auto& entry) {
    const auto& [key, binding] = entry;
    if (binding.op != op || binding.state != BindingState::kOffered) return false;
    expect(late(key), "a peer was not offered");
    return true;
  });
  for (auto& [key, binding] : bindings_) {
    if (binding.op != op) continue;
    for (const Side& side : binding.sides)
      expect(!side.asked || side.called, "a side was not asked to detach");
    binding.op = 0;
  }
}

Status Model::begin_deregister(int registration) {
  ops_.push_back(++last_op_);
  ++last_batch_;
  Registration& which = at(registration);
  ++which.in_deregister;
  if (which.deregistering) return Status::kInvalidDeviceState;
  which.deregistering = true;
  for (auto& [key, binding] : bindings_) {
    if (belongs(key, registration) && binding.state == BindingState::kAttached) claim(key, binding);
  }
  return Status::kPending;
}

void Model::end_deregister(int registration, Status expected, Status status) {
  expect(status == expected, "deregister() returned something else");
  --at(registration).in_deregister;
  end_op();
}

Status Model::begin_detach(int registration, BindingId id) {
  ops_.push_back(++last_op_);
  ++last_batch_;
  for (auto& [key, binding] : bindings_) {
    if (id == BindingId::kNone || binding.id != id || !belongs(key, registration)) continue;
    if (binding.state > BindingState::kAttached) break;
    binding.detach_requested = true;
    if (binding.state == BindingState::kAttached) claim(key, binding);
    return Status::kPending;
  }
  return Status::kNotFound;
}

void Model::end_detach(Status expected, Status status) {
  expect(status == expected, "detach() returned something else");
  end_op();
}

/// I6: no binding is left, and nobody who registers or deregisters it is still at it.
bool Model::over(int registration) const {
  const Registration& which = registrations_.at(registration);
  return which.deregistering && which.in_register == 0 && which.in_deregister == 0 &&
         std::none_of(bindings_.begin(), bindings_.end(),
                      [&](const auto& entry) { return belongs(entry.first, registration); });
}

/// What a wait without patience returns.
Status Model::wait(int registration) const {
  const Registration& which = registrations_.at(registration);
  if (!which.deregistering) return Status::kInvalidParameter;
  if (over(registration)) return Status::kSuccess;
  // R70: this thread would have to get on with what it is in the middle of. To register and to deregister it among that,
  // whatever that calls back about: with its own bindings gone already, it may be about what one of them has replaced.
  if (which.in_register + which.in_deregister != 0) return Status::kPossibleDeadlock;
  for (const Key& key : callbacks_) {
    if (belongs(key, registration)) return Status::kPossibleDeadlock;
  }
  for (const auto& [key, binding] : bindings_) {
    if (!belongs(key, registration)) continue;
    const bool calls = binding.sides[0].in_slots + binding.sides[1].in_slots != 0;
    const bool yet_to_ask =
        binding.state == BindingState::kOffered ||
        (binding.state == BindingState::kDetaching && !binding.sides[0].called && !binding.sides[1].called);
    if ((calls && calls_show_) || yet_to_ask) return Status::kPossibleDeadlock;
  }
  return Status::kTimeout;
}

void Model::told(int registration) {
  Registration& which = at(registration);
  expect(which.deregistering, "told of an end that nobody asked for");
  for (const auto& [key, binding] : bindings_) {
    const bool not_to_be_offered = binding.state == BindingState::kOffered && late(key);
    expect(!belongs(key, registration) || not_to_be_offered, "told of the end before it");
  }
  ++which.told;
  expect(which.told <= which.to_tell, "told twice");
}

// ---- attaching ----------------------------------------------------------------------------------------------

void Model::begin_attach(Key key, BindingId id) {
  expect(!ops_.empty() && offers_.contains(ops_.back()), "an offer that no registering makes");
  auto& offers = offers_[ops_.back()];
  const auto place = std::find(offers.begin(), offers.end(), key);
  expect(place != offers.end(), "offered twice, or not to be offered");
  for (auto before = offers.begin(); before != place; ++before) {
    const auto skipped = bindings_.find(*before);
    if (skipped == bindings_.end() || skipped->second.state != BindingState::kOffered) continue;
    expect(late(*before), "a peer was left out");
    bindings_.erase(skipped);
  }
  offers.erase(offers.begin(), place + 1);
  Binding& binding = find(key);
  expect(binding.state == BindingState::kOffered && !late(key), "offered in a wrong state");
  expect(ids_.insert(id).second, "an identifier that was used before");
  binding.id = id;
  binding.state = BindingState::kClientAttaching;
  push(key);
}

bool Model::begin_accept(Key key) {
  Binding& binding = find(key);
  if (binding.state != BindingState::kClientAttaching) return false;
  binding.state = BindingState::kProviderAttaching;
  return true;
}

void Model::begin_provider_attach(Key key) {
  expect(find(key).state == BindingState::kProviderAttaching,
         "the provider was asked without the client's accepting");
  answers_.erase(key);
  push(key);
}

void Model::end_provider_attach(Key key, Status status, int handle) {
  pop(key);
  answers_[key] = status;
  find(key).sides[1].handle = handle;
}

void Model::end_accept(Key key, Status status, int handle) {
  Binding& binding = find(key);
  expect(answers_.contains(key), "the provider was not asked");
  expect(status == answers_[key], "accept() returned something else than the provider");
  answers_.erase(key);
  if (nmr::succeeded(status)) {
    binding.sides[0].handle = handle;
    install(key, ModuleSide::kProvider);
    install(key, ModuleSide::kClient);
    binding.state = BindingState::kHalfAttached;
  } else {
    binding.sides[1].handle = kOwnHandle;
    binding.state = BindingState::kClientAttaching;
    binding.refusal_noted = true;
    refuse(key);
  }
}

/// Accepting into an occupied handle takes out what was there.
void Model::install(Key key, ModuleSide side) {
  Binding& binding = find(key);
  Side& way = binding.sides[index(side)];
  way.installed = true;
  if (way.handle == kOwnHandle) return;
  if (const auto before = in_handle(way.handle)) {
    Side& other = find(*before).sides[index(side)];
    other.installed = false;
    other.taken_out = true;
    binding.replaced.emplace_back(*before, side);
  }
  handles_[way.handle] = key;
}

/// T3, T7 to T9.
void Model::end_attach(Key key, Status status) {
  pop(key);
  ++last_batch_;
  Binding& binding = find(key);
  const auto replaced = std::exchange(binding.replaced, {});
  const bool attached = binding.state == BindingState::kHalfAttached;
  // One that the provider has refused is not refused by the client as well.
  if (!nmr::succeeded(status) && (attached || !binding.refusal_noted)) refuse(key);
  if (!attached) {
    expect(!nmr::succeeded(status), "attached without accept()");
    bindings_.erase(key);
  } else if (nmr::succeeded(status)) {
    binding.state = BindingState::kAttached;
    if (late(key) || binding.detach_requested) claim(key, binding);
  } else {
    claim(key, binding);
  }
  for (const auto& [other, side] : replaced) {
    Binding& old = find(other);
    old.sides[index(side)].taken_out = false;
    old.detach_requested = true;
    if (old.state == BindingState::kAttached) claim(other, old);
  }
  drop_ended();
}

void Model::refuse(Key key) {
  ++at(key.first).refusals;
  ++at(key.second).refusals;
}

// ---- detaching ----------------------------------------------------------------------------------------------

void Model::claim(Key, Binding& binding) {
  binding.sides[0].asked = binding.state == BindingState::kAttached;  // T9: else the client has failed
  binding.sides[1].asked = true;
  binding.state = BindingState::kDetaching;
  binding.op = ops_.back();
  binding.batch = last_batch_;
}

/// Before the first is asked, calls to all of them are refused.
void Model::close(int batch) {
  for (auto& [key, binding] : bindings_) {
    if (binding.batch != batch) continue;
    for (const ModuleSide side : {ModuleSide::kClient, ModuleSide::kProvider}) {
      Side& way = binding.sides[index(side)];
      if (way.installed && way.handle != kOwnHandle) handles_.erase(way.handle);
      way.installed = false;
    }
  }
}

void Model::begin_detach_callback(Key key, ModuleSide side) {
  Binding& binding = find(key);
  Side& which = binding.sides[index(side)];
  expect(binding.state == BindingState::kDetaching && which.asked && !which.called,
         "a detach that is not due");
  expect(binding.op == ops_.back(), "a detach by somebody else than who asked for it");
  close(binding.batch);
  which.called = which.in_callback = true;
  push(key);
}

void Model::completed(Key key, ModuleSide side) {
  Side& which = find(key).sides[index(side)];
  expect(which.called && !which.completed, "completed without being asked, or twice");
  which.completed = true;
  drop_ended();
}

void Model::end_detach_callback(Key key, ModuleSide side) {
  pop(key);
  find(key).sides[index(side)].in_callback = false;
  drop_ended();
}

/// I5, I11: not before both sides are done.
void Model::begin_cleanup(Key key, ModuleSide side) {
  for (Enumeration& enumeration : enumerations_) {
    if (enumeration.at == key && !enumeration.visiting) skip(enumeration);
  }
  const Binding& binding = find(key);
  expect(done(binding), "a cleanup before both sides are done");
  expect(owes_cleanup(key, binding, side), "a cleanup that is not due");
  push(key);
}

void Model::end_cleanup(Key key, ModuleSide side) {
  pop(key);
  find(key).sides[index(side)].cleaned = true;
  drop_ended();
}

void Model::owned_gone(Key key, ModuleSide side) const {
  const auto found = bindings_.find(key);
  if (found == bindings_.end() || found->second.state < BindingState::kHalfAttached) return;
  expect(done(found->second) && !owes_cleanup(key, found->second, side),
         "a context was destroyed while it is in use");
}

}  // namespace fuzz
