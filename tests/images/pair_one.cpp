// The file with main(). Prints what is wrong, or nothing.
#include <cstdio>

#ifdef NMR_MISUSE_HANDLER
namespace nmr {
struct MisuseReport;  // as users forward-declare it
}
#endif
#include "pair.hpp"

static int g_told = 0;
#ifdef HANDLER_ONE
void HANDLER_ONE(const nmr::MisuseReport&) noexcept { ++g_told; }
#endif

int misuse_in_one() {
  nmr::RundownRef ref;
  ref.release();
  return g_told;
}

int main() {
  int wrong = 0;
#ifdef HANDLER_ONE
  if (misuse_in_one() != 1) wrong = std::puts("misuse in one was told to another's handler");
#endif
#ifdef HANDLER_TWO
  if (misuse_in_two() != 1) wrong = std::puts("misuse in two was told to another's handler");
#endif
#ifndef APART
  Registry registry;
  Handle handle(registry.call_domain());
  nmr::ClientModule<AddNpi> client;
  client.module_id = nmr::ModuleId(std::uint64_t{1});
  client.attach_provider = [](void* place, nmr::ProviderOffer<AddNpi>& offer) {
    return offer.accept(*static_cast<Handle*>(place), nullptr);
  };
  client.detach_provider = [](void*, nmr::DetachCompletion) noexcept {};
  nmr::ClientRegistration<AddNpi> registration;
  if (registry.register_client(client, &handle, registration) != nmr::Status::kSuccess)
    wrong = std::puts("client");
  if (call_in_two(registry, handle) != 42) wrong = std::puts("the call");
  if (handle.try_call()) wrong = std::puts("the provider has gone");
  if (registry.snapshot().registrations.size() != 1) wrong = std::puts("registrations");
#endif
  return wrong != 0;
}
