#include "fuzz/model_handles.hpp"

#include <algorithm>
#include <utility>

namespace fuzz {

std::optional<std::size_t> HandleModel::in_handle(std::size_t handle) const {
  for (std::size_t i = 0; i != kBindings; ++i) {
    if (bindings_[i].attached && bindings_[i].handle == handle) return i;
  }
  return std::nullopt;
}

bool HandleModel::has_calls(std::size_t handle) const {
  return std::any_of(bindings_.begin(), bindings_.end(),
                     [&](const Binding& binding) { return binding.handle == handle && binding.calls != 0; });
}

bool HandleModel::detached(std::size_t binding) const {
  const Binding& which = bindings_[binding];
  return !which.attached && which.calls == 0 && which.holds == 0;
}

Status HandleModel::attach(std::size_t handle, std::size_t binding, int replaced) {
  if (!detached(binding)) return Status::kInvalidDeviceState;
  const auto before = in_handle(handle);
  bindings_[binding].handle = handle;
  bindings_[binding].attached = true;
  before ? take_out(bindings_[*before], replaced) : tell(replaced);
  return Status::kSuccess;
}

bool HandleModel::detach(std::size_t handle, int done) {
  const auto there = in_handle(handle);
  there ? take_out(bindings_[*there], done) : tell(done);
  return there.has_value();
}

std::optional<Status> HandleModel::detach_and_wait(std::size_t handle) {
  const auto there = in_handle(handle);
  if (!there) return Status::kSuccess;
  Binding& binding = bindings_[*there];
  const bool told_so = calls_show_ && binding.in_slots != 0;
  if (!told_so && binding.calls + binding.holds != 0) return std::nullopt;
  take_out(binding, kNobody);
  return told_so ? Status::kPossibleDeadlock : Status::kSuccess;
}

/// Without patience.
Status HandleModel::wait(std::size_t binding) const {
  if (detached(binding)) return Status::kSuccess;
  return calls_show_ && bindings_[binding].in_slots != 0 ? Status::kPossibleDeadlock : Status::kTimeout;
}

bool HandleModel::enter(std::size_t binding) {
  ++bindings_[binding].calls;
  const bool in_slot = model_.take_slot();
  if (in_slot) ++bindings_[binding].in_slots;
  return in_slot;
}

void HandleModel::leave(std::size_t binding, bool in_slot) {
  --bindings_[binding].calls;
  if (in_slot) model_.give_back_slot(), --bindings_[binding].in_slots;
  tell_if_ended(bindings_[binding]);
}

void HandleModel::unhold(std::size_t binding) {
  --bindings_[binding].holds;
  tell_if_ended(bindings_[binding]);
}

void HandleModel::take_out(Binding& binding, int done) {
  binding.attached = false;
  binding.to_tell = done;
  tell_if_ended(binding);
}

void HandleModel::tell_if_ended(Binding& binding) {
  if (!binding.attached && binding.calls == 0 && binding.holds == 0)
    tell(std::exchange(binding.to_tell, int{kNobody}));
}

void HandleModel::told(int completion) {
  expect(due_.erase(completion) == 1, "told of the end of a detach before it, or twice");
}

}  // namespace fuzz
