#pragma once
#include <cstddef>
#include <new>

#include <nmr/binding/binding_handle.hpp>
#include <nmr/platform/pointer.hpp>

NMR_BEGIN_NAMESPACE

/// Handles over one domain, by number: a handle needs its domain from the first, and does not move, so that an array of
/// them cannot be made as others are. For registries of one's own whose places are known beforehand.
///
/// Lifetime      as each handle's: nothing is attached when it goes (trapped), and the domain goes later.
template <Npi N, std::size_t kSize, CallsPolicy Calls>
class NMR_PUBLIC_TYPE BasicBindingTable {
 public:
  using Handle = BasicBindingHandle<N, Calls>;

  NMR_LOCAL explicit BasicBindingTable(typename Calls::Domain& domain) noexcept {
    for (std::size_t i = 0; i != kSize; ++i) new (platform::At{memory_ + i * sizeof(Handle)}) Handle(domain);
  }
  BasicBindingTable(const BasicBindingTable&) = delete;
  BasicBindingTable& operator=(const BasicBindingTable&) = delete;
  NMR_LOCAL ~BasicBindingTable() {
    for (Handle& handle : *this) handle.~Handle();
  }

  /// Returns how many handles there are.
  [[nodiscard]] NMR_LOCAL static constexpr std::size_t size() noexcept { return kSize; }
  /// Returns one of them.
  /// Progress      wait-free.
  /// Precondition  index < size().
  [[nodiscard]] NMR_LOCAL Handle& operator[](std::size_t index) noexcept { return begin()[index]; }
  /// Returns where they begin and end: they lie one behind the other.
  /// Progress      wait-free.
  [[nodiscard]] NMR_LOCAL Handle* begin() noexcept { return reinterpret_cast<Handle*>(memory_); }
  /// As above.
  [[nodiscard]] NMR_LOCAL Handle* end() noexcept { return begin() + kSize; }

 private:
  alignas(Handle) unsigned char memory_[kSize * sizeof(Handle)];
};

template <Npi N, std::size_t kSize>
using BindingTable = BasicBindingTable<N, kSize, PerThreadCalls>;

NMR_END_NAMESPACE
