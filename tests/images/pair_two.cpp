// The other file.
#include "pair.hpp"

static int g_told = 0;
#ifdef HANDLER_TWO
void HANDLER_TWO(const nmr::MisuseReport&) noexcept { ++g_told; }
#endif

int misuse_in_two() {
  nmr::RundownRef ref;
  ref.release();
  return g_told;
}

int call_in_two(Registry& registry, Handle& handle) {
  static constexpr AddNpi::ProviderDispatch kAdd{
      [](void* context, int value) { return value + *static_cast<const int*>(context); }};
  static int one = 1;
  nmr::ProviderModule<AddNpi> provider;
  provider.module_id = nmr::ModuleId(std::uint64_t{2});
  provider.attach_client = [](void*, nmr::ClientOffer<AddNpi>& offer) { return offer.accept(&one, &kAdd); };
  provider.detach_client = [](void*, nmr::DetachCompletion) noexcept {};
  nmr::ProviderRegistration<AddNpi> registration;
  if (registry.register_provider(provider, nullptr, registration) != nmr::Status::kSuccess) return -1;
  if (registry.snapshot().bindings.size() != 1) return -2;
  const auto guard = handle.try_call();
  return guard ? guard->add(guard.context(), 41) : -3;
}
