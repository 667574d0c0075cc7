#pragma once
/// What a registry has to do, without threads, locks or lists: every registration and binding, and how far
/// each has come. It is told of each call and callback, and ends the program where the library does what the
/// rules do not allow, or has not done what they demand. (I1 to I11, T1 to T15: tests/requirements.md.)
#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <nmr/lifecycle/binding_core.hpp>
#include <nmr/lifecycle/snapshot.hpp>
#include <nmr/platform/status.hpp>

#include "fuzz/expect.hpp"

namespace fuzz {

using nmr::BindingId;
using nmr::BindingState;
using nmr::ModuleSide;
using nmr::Status;

class Model {
 public:
  enum : int { kOwnHandle = -1 };  // calls go through what the registry keeps: only enumerations reach it

  struct Registration {
    ModuleSide side;
    bool cleans_up;
    bool deferred;  // its steps run on an executor
    bool deregistering = false;
    int in_register = 0;  // such calls that have not returned
    int in_deregister = 0;
    std::size_t refusals = 0;
    std::size_t told = 0;  // completions that have run
    std::size_t to_tell = 0;
  };

  /// A client's and a provider's registration (I1: one binding for both).
  using Key = std::pair<int, int>;

  struct Side {
    int handle = kOwnHandle;
    bool installed = false;  // calls get in
    bool asked = false;  // its detach callback is to be called
    bool called = false;
    bool in_callback = false;
    bool completed = false;  // its DetachCompletion is gone
    bool taken_out = false;  // of a handle that another binding was accepted into; until that attach ends
    bool cleaned = false;
    int calls = 0;
    int holds = 0;
    int in_slots = 0;  // of the calls, those that the library can tell this thread of
    int visits = 0;  // enumerations that stand here
  };

  struct Binding {
    BindingId id = BindingId::kNone;  // known from the first callback on
    BindingState state = BindingState::kOffered;
    std::array<Side, 2> sides;
    bool detach_requested = false;
    bool refusal_noted = false;
    int op = 0;  // the call that offers it, or that has to ask both sides to detach
    int batch = 0;  // those whose calls are refused together
    std::vector<std::pair<Key, ModuleSide>> replaced;  // by accepting this one
  };

  explicit Model(bool calls_show) : calls_show_(calls_show) {}

  static std::size_t index(ModuleSide side) noexcept { return static_cast<std::size_t>(side); }

  // ---- registering ----

  int begin_register(ModuleSide side, bool cleans_up, bool deferred);
  void end_register(int registration, Status status);
  Status begin_deregister(int registration);
  void end_deregister(int registration, Status expected, Status status);
  Status begin_detach(int registration, BindingId id);
  void end_detach(Status expected, Status status);
  [[nodiscard]] Status wait(int registration) const;
  [[nodiscard]] bool over(int registration) const;
  /// A completion of the registration's end has been given, or has run.
  void to_tell(int registration) { ++at(registration).to_tell; }
  void told(int registration);

  // ---- attaching ----

  void begin_attach(Key key, BindingId id);
  /// Returns whether the provider is to be asked; else accept() fails.
  bool begin_accept(Key key);
  void begin_provider_attach(Key key);
  void end_provider_attach(Key key, Status status, int handle);
  void end_accept(Key key, Status status, int handle);
  void end_attach(Key key, Status status);

  // ---- detaching ----

  void begin_detach_callback(Key key, ModuleSide side);
  void completed(Key key, ModuleSide side);
  void end_detach_callback(Key key, ModuleSide side);
  void begin_cleanup(Key key, ModuleSide side);
  void end_cleanup(Key key, ModuleSide side);
  /// The context that the registry owns for a side is destroyed.
  void owned_gone(Key key, ModuleSide side) const;

  // ---- calling ----

  /// Returns the binding that a call through a handle gets into, if any.
  [[nodiscard]] std::optional<Key> in_handle(int handle) const;
  [[nodiscard]] bool has_calls(int handle) const;
  /// Returns whether the call has one of the thread's slots; deeper ones are counted by reference.
  bool enter(Key key, ModuleSide side);
  void leave(Key key, ModuleSide side, bool in_slot);
  void hold(Key key, ModuleSide side) { ++find(key).sides[index(side)].holds; }
  void unhold(Key key, ModuleSide side);
  /// A call of the thread takes one of its slots, if there is one; so do those that no registry knows of.
  bool take_slot() noexcept;
  void give_back_slot() noexcept { --slots_used_; }

  void begin_enumeration(int registration);
  /// Returns what enter() does.
  bool begin_visit(Key key);
  void end_visit(Key key);
  void end_enumeration();

  // ---- looking ----

  /// The bindings that are to be cleaned up now. Whoever does something takes them before, and compares
  /// after: nothing that has become due by it may be left over. `idle`: no executor has anything to run.
  [[nodiscard]] std::set<Key> due() const;
  void settle(const std::set<Key>& due_before, bool idle) const;

  [[nodiscard]] std::size_t attached(int registration) const;
  [[nodiscard]] std::size_t refusals(int registration) const {
    return registrations_.at(registration).refusals;
  }
  [[nodiscard]] const std::map<Key, Binding>& bindings() const noexcept { return bindings_; }
  [[nodiscard]] const std::map<int, Registration>& registrations() const noexcept { return registrations_; }
  /// Whether a binding is where a snapshot says that it is.
  [[nodiscard]] bool shows(Key key, const nmr::BindingInfo& info) const;
  void destroy(int registration) { registrations_.erase(registration); }

 private:
  /// One that goes on. It stands at a binding, and moves on to the next before it lets go of that.
  struct Enumeration {
    int registration;
    ModuleSide side;
    std::optional<Key> at;
    bool visiting = false;
  };

  Registration& at(int registration) { return registrations_.at(registration); }
  Binding& find(Key key);
  [[nodiscard]] static bool belongs(Key key, int registration) noexcept {
    return key.first == registration || key.second == registration;
  }
  [[nodiscard]] bool late(Key key) const;
  [[nodiscard]] static bool done(const Side& side) noexcept;
  [[nodiscard]] static bool done(const Binding& binding) noexcept;
  [[nodiscard]] bool owes_cleanup(Key key, const Binding& binding, ModuleSide side) const;
  [[nodiscard]] bool deferred(Key key) const;
  void claim(Key key, Binding& binding);
  void close(int batch);
  void install(Key key, ModuleSide side);
  void end_op();
  void drop_ended();
  [[nodiscard]] bool callable(Key key, ModuleSide side) const;
  void stand_at_next(Enumeration& enumeration, BindingId after);
  void skip(Enumeration& enumeration);
  void refuse(Key key);
  void push(Key key) { callbacks_.push_back(key); }
  void pop(Key key);

  const bool calls_show_;  // the library knows who is inside
  std::map<int, Registration> registrations_;
  std::map<Key, Binding> bindings_;  // until they are gone
  std::map<int, Key> handles_;
  std::set<BindingId> ids_;  // of all bindings that there ever were
  std::map<int, std::vector<Key>> offers_;  // of each call that registers, in order
  std::vector<int> ops_;  // calls that have not returned
  std::vector<Key> callbacks_;  // that have not returned, and visits
  std::vector<Enumeration> enumerations_;
  std::map<Key, Status> answers_;  // of the provider that was asked last
  unsigned slots_used_ = 0;
  int last_registration_ = 0;
  int last_op_ = 0;
  int last_batch_ = 0;
};

}  // namespace fuzz
