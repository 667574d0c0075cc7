// Ten typical mistakes, one for each MISTAKE, which tests/headers/check.py counts. The words behind SAYS stand in what a
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
#if MISTAKE == 5  // SAYS AtomicsPolicy
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

}  // namespace
