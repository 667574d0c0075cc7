#pragma once
/// What handles have to do that no registry looks after: which binding calls get into, who is inside of it,
/// and what is to be told when the last has left.
#include <array>
#include <cstddef>
#include <optional>
#include <set>

#include "fuzz/model.hpp"

namespace fuzz {

class HandleModel {
 public:
  enum : std::size_t { kHandles = 2, kBindings = 3 };
  enum : int { kNobody = 0 };  // in place of the name of a completion

  /// The thread's slots are those of `model`.
  HandleModel(Model& model, bool calls_show) : model_(model), calls_show_(calls_show) {}

  [[nodiscard]] std::optional<std::size_t> in_handle(std::size_t handle) const;
  [[nodiscard]] bool has_calls(std::size_t handle) const;
  /// Neither attached nor on its way out.
  [[nodiscard]] bool detached(std::size_t binding) const;

  // Each returns what the library has to return.

  Status attach(std::size_t handle, std::size_t binding, int replaced);
  bool detach(std::size_t handle, int done);
  /// Nothing, and does nothing, if it would wait for this thread forever.
  std::optional<Status> detach_and_wait(std::size_t handle);
  [[nodiscard]] Status wait(std::size_t binding) const;

  /// Returns whether the call has one of the thread's slots.
  bool enter(std::size_t binding);
  void leave(std::size_t binding, bool in_slot);
  void hold(std::size_t binding) { ++bindings_[binding].holds; }
  void unhold(std::size_t binding);

  void told(int completion);
  /// Everybody has been told who is to be by now.
  void settle() const { expect(due_.empty(), "not told of the end of a detach"); }

 private:
  struct Binding {
    std::size_t handle = 0;  // that it is attached to, or was last
    bool attached = false;
    int calls = 0;
    int in_slots = 0;  // of the calls, those that the library can tell this thread of
    int holds = 0;
    int to_tell = kNobody;
  };

  void take_out(Binding& binding, int done);
  void tell_if_ended(Binding& binding);
  void tell(int completion) {
    if (completion != kNobody) due_.insert(completion);
  }

  Model& model_;
  const bool calls_show_;
  std::array<Binding, kBindings> bindings_;
  std::set<int> due_;  // completions that are to run before the library returns
};

}  // namespace fuzz
