#pragma once
#include <cstddef>
#include <cstdint>

#include <nmr/binding/detach_completion.hpp>
#include <nmr/platform/completion.hpp>
#include <nmr/platform/status.hpp>
#include <nmr/registry/module_id.hpp>
#include <nmr/rundown/rundown_ref.hpp>

NMR_BEGIN_NAMESPACE

/// Identifies one binding among all that a registry ever makes.
enum class BindingId : std::uint64_t { kNone = 0 };

/// Which side of an NPI: the one that asks to be attached, or the one that is asked.
enum class ModuleSide : std::uint8_t { kClient, kProvider };

/// Who a registration is (NPI_REGISTRATION_INSTANCE), as its peers see it.
struct NMR_PUBLIC_TYPE RegistrationInstance {
  NpiId npi_id;
  ModuleId module_id;
  std::uint32_t number = 0;               ///< which implementation of the NPI; 0 if there is one
  std::uint16_t npi_version = 0;          ///< of the NPI, as the two sides agree to use it
  const void* characteristics = nullptr;  ///< NPI-specific, or null
};

/// Why a peer was not attached, and who said so.
struct NMR_PUBLIC_TYPE Refusal {
  ModuleId peer;
  Status status = Status::kSuccess;
  ModuleSide refused_by = ModuleSide::kClient;
};

template <class Calls>
class BasicRegistryState;
template <class Calls>
struct BasicBindingCore;
template <class Calls>
struct NMR_PUBLIC_TYPE BasicOffer;

/// One registration without its types. Links, lists and flags belong to the registry's mutex.
template <class Calls>
struct NMR_PUBLIC_TYPE BasicRegistrationCore {
  using Atomics = typename Calls::Atomics;
  using Binding = BasicBindingCore<Calls>;

  /// What the registry knows of a module: who it is, and how to call it. `module` and what it points to are
  /// read until the registration has been deregistered, and not afterwards.
  struct Module {
    const void* module;
    Status (*attach)(const void* module, void* registration_context, BasicOffer<Calls>& offer);
    void (*detach)(const void* module, void* binding_context, DetachCompletion done) noexcept;
    void (*cleanup)(const void* module, void* binding_context) noexcept;
    RegistrationInstance instance;
    Executor* executor;
    bool serialize_attach;
  };

  NMR_LOCAL BasicRegistrationCore(BasicRegistryState<Calls>& owner, ModuleSide which, const Module& what,
                                  void* with) noexcept
      : registry(owner), side(which), module(what), context(with) {}

  BasicRegistrationCore(const BasicRegistrationCore&) = delete;
  BasicRegistrationCore& operator=(const BasicRegistrationCore&) = delete;
  NMR_LOCAL ~BasicRegistrationCore() = default;

  /// Notes why a peer was not attached; the oldest of kRefusalsKept is forgotten.
  NMR_LOCAL void note(const Refusal& refusal) noexcept { refusals[refused++ % kRefusalsKept] = refusal; }

  enum : std::size_t { kRefusalsKept = 8 };

  BasicRegistryState<Calls>& registry;
  const ModuleSide side;
  const Module module;
  void* const context;

  // How it ends: `open` runs down, and runs the module's completions; then `told`; and when its owner has let go of it
  // too, it is freed.

  /// One reference for each binding that is not gone and for each thread that offers on behalf of the
  /// registration, or deregisters it. Once it has run down nothing will be called back.
  BasicRundownRef<Atomics> open;
  /// Begun when the completions of `open` have returned. Waits wait for it, who are not in such a completion
  /// themselves.
  BasicRundownRef<Atomics> told;
  /// Threads that keep it: who registers it, who deregisters it, who is bound to tell of its end, until it has.
  /// relaxed, all: compared with the reader's own thread, which has then written it itself.
  typename Atomics::template Atomic<std::uintptr_t> registrar{0}, deregistrar{0}, teller{0};
  bool deregistering = false;
  bool orphaned = false;  // nobody will ask for it: it leaves the list with its last binding
  BasicRegistrationCore* previous = nullptr;
  BasicRegistrationCore* next = nullptr;
  Binding* first_binding = nullptr;
  Binding* last_binding = nullptr;
  std::size_t attached = 0;
  Refusal refusals[kRefusalsKept]{};
  std::size_t refused = 0;
  std::uintptr_t attaching_thread = 0;  // with serialize_attach: who is in the attach callback

  /// Given to `open` first: says who is bound to run its completions, and that there are some.
  class End : public Completion {
   public:
    NMR_LOCAL explicit End(BasicRegistrationCore& whose) noexcept : Completion(&told, &whose, Claims{}) {}

   private:
    NMR_LOCAL static void told(Completion& node, void* whose) noexcept {
      if (whose != nullptr) return;
      static_cast<BasicRegistrationCore*>(static_cast<End&>(node).context())
          ->teller.store(Atomics::thread_pointer(), order::relaxed);  // relaxed: see there
    }
  };
  End end{*this};

  /// Gives back a reference to `open`. Returns what is due, for tell().
  [[nodiscard]] NMR_LOCAL Completion* let_go() noexcept { return open.release_deferred(); }
  /// Tells of the end, if it has come. Does not touch the registry: who has been told of the other side's end may
  /// have freed it. The owner may give this up in a completion.
  NMR_LOCAL void tell(Completion* due) noexcept {
    if (due == nullptr) return;
    Completion::run_each(due);
    teller.store(0, order::relaxed);  // relaxed: see there
    // [rg:2] acquire RMW, pairs with [rg:1]: what was done to it before it was given up.
    const bool given_up = (fate_.fetch_or(kTold, order::acquire) & kGivenUp) != 0;
    told.begin_rundown();  // whoever waits may free it from here on, unless it was given up
    if (given_up) delete this;
  }
  /// Says that nobody will ask for it any more. It is freed when its end has been told, by whoever tells it; here,
  /// if it has been.
  NMR_LOCAL void give_up() noexcept {
    // [rg:1] release RMW, pairs with [rg:2]: who comes second frees. Where that is this thread, `told` orders.
    if ((fate_.fetch_or(kGivenUp, order::release) & kTold) == 0) return;
    told.wait_for_rundown();  // the teller is about to begin it
    delete this;
  }

 private:
  enum : unsigned { kTold = 1, kGivenUp = 2 };
  typename Atomics::template Atomic<unsigned> fate_{0};
};

NMR_END_NAMESPACE
