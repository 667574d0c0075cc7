#pragma once
/// What `<utility>` and `<new>` have for pointers, in functions that stay in their image.
#include <concepts>
#include <cstddef>
#include <nmr/platform/config.hpp>

NMR_BEGIN_NAMESPACE
namespace platform {

/// Returns what the pointer was; now it is null.
template <class T>
[[nodiscard]] constexpr T* take(T*& pointer) noexcept {
  T* const taken = pointer;
  pointer = nullptr;
  return taken;
}

template <class T>
constexpr void swap_pointers(T*& one, T*& other) noexcept {
  T* const before = one;
  one = other;
  other = before;
}

/// Where an object is to be made: `new (platform::At{memory}) T`.
struct At {
  void* memory;
};

}  // namespace platform
NMR_END_NAMESPACE

// Templates, to be as hidden as the type that they are for. GCC takes each such template for a declaration that shadows
// the library's functions.
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif
template <std::same_as<nmr::platform::At> A>
void* operator new(std::size_t, A at) noexcept {
  return at.memory;
}
template <std::same_as<nmr::platform::At> A>
void operator delete(void*, A) noexcept {}
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
