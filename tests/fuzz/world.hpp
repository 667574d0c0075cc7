#pragma once
/// A registry with a few modules that do in each callback what the input says, and the model that watches
/// them.
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "fuzz/bytes.hpp"
#include "fuzz/model.hpp"

#include <nmr/registry.hpp>

namespace fuzz {

using Key = Model::Key;

struct FuzzNpi {
  struct ProviderDispatch {
    void (*call)(void* context);
  };
  struct ClientDispatch {
    void (*call)(void* context);
  };
  static constexpr nmr::NpiId kId{{0xF, 0x0, 0x1, {}}};
};

/// The types of one side.
template <class Calls, ModuleSide kSide>
struct SideTypes {
  template <class IfClient, class IfProvider>
  using Choose = std::conditional_t<kSide == ModuleSide::kClient, IfClient, IfProvider>;
  using Registry = nmr::BasicNmrRegistry<FuzzNpi, Calls>;
  using Module = Choose<typename Registry::ClientModule, typename Registry::ProviderModule>;
  using Registration = Choose<typename Registry::ClientRegistration, typename Registry::ProviderRegistration>;
  using Offer = Choose<typename Registry::ProviderOffer, typename Registry::ClientOffer>;
  using Handle = typename Offer::Handle;
  using Guard = typename Handle::Guard;
  using Hold = decltype(std::declval<Guard&>().hold());
  using Dispatch = Choose<FuzzNpi::ClientDispatch, FuzzNpi::ProviderDispatch>;
};

class BasicWorld;

/// The binding context of one side of one binding. Stays until the input has been run.
struct Context {
  BasicWorld& world;
  Key key;
  ModuleSide side;
  void* owned_handle = nullptr;  // while there is one
  int owned_name = 0;
};

/// A kept DetachCompletion.
struct Kept {
  Key key;
  ModuleSide side;
  nmr::DetachCompletion done;
};

/// A completion that is told of the end of a registration.
struct Told : nmr::Completion {
  Told(Model& m, int r) : Completion(&run_it, this), model(m), registration(r) {}
  static void run_it(Completion&, void* self) noexcept {
    auto& told = *static_cast<Told*>(self);
    told.model.told(told.registration);
  }
  Model& model;
  const int registration;
};

/// Runs completions when the input says so.
struct Queue : nmr::Executor {
  Queue() : Executor{&put} {}
  static void put(Executor& self, nmr::Completion& completion) noexcept {
    static_cast<Queue&>(self).waiting.push_back(&completion);
  }
  std::deque<nmr::Completion*> waiting;
};

/// What does not depend on the way to count.
class BasicWorld {
 public:
  BasicWorld(Bytes input, bool calls_show) : in(input), model(calls_show) {}
  virtual ~BasicWorld() = default;

  /// Does what the next bytes say: in a callback, a call or a visit, at most a few things deep.
  void nested() {
    if (depth >= 3) return;
    ++depth;
    for (std::size_t count = in.next() % 4 % 3; count != 0; --count) step();
    --depth;
  }
  virtual void step() = 0;

  Bytes in;
  Model model;
  int depth = 0;
  int owned_contexts = 0;
  int last_handle = 100;  // names of handles: those of modules are smaller
  std::deque<Context> contexts;
  std::vector<Kept> kept;
  std::deque<Told> told;
  std::vector<std::pair<Key, BindingId>> ids;  // of all bindings that were ever offered
  std::set<int> reserved;  // handles that are about to be accepted into
  Queue queue;
};

/// A binding context that the registry owns, with a handle in it.
template <class Handle>
struct Owned {
  Owned(Context& c, typename Handle::Domain& domain) : context(c), handle(domain) {
    context.owned_handle = &handle;
    context.owned_name = ++context.world.last_handle;
    ++context.world.owned_contexts;
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() {
    context.world.model.owned_gone(context.key, context.side);
    context.owned_handle = nullptr;
    --context.world.owned_contexts;
  }
  Context& context;
  Handle handle;
};

/// A module, its registration if it has one, and what it is in the middle of.
template <class Calls, ModuleSide kSide>
struct Slot {
  using Types = SideTypes<Calls, kSide>;

  Slot(BasicWorld& w, int n, typename Calls::Domain& domain) : world(w), name(n), handle(domain) {}

  BasicWorld& world;
  const int name;  // also of its handle
  typename Types::Module module;
  typename Types::Handle handle;
  int registered = 0;  // the model's name of its registration
  typename Types::Registration registration;
};

/// A guard or a hold that outlives the step that took it.
template <class Reference>
struct Taken {
  Key key;
  int handle;
  std::unique_ptr<Reference> reference;
  bool in_slot = false;  // a guard
};

template <class T>
T take_out(std::vector<T>& all, std::size_t which) {
  T taken = std::move(all[which]);
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(which));
  return taken;
}

}  // namespace fuzz
