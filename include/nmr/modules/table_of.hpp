#pragma once
#include <concepts>
#include <type_traits>

#include <nmr/modules/member.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// A member function, called on an `Object`: that may inherit it.
template <auto kFunction, class Object, class Unit>
struct MemberOf {
  template <class Entry>
    requires std::is_pointer_v<Entry>
  constexpr operator Entry() const noexcept {
    return entry_for_member<kFunction, Object, Entry, Unit>();
  }
};

template <class Object, class Unit, auto kFunction>
constexpr MemberOf<kFunction, Object, Unit> bind(Member<kFunction>) noexcept {
  return {};
}
template <class Object, class Unit, class Entry>
constexpr Entry bind(Entry entry) noexcept {
  return entry;
}

/// Stands for any entry of a table, but not for the table, where entries are counted.
template <class Dispatch>
struct AnyEntry {
  template <class Entry>
    requires(!std::same_as<Entry, Dispatch>)
  operator Entry() const noexcept;
};

template <class Dispatch, class... Entries>
concept TakesEntries = requires(Entries... entries) { Dispatch{entries...}; };

}  // namespace detail

/// A table whose functions are members of `Object`, and take the address of one as their context. Made where it is
/// wanted, from member functions in the order of the table, `{nmr::member<&T::f>(), nmr::member<&T::g>()}`; or from a
/// table that there is already. What is none of a member, a null pointer or a VersionHeader, stays as it is.
template <class Dispatch, class Object>
class NMR_PUBLIC_TYPE TableOf {
 public:
  NMR_LOCAL constexpr TableOf(const Dispatch& table) noexcept : table_(table) {}
  template <class... Entries, class Unit = platform::ThisUnit>
    requires(!std::same_as<Entries, TableOf> && ...) && (!std::same_as<Entries, Dispatch> && ...)
  NMR_LOCAL constexpr TableOf(Entries... entries) noexcept : table_{detail::bind<Object, Unit>(entries)...} {
    static_assert(!detail::TakesEntries<Dispatch, decltype(detail::bind<Object, Unit>(entries))...,
                                        detail::AnyEntry<Dispatch>>,
                  "the table has more entries than were given");
  }

  /// Returns the table, as a provider or a client hands it to its peer.
  [[nodiscard]] NMR_LOCAL constexpr const Dispatch& table() const noexcept { return table_; }

 private:
  Dispatch table_;
};

NMR_END_NAMESPACE
