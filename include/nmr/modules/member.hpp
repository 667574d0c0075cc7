#pragma once
#include <type_traits>

#include <nmr/platform/callback_boundary.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// What a member function takes and returns; nothing of what is none.
template <class F>
struct MemberFunction {
  using Signature = void;
  using Class = void;
  enum : bool { kIsOne = false, kNoexcept = false };
};
template <class F, class OfClass, bool kNoexceptToo>
struct SomeMemberFunction {
  using Signature = F;
  using Class = OfClass;
  enum : bool { kIsOne = true, kNoexcept = kNoexceptToo };
};
template <class C, class R, class... A>
struct MemberFunction<R (C::*)(A...)> : SomeMemberFunction<R(A...), C, false> {};
template <class C, class R, class... A>
struct MemberFunction<R (C::*)(A...) noexcept> : SomeMemberFunction<R(A...), C, true> {};
template <class C, class R, class... A>
struct MemberFunction<R (C::*)(A...) const> : SomeMemberFunction<R(A...), const C, false> {};
template <class C, class R, class... A>
struct MemberFunction<R (C::*)(A...) const noexcept> : SomeMemberFunction<R(A...), const C, true> {};

/// An entry of a table, without the context that it takes; and the function to put there for a member function of an
/// object that the context is the address of, built as the unit is.
template <class Entry>
struct TableEntry {
  enum : bool { kIsOne = false };
};
template <class R, class... A>
struct TableEntry<R (*)(void*, A...)> {
  using Signature = R(A...);
  enum : bool { kIsOne = true, kNoexcept = false };
  template <auto kFunction, class Object, class Unit>
  static R call(void* object, A... arguments) {
    typename MemberFunction<decltype(kFunction)>::Class& its = *static_cast<Object*>(object);
    return (its.*kFunction)(static_cast<A&&>(arguments)...);
  }
};
template <class R, class... A>
struct TableEntry<R (*)(void*, A...) noexcept> {
  using Signature = R(A...);
  enum : bool { kIsOne = true, kNoexcept = true };
  template <auto kFunction, class Object, class Unit>
  static R call(void* object, A... arguments) noexcept {
    typename MemberFunction<decltype(kFunction)>::Class& its = *static_cast<Object*>(object);
    return (its.*kFunction)(static_cast<A&&>(arguments)...);
  }
};

/// Returns the entry of a table that calls a member function of the object that is its context.
template <auto kFunction, class Object, class Entry, class Unit>
consteval Entry entry_for_member() noexcept {
  using Its = MemberFunction<decltype(kFunction)>;
  using Wanted = TableEntry<Entry>;
  static_assert(Wanted::kIsOne,
                "an entry of a table is a pointer to a function that takes the context, a void*, first");
  if constexpr (Wanted::kIsOne) {
    constexpr bool kFits = std::is_same_v<typename Its::Signature, typename Wanted::Signature>;
    static_assert(
        kFits, "the member function has to take and return what the table's entry does, but for the context");
    static_assert(!Wanted::kNoexcept || Its::kNoexcept,
                  "the table's entry is noexcept, and the member function is not");
    constexpr bool kHasIt = std::is_convertible_v<Object*, typename Its::Class*>;
    static_assert(kHasIt, "the object has no such member function, or is const and the function is not");
    if constexpr (kFits && kHasIt) return &Wanted::template call<kFunction, Object, Unit>;
  }
  return nullptr;
}

}  // namespace detail

/// A member function on its way into a table, from member<&T::f>().
template <auto kFunction>
class NMR_PUBLIC_TYPE Member {
 public:
  using Class = typename detail::MemberFunction<decltype(kFunction)>::Class;

  /// The entry of a table whose context is the address of a `Class`: of the class that declares the function, not of
  /// one that inherits it. A Provider and a Client take the address of their object for what it is.
  template <class Entry, class Unit = platform::ThisUnit>
    requires std::is_pointer_v<Entry>
  NMR_LOCAL constexpr operator Entry() const noexcept {
    return detail::entry_for_member<kFunction, Class, Entry, Unit>();
  }
};

/// Makes the entry of a table from a member function: no function that casts a void* has to be written.
///
///   struct Greeter { int greet(const char* whom); };
///   constexpr GreeterNpi::ProviderDispatch kTable{nmr::member<&Greeter::greet>()};
///
/// It takes and returns what the entry does, but for the context; is noexcept if the entry is; and may be const. Else
/// it does not compile, for a reason in one line.
///
/// Returns       what converts to the entry, at compile time.
template <auto kFunction>
consteval Member<kFunction> member() noexcept {
  static_assert(detail::MemberFunction<decltype(kFunction)>::kIsOne,
                "member<&T::f>() is for member functions that are neither static nor have && or & behind");
  return {};
}

NMR_END_NAMESPACE
