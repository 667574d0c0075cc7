#pragma once
/// The small structs that a call is made of, on the caller's side.
#include <cstdint>

#include <nmr/calls/call_record.hpp>

namespace nmr {

/// The place of a caller's that calls go through: what they go to now, or null.
template <AtomicsPolicy Atomics>
struct BasicCallCell {
  typename Atomics::template Atomic<BasicCallTarget<Atomics>*> current{nullptr};
  BasicCallDomain<Atomics>* domain = nullptr;
};

/// A call that found no free slot, linked into the domain from where it lives on its thread's stack.
template <AtomicsPolicy Atomics>
struct BasicSlotlessCall {
  BasicCallDomain<Atomics>* domain;
  std::uintptr_t thread;
  BasicCallTarget<Atomics>* target;
  BasicSlotlessCall* next;
  BasicSlotlessCall* previous;
};

/// How a call got in: in a slot, or without one (target alone), or not at all. Two registers.
template <AtomicsPolicy Atomics>
struct BasicCallEntry {
  BasicCallSlot<Atomics>* slot;
  BasicCallTarget<Atomics>* target;
};

}  // namespace nmr
