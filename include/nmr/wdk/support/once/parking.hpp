#pragma once
#include <cstddef>
#include <cstdint>

#include <nmr/platform/std_atomics.hpp>
#include <nmr/wdk/support/once/immortal.hpp>

NMR_BEGIN_NAMESPACE
namespace wdk {

/// Where threads sleep for objects that have no room for a mutex, and that nobody destroys. An object's address says
/// which lot is its own; others may share it. The state of an object belongs to the mutex of its lot: so whoever has
/// changed it touches nothing of the object any more when a waiter can see the change, and that one may free it.
struct Lot {
  platform::Mutex mutex;
  platform::Condition changed;  // of any object of this lot
};

struct Lots {
  enum : std::size_t { kLots = 64 };
  Lot lots[kLots];
};

[[nodiscard]] inline Lot& lot_of(const volatile void* object) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(object);
  return immortal<Lots>().lots[(address >> 4 ^ address >> 10) % Lots::kLots];
}

}  // namespace wdk
NMR_END_NAMESPACE
