#pragma once
#include <nmr/platform/pointer.hpp>

NMR_BEGIN_NAMESPACE
namespace wdk {

/// Returns the one object of a type, made at its first use, without allocating. It is never destroyed: threads may use it
/// while the process ends.
template <class T>
[[nodiscard]] T& immortal() noexcept {
  alignas(T) static unsigned char memory[sizeof(T)];
  static T& object = *new (platform::At{memory}) T;
  return object;
}

}  // namespace wdk
NMR_END_NAMESPACE
