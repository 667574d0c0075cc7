#pragma once
#include <cstddef>
#include <cstdint>

#include <nmr/binding/attachment_core.hpp>
#include <nmr/lifecycle/skin.hpp>
#include <nmr/lifecycle/vocabulary.hpp>
#include <nmr/platform/completion.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

template <CallsPolicy Calls>
struct NMR_PUBLIC_TYPE RegistrationCore;
template <CallsPolicy Calls>
struct BindingCore;

/// A binding context that the registry owns, if the module asked it to.
struct OwnedContext {
  void* object = nullptr;
  void (*destroy)(void* object) noexcept = nullptr;

  void reset() noexcept {
    if (object != nullptr) destroy(object);
    object = nullptr;
  }
};

/// One side of a binding: its way to the other side, and how far it has come with detaching.
///
/// `outgoing` counts all that keeps this side from being done:
///
///   - its calls in flight, and its holds;
///   - from attach on, the duty to detach, which becomes the DetachCompletion;
///   - from the begin of the detach until its detach callback has returned, that callback.
///
/// When that count has run down the side is done, whichever of these was the last.
template <CallsPolicy Calls>
struct BindingSide : KeptWithSide<Calls>::Type {
  using Registration = RegistrationCore<Calls>;
  using Cell = typename Calls::Cell;
  using Atomics = typename Calls::Atomics;
  using Step = void (*)(BindingSide& side) noexcept;

  BindingSide(BindingCore<Calls>& whole, Registration& whose, typename Calls::Domain& domain) noexcept
      : binding(whole), registration(whose), own_cell(domain), cell(&own_cell) {
    outgoing.set_owner(&whole);
  }

  BindingCore<Calls>& binding;
  Registration& registration;
  AttachmentCore<Calls> outgoing;
  Cell own_cell;
  Cell* cell;  // where its calls go through: a handle of the module's, or own_cell
  OwnedContext owned;
  Completion detached{&complete_detach, this};  // what its DetachCompletion completes
  /// The side's next step: run when the count has run down, and again for each step, on an executor if there is one.
  class Advance : public Completion {
   public:
    explicit Advance(BindingSide& whose) noexcept : Completion(&take_step, &whose, Claims{}) {}
    [[nodiscard]] BindingSide& whose() const noexcept { return *static_cast<BindingSide*>(context()); }
  };
  Advance advance{*this};
  AtomicOf<Atomics, std::uintptr_t> leaver{0};  // the thread that is bound to run it
  Step next_step = nullptr;
  BindingCore<Calls>* previous = nullptr;  // in the registration's list
  BindingCore<Calls>* next = nullptr;
  bool was_attached = false;  // so its detach and cleanup callbacks are called

 private:
  static void complete_detach(Completion&, void* self) noexcept {
    static_cast<BindingSide*>(self)->outgoing.refs().release();
  }
  static void take_step(Completion& node, void* self) noexcept {
    if (self == nullptr) {
      // Bound to run this. Before it comes to this, the thread may run other completions of the same end, and these may
      // wait for this side.
      // relaxed: compared with the reader's own thread, which has then written it itself; so everywhere.
      auto& claimed = static_cast<Advance&>(node).whose();
      return claimed.leaver.store(Atomics::thread_pointer(), order::relaxed);
    }
    auto& side = *static_cast<BindingSide*>(self);
    side.next_step(side);
  }
};

/// One client registration paired with one provider registration: what NMR calls a binding. A nmr::Attachment is one
/// side's way of it. State and links belong to the registry's mutex.
template <CallsPolicy Calls>
struct BindingCore {
  using Registration = RegistrationCore<Calls>;
  using Side = BindingSide<Calls>;

  BindingCore(BindingId name, Registration& c, Registration& p, typename Calls::Domain& domain) noexcept
      : id(name), client(*this, c, domain), provider(*this, p, domain) {}

  [[nodiscard]] Side& side_of(ModuleSide which) noexcept {
    return which == ModuleSide::kClient ? client : provider;
  }
  [[nodiscard]] Side& peer_of(const Side& side) noexcept { return &side == &client ? provider : client; }
  /// Returns the context that a side gave: the one that its peer's calls take.
  [[nodiscard]] void* context_of(const Side& side) noexcept { return peer_of(side).outgoing.context(); }

  /// Returns true if the thread has yet to call back about this binding, or is bound to go on with one of its sides.
  [[nodiscard]] bool is_kept_by(std::uintptr_t thread) const noexcept {
    // relaxed, both: see there
    const bool goes_on =
        client.leaver.load(order::relaxed) == thread || provider.leaver.load(order::relaxed) == thread;
    return listed_by == thread || goes_on;
  }

  const BindingId id;
  BindingState state = BindingState::kOffered;
  bool detach_requested = false;  // while it was being attached
  bool refusal_noted = false;  // by the side that refused; the client hands the same status through
  std::uint8_t sides_left = 0;  // not done yet
  BindingCore* next_in_batch = nullptr;
  /// The thread that has this binding on its list, and has yet to call back about it. Means nothing while the binding
  /// is attached. Nobody asks then: who waits has deregistered, and that has put the binding on a list again.
  std::uintptr_t listed_by = 0;
  unsigned posting = 0;  // calls of post() about it that have not returned
  Side client;
  Side provider;
};

}  // namespace detail
NMR_END_NAMESPACE
