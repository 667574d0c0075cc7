// The whole of it on one screen: an interface, a provider, a client, a guarded call, and the provider
// leaving.
#include <nmr/registry.hpp>

#include <cstdio>

struct GreeterNpi {
  static constexpr nmr::NpiId kId{
      {0x6b1d2f0a, 0x93c4, 0x4e57, {0xa1, 0x08, 0x5d, 0x77, 0x30, 0xc2, 0x19, 0xee}}};
  struct ProviderDispatch {
    int (*greet)(void* context, const char* whom);
  };
};
using Greeter = nmr::BindingHandle<GreeterNpi>;

int greet(void* greeting, const char* whom) {
  return std::printf("%s, %s\n", static_cast<const char*>(greeting), whom);
}
constexpr GreeterNpi::ProviderDispatch kGreeter{&greet};

/// Calls whatever provider there is. Returns false if there is none, or it is on its way out.
bool call(Greeter& greeter) {
  const auto guard = greeter.try_call();  // while it lives, the provider's code and data stay
  return guard && guard->greet(guard.context(), "world") > 0;
}

int main() {
  nmr::NmrRegistry<GreeterNpi> registry;

  Greeter greeter(registry.calls());  // the client's side: a place to call through
  nmr::ClientModule<GreeterNpi> client;
  client.module_id = nmr::ModuleId(std::uint64_t{1});
  client.attach_provider = [](void* handle, nmr::ProviderOffer<GreeterNpi>& offer) {
    return offer.accept(*static_cast<Greeter*>(handle), nullptr);
  };
  client.detach_provider = [](void*, nmr::DetachCompletion) noexcept {
  };  // to drop it says: done, but for my calls
  nmr::ClientRegistration<GreeterNpi> clients_registration;
  if (registry.register_client(client, &greeter, clients_registration) != nmr::Status::kSuccess) return 1;

  char hello[] = "hello";
  nmr::ProviderModule<GreeterNpi> provider;
  provider.module_id = nmr::ModuleId(std::uint64_t{2});
  provider.attach_client = [](void* greeting, nmr::ClientOffer<GreeterNpi>& offer) {
    return offer.accept(greeting, &kGreeter);
  };
  provider.detach_client = [](void*, nmr::DetachCompletion) noexcept {};
  {
    nmr::ProviderRegistration<GreeterNpi> registration;  // its destructor waits for the last call
    if (registry.register_provider(provider, hello, registration) != nmr::Status::kSuccess) return 1;
    if (!call(greeter)) return 1;
  }
  return call(greeter) ? 1 : 0;  // the provider is gone: refused, as a value
}
