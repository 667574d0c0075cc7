#pragma once
#include <cstdint>
#include <type_traits>

#include <nmr/binding/detach_completion.hpp>
#include <nmr/lifecycle/vocabulary.hpp>
#include <nmr/modules/member.hpp>
#include <nmr/platform/completion.hpp>

NMR_BEGIN_NAMESPACE

/// Who a Provider or a Client is, and where its end runs: what a module says of itself besides its callbacks. A
/// ModuleId alone will do, and `{id, &characteristics}`.
///
/// Lifetime      what it points to stays as long as the Provider or the Client.
template <class Characteristics>
struct NMR_PUBLIC_TYPE ModuleSettings {
  NMR_LOCAL constexpr ModuleSettings(ModuleId id, const Characteristics* of_module = nullptr,
                                     Executor* runs_its_end = nullptr) noexcept
      : module_id(id), characteristics(of_module), executor(runs_its_end) {}

  ModuleId module_id;
  const Characteristics* characteristics;
  Executor* executor;  ///< as BasicClientModule::executor
  std::uint32_t number = 0;
  std::uint16_t npi_version = 0;
  bool serialize_attach = false;  ///< as BasicClientModule::serialize_attach
};

namespace detail {

/// Sets what a module says of itself.
template <class Module, class Settings>
void describe(Module& module, const Settings& settings) noexcept {
  module.module_id = settings.module_id;
  module.number = settings.number;
  module.npi_version = settings.npi_version;
  module.characteristics = settings.characteristics;
  module.executor = settings.executor;
  module.serialize_attach = settings.serialize_attach;
}

}  // namespace detail

/// A member function of an object to be called on an occasion, or none.
template <class Object, class Entry>
class NMR_PUBLIC_TYPE Hook {
 public:
  NMR_LOCAL constexpr Hook() noexcept = default;
  template <auto kFunction, class Unit = platform::ThisUnit>
  NMR_LOCAL constexpr Hook(Member<kFunction>) noexcept
      : entry_(detail::entry_for_member<kFunction, Object, Entry, Unit>()) {}

  /// Returns the function, which takes the address of the object first, or null.
  [[nodiscard]] NMR_LOCAL constexpr Entry entry() const noexcept { return entry_; }

 private:
  Entry entry_ = nullptr;
};

/// What an object wants to be asked and told of its bindings, each with a member function of its own or not at all:
/// `{.attached = nmr::member<&Display::attached>()}`. All are callbacks of a module, with no lock held.
///
/// Ordering      of each binding: `wants`, then `attached`, then `detaching`, then `detached`. With a swap `attached`
///               of the new one comes before `detaching` of the old one.
template <class Object, class Offer>
struct NMR_PUBLIC_TYPE ModuleHooks {
  /// bool wants(const Offer&): whether to attach to this peer. May throw, which declines too.
  Hook<Object, bool (*)(void*, const Offer&)> wants{};
  /// void attached(const Offer&): the peer has agreed, and a Client may call it. If it throws, it has been in vain: the
  /// peer alone is told, and neither of those below is called.
  Hook<Object, void (*)(void*, const Offer&)> attached{};
  /// void detaching(nmr::DetachCompletion) noexcept: new calls are refused from now on. To drop what it is given says
  /// done, to keep it says pending. Must not block.
  Hook<Object, void (*)(void*, DetachCompletion) noexcept> detaching{};
  /// void detached() noexcept: both sides are done, the last call has left.
  Hook<Object, void (*)(void*) noexcept> detached{};
};

NMR_END_NAMESPACE
