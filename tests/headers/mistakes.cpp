// Fifteen typical mistakes, one for each MISTAKE, which tests/headers/check.py counts. The words behind SAYS stand in what a
// compiler says first; without a mistake all of this compiles.
#include <nmr/nmr.hpp>

#include <utility>

namespace {

struct EchoNpi {
#if MISTAKE != 1  // SAYS RegistrableNpi
  static constexpr nmr::NpiId kId{
#if MISTAKE != 2  // SAYS kId is all zero: give the NPI a GUID of its own
      {1, 2, 3, {}}
#endif
  };
#endif
#if MISTAKE != 3  // SAYS Npi
  struct ProviderDispatch {
    int (*echo)(void* context, int value);
  };
#endif
};

struct Calls : nmr::OneWordCalls {
#if MISTAKE == 4  // SAYS CallsPolicy
  struct Call {};
#endif
};

struct Atomics : nmr::StdAtomics {
#if MISTAKE == 5  // SAYS RundownPolicy
  struct Mutex {};
#endif
};
using Ref = nmr::BasicRundownRef<Atomics>;
using Handle = nmr::BasicBindingHandle<EchoNpi, Calls>;
using Registry = nmr::BasicNmrRegistry<EchoNpi, Calls>;

[[maybe_unused]] int call(Handle& handle) {
#if MISTAKE == 6  // SAYS give the guard a name, and look at it before the call
  return handle.try_call()->echo(nullptr, 1);
#endif
  auto guard = handle.try_call();
#if MISTAKE == 7  // SAYS stays in its scope: hold() gives what can be moved
  auto other = std::move(guard);
#endif
#if MISTAKE == 8  // SAYS no copy: duplicate() gives another
  const auto hold = guard.hold();
  const auto copy = hold;
#endif
  return guard ? guard->echo(guard.context(), 1) : -1;
}

[[maybe_unused]] nmr::Status attach(Registry::ProviderOffer& offer, Handle& handle) {
#if MISTAKE == 9  // SAYS the handle, not its address
  return offer.accept(&handle, nullptr);
#endif
  return offer.accept(handle, nullptr);
}

[[maybe_unused]] bool use(Ref& ref, Registry& registry, nmr::BasicClientModule<EchoNpi, Calls>& module,
                          Registry::ClientRegistration& registration) {
#if MISTAKE == 10  // SAYS keep the guard
  nmr::try_guard(ref);
#endif
  const auto guard = nmr::try_guard(ref);
  return guard && registry.register_client(module, nullptr, registration) == nmr::Status::kSuccess;
}

struct Echo {
  int echo(int value) { return value + 1; }
  int twice(long value) { return static_cast<int>(value * 2); }
};

struct NameNpi {
  static constexpr nmr::NpiId kId{{1, 2, 4, {}}};
  struct ProviderDispatch {
    const char* (*name)(void* context);
  };
};

[[maybe_unused]] bool use_typed(nmr::BasicNmrRegistry<EchoNpi, Calls>& registry,
                                nmr::BasicClient<NameNpi, Calls>& named) {
  using Provider = nmr::BasicProvider<EchoNpi, Calls>;
  Echo object;
#if MISTAKE == \
    11  // SAYS the member function has to take and return what the table's entry does, but for the context
  Provider wrong(registry, nmr::ModuleId(1), {nmr::member<&Echo::twice>()}, object);
#endif
#if MISTAKE == 12  // SAYS the table has more entries than were given
  Provider without(registry, nmr::ModuleId(1), {}, object);
#endif
#if MISTAKE == 13  // SAYS the object has no such member function, or is const and the function is not
  const Echo constant;
  Provider none(registry, nmr::ModuleId(1), {nmr::member<&Echo::echo>()}, constant);
#endif
  const Provider provider(registry, nmr::ModuleId(1), {nmr::member<&Echo::echo>()}, object);
  nmr::BasicClient<EchoNpi, Calls> client(registry, nmr::ModuleId(2));
#if MISTAKE == \
    14  // SAYS what is returned may be in the provider, and gone: use try_call(), and keep the guard
  if (named.call<&NameNpi::ProviderDispatch::name>()) return false;
#endif
#if MISTAKE == 15  // SAYS the entry takes other arguments than these, behind the context
  if (client.call<&EchoNpi::ProviderDispatch::echo>(nullptr, 1)) return false;
#endif
  return named.try_call() && client.call<&EchoNpi::ProviderDispatch::echo>(1) == 2;
}

}  // namespace
