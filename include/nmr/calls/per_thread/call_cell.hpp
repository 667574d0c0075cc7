#pragma once
#include <nmr/calls/per_thread/call_lane.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// The place that calls go through, in a caller's handle: what they go to now, or nothing.
template <AtomicsPolicy Atomics>
struct CallCell {
  using Target = BasicCallTarget<Atomics>;

  /// In place of a target: nothing is here. Not null, so that it differs from every guess: the check that a call makes
  /// anyway is the check for an empty cell too.
  [[nodiscard]] static Target* nothing() noexcept { return reinterpret_cast<Target*>(1); }

  /// Makes the guess what the cell was seen to hold. Two threads that changed the cell may have written the guess in
  /// the other order: then it stays wrong until this corrects it.
  void correct_guess(Target* seen) noexcept {
    Target* const right = seen != nothing() ? seen : nullptr;
    // relaxed: a guess, validated by those who use it.
    if (guess.load(order::relaxed) != right) guess.store(right, order::relaxed);
  }

  AtomicOf<Atomics, Target*> guess{nullptr};  // what current probably is; null if nothing
  AtomicOf<Atomics, Target*> current{nothing()};  // what it is
  CallLane<Atomics>* lane = nullptr;
};

/// How a call got in, or that it did not (no target). Two registers.
template <AtomicsPolicy Atomics>
struct CallEntry {
  CallSlot<Atomics>* slot;
  BasicCallTarget<Atomics>* target;
};

}  // namespace detail
NMR_END_NAMESPACE
