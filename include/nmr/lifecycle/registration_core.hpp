#pragma once
#include <cstddef>
#include <cstdint>

#include <nmr/binding/detach_completion.hpp>
#include <nmr/calls/calls_policy.hpp>
#include <nmr/lifecycle/vocabulary.hpp>
#include <nmr/platform/completion.hpp>
#include <nmr/rundown/rundown_ref.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

template <CallsPolicy Calls>
class RegistryState;
template <CallsPolicy Calls>
struct BindingCore;
template <CallsPolicy Calls>
struct NMR_PUBLIC_TYPE OfferCore;

/// One registration without its types. Links, lists and flags belong to the registry's mutex.
template <CallsPolicy Calls>
struct NMR_PUBLIC_TYPE RegistrationCore {
  using Atomics = typename Calls::Atomics;
  using Binding = BindingCore<Calls>;

  /// What the registry knows of a module: who it is, and how to call it. `module` and what it points to are read until
  /// the end of the registration has been told, and not afterwards.
  struct Module {
    const void* module;
    Status (*attach)(const void* module, void* registration_context, OfferCore<Calls>& offer);
    void (*detach)(const void* module, void* binding_context, DetachCompletion done) noexcept;
    void (*cleanup)(const void* module, void* binding_context) noexcept;
    RegistrationInstance instance;
    Executor* executor;
    bool serialize_attach;
  };

  NMR_LOCAL RegistrationCore(RegistryState<Calls>& owner, ModuleSide which, const Module& what,
                             void* with) noexcept
      : registry(owner), side(which), module(what), context(with) {}

  RegistrationCore(const RegistrationCore&) = delete;
  RegistrationCore& operator=(const RegistrationCore&) = delete;
  NMR_LOCAL ~RegistrationCore() = default;

  /// Notes why a peer was not attached. Only the last kRefusalsKept are kept.
  NMR_LOCAL void note(const Refusal& refusal) noexcept { refusals[refused++ % kRefusalsKept] = refusal; }

  enum : std::size_t { kRefusalsKept = 8 };

  RegistryState<Calls>& registry;
  const ModuleSide side;
  const Module module;
  void* const context;

  // How it ends: first `open` runs down, which runs the completions of its end. Then `told` runs down. When its owner
  // has given it up too, it is freed.

  /// One reference for each binding that is not gone, and for each thread that offers the registration or deregisters
  /// it. Once `open` has run down nothing will be called back.
  BasicRundownRef<Atomics> open;
  /// Run down when the completions of `open` have returned. Waits wait for `told`; a wait that is itself in such a
  /// completion waits for `open`.
  BasicRundownRef<Atomics> told;
  /// Threads that keep it from its end: who registers it; who deregisters it; who is bound to tell of its end, until
  /// that has been told.
  /// relaxed, all: compared with the reader's own thread, which has then written it itself.
  AtomicOf<Atomics, std::uintptr_t> registrar{0}, deregistrar{0}, teller{0};
  bool deregistering = false;
  bool orphaned = false;  // nobody will ask for it: it leaves the list with its last binding
  RegistrationCore* previous = nullptr;
  RegistrationCore* next = nullptr;
  Binding* first_binding = nullptr;
  Binding* last_binding = nullptr;
  std::size_t attached = 0;
  Refusal refusals[kRefusalsKept]{};
  std::size_t refused = 0;
  std::uintptr_t attaching_thread = 0;  // with serialize_attach: who is in the attach callback

  /// The first completion that `open` is given, so that there is one. It notes which thread is bound to run them.
  class End : public Completion {
   public:
    NMR_LOCAL explicit End(RegistrationCore& whose) noexcept : Completion(&told, &whose, Claims{}) {}

   private:
    NMR_LOCAL static void told(Completion& node, void* whose) noexcept {
      if (whose != nullptr) return;
      static_cast<RegistrationCore*>(static_cast<End&>(node).context())
          ->teller.store(Atomics::thread_pointer(), order::relaxed);  // relaxed: see there
    }
  };
  End end{*this};

  /// Gives back a reference to `open`. Returns the completions that are due then, for tell().
  [[nodiscard]] NMR_LOCAL Completion* let_go() noexcept { return open.release_deferred(); }
  /// Tells of the end, if it has come. Does not touch the registry: whoever has been told of the other side's end may
  /// have freed that. The owner may give this up in a completion.
  NMR_LOCAL void tell(Completion* due) noexcept {
    if (due == nullptr) return;
    Completion::run_each(due);
    teller.store(0, order::relaxed);  // relaxed: see there
    // [rg:2] acquire RMW, pairs with [rg:1]: what was done to it before it was given up.
    const bool given_up = (fate_.fetch_or(kTold, order::acquire) & kGivenUp) != 0;
    told.begin_rundown();  // whoever waits may free it from here on, unless it was given up
    if (given_up) delete this;
  }
  /// Says that nobody will ask for it any more. Whoever tells of its end frees it then. If that has been told, it is
  /// freed here.
  NMR_LOCAL void give_up() noexcept {
    // [rg:1] release RMW, pairs with [rg:2]: who comes second frees. Where that is this thread, `told` orders.
    if ((fate_.fetch_or(kGivenUp, order::release) & kTold) == 0) return;
    told.wait_for_rundown();  // the teller is about to begin it
    delete this;
  }

 private:
  enum : unsigned { kTold = 1, kGivenUp = 2 };
  AtomicOf<Atomics, unsigned> fate_{0};
};

}  // namespace detail
NMR_END_NAMESPACE
