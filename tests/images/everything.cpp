// Every function of every type that users name, whether anything uses it or not; of which none may be visible.
#include "images.hpp"

template class nmr::BasicRundownRef<nmr::StdAtomics>;
template class nmr::BasicShardedRundownRef<nmr::StdAtomics>;
template class nmr::BasicRundownGuard<nmr::RundownRef>;
template class nmr::BasicEvent<nmr::StdAtomics>;
template class nmr::BasicCompletionList<nmr::StdAtomics>;
template class nmr::BasicCallDomain<nmr::StdAtomics>;
template struct nmr::BasicPerThreadCalls<nmr::StdAtomics>;
template struct nmr::BasicOneWordCalls<nmr::StdAtomics>;
template class nmr::SnapshotList<nmr::BindingInfo>;
template class nmr::SnapshotList<nmr::RegistrationInfo>;
#define NMR_OF(Calls)                                                               \
  template class nmr::BasicBinding<AddNpi, Calls>;                                  \
  template class nmr::BasicBindingHandle<AddNpi, Calls>;                            \
  template class nmr::BasicCallGuard<AddNpi, Calls>;                                \
  template class nmr::BasicCallHold<AddNpi, Calls>;                                 \
  template class nmr::BasicRegistryCore<Calls>;                                     \
  template class nmr::BasicNmrRegistry<AddNpi, Calls>;                              \
  template struct nmr::BasicClientModule<AddNpi, Calls>;                            \
  template struct nmr::BasicProviderModule<AddNpi, Calls>;                          \
  template class nmr::BasicRegistration<AddNpi, Calls, nmr::ModuleSide::kClient>;   \
  template class nmr::BasicRegistration<AddNpi, Calls, nmr::ModuleSide::kProvider>; \
  template class nmr::BasicProviderOffer<AddNpi, Calls>;                            \
  template class nmr::BasicClientOffer<AddNpi, Calls>;
NMR_OF(nmr::PerThreadCalls)
NMR_OF(nmr::OneWordCalls)

extern "C" int images_start() { return 0; }
