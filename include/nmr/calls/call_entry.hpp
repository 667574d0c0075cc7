#pragma once
/// The small structs that a call is made of, on the caller's side.
#include <nmr/calls/call_record.hpp>

NMR_BEGIN_NAMESPACE

/// Which slot of a thread's record calls try first. There is one lane for each, and cells are spread over
/// them, so that calls inside of calls, through different cells, all find a slot at the first look.
template <AtomicsPolicy Atomics>
struct BasicCallLane {
  typename Atomics::template Atomic<BasicCallSlot<Atomics>*> first{nullptr};  // in a table's first record
  BasicCallDomain<Atomics>* domain = nullptr;
};

/// The place of a caller's that calls go through: what they go to now, or nothing.
template <AtomicsPolicy Atomics>
struct BasicCallCell {
  using Target = BasicCallTarget<Atomics>;

  /// In place of a target: nothing is here. Not null, so that it differs from every guess, and the check that
  /// a call makes anyway is the check for an empty cell too.
  [[nodiscard]] static Target* nothing() noexcept { return reinterpret_cast<Target*>(1); }

  typename Atomics::template Atomic<Target*> guess{nullptr};  // what current probably is; null if nothing
  typename Atomics::template Atomic<Target*> current{nothing()};  // what it is
  BasicCallLane<Atomics>* lane = nullptr;
};

/// How a call got in, or that it did not (no target). Two registers.
template <AtomicsPolicy Atomics>
struct BasicCallEntry {
  BasicCallSlot<Atomics>* slot;
  BasicCallTarget<Atomics>* target;
};

NMR_END_NAMESPACE
