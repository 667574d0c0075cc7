// Detaching a client module from a provider module that it is calling, twice: by hand, by the Windows names, as the
// Network Module Registrar asks of the author of every module; and with the library. Both under load: no call may run
// into a provider that has gone.
#define NMR_WDK_IMPLEMENTATION  // the one file of the program
#include <nmr/registry.hpp>
#include <nmr/wdk/netioddk.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "expect.hpp"

namespace {

/// The interface: a provider adds its number to a value.
struct AddNpi {
  static constexpr nmr::NpiId kId{
      {0x0b7c55d1, 0x9e02, 0x4f6d, {0xa8, 0x3b, 0x62, 0x1f, 0xc4, 0x90, 0x5e, 0x77}}};
  struct ProviderDispatch {
    int (*add)(void* provider_context, int value);
  };
};

/// The provider's side is the same for both: its number goes when the detach is complete.
int add(void* provider_context, int value) { return value + *static_cast<int*>(provider_context); }
constexpr AddNpi::ProviderDispatch kAddDispatch{&add};

namespace by_hand {

/// The client module's context for one binding.
struct ClientBindingContext {
  HANDLE nmr_binding_handle = nullptr;
  void* provider_binding_context = nullptr;
  const AddNpi::ProviderDispatch* provider_dispatch = nullptr;
  bool detaching = false;
  unsigned calls_in_progress = 0;
};

/// The client module's context for its registration, which outlives the bindings.
struct Client {
  std::mutex lock;
  ClientBindingContext* binding = nullptr;
};
Client the_client;

NTSTATUS ClientAttachProvider(HANDLE nmr_binding_handle, void* client_context, PNPI_REGISTRATION_INSTANCE) {
  auto& client = *static_cast<Client*>(client_context);
  auto* const binding = new (std::nothrow) ClientBindingContext;
  if (binding == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  binding->nmr_binding_handle = nmr_binding_handle;
  const void* dispatch = nullptr;
  const NTSTATUS status = NmrClientAttachProvider(nmr_binding_handle, binding, nullptr,
                                                  &binding->provider_binding_context, &dispatch);
  if (!NT_SUCCESS(status)) {
    delete binding;  // no cleanup callback comes
    return status;
  }
  binding->provider_dispatch = static_cast<const AddNpi::ProviderDispatch*>(dispatch);
  const std::lock_guard guard(client.lock);
  client.binding = binding;
  return status;
}

/// Returns false if there is no provider, or it is being detached.
bool call_provider(Client& client, int value, int& result) {
  ClientBindingContext* binding;
  {
    const std::lock_guard guard(client.lock);
    binding = client.binding;
    if (binding == nullptr || binding->detaching) return false;
    ++binding->calls_in_progress;
  }
  result = binding->provider_dispatch->add(binding->provider_binding_context, value);
  bool last;
  {
    const std::lock_guard guard(client.lock);
    last = --binding->calls_in_progress == 0 && binding->detaching;
  }
  // Runs the cleanup callback, perhaps: the binding context may be gone from here on.
  if (last) NmrClientDetachProviderComplete(binding->nmr_binding_handle);
  return true;
}

/// From now on no call begins. Must not block: the last call in progress completes the detach.
NTSTATUS ClientDetachProvider(void* client_binding_context) {
  auto& binding = *static_cast<ClientBindingContext*>(client_binding_context);
  const std::lock_guard guard(the_client.lock);
  binding.detaching = true;
  return binding.calls_in_progress == 0 ? STATUS_SUCCESS : STATUS_PENDING;
}

void ClientCleanupBindingContext(void* client_binding_context) {
  {
    const std::lock_guard guard(the_client.lock);
    the_client.binding = nullptr;
  }
  delete static_cast<ClientBindingContext*>(client_binding_context);
}

constexpr NPIID kNpiId{0x0b7c55d1, 0x9e02, 0x4f6d, {0xa8, 0x3b, 0x62, 0x1f, 0xc4, 0x90, 0x5e, 0x77}};
constexpr NPI_MODULEID kClientId{sizeof(NPI_MODULEID), MIT_GUID, {{0x0b7c55d2, 0, 0, {}}}};
constexpr NPI_MODULEID kProviderId{sizeof(NPI_MODULEID), MIT_GUID, {{0x0b7c55d3, 0, 0, {}}}};
const NPI_CLIENT_CHARACTERISTICS kClient{
    0,
    sizeof(NPI_CLIENT_CHARACTERISTICS),
    ClientAttachProvider,
    ClientDetachProvider,
    ClientCleanupBindingContext,
    {0, sizeof(NPI_REGISTRATION_INSTANCE), &kNpiId, &kClientId, 0, nullptr}};

/// A provider that calls nobody is done with a detach at once.
const NPI_PROVIDER_CHARACTERISTICS kProvider{
    0,
    sizeof(NPI_PROVIDER_CHARACTERISTICS),
    [](HANDLE, void* number, PNPI_REGISTRATION_INSTANCE, void*, const void*, void** context,
       const void** dispatch) {
      *context = number;
      *dispatch = &kAddDispatch;
      return NTSTATUS{STATUS_SUCCESS};
    },
    [](void*) { return NTSTATUS{STATUS_SUCCESS}; },
    nullptr,
    {0, sizeof(NPI_REGISTRATION_INSTANCE), &kNpiId, &kProviderId, 0, nullptr}};

}  // namespace by_hand

namespace with_library {

struct Client {
  nmr::BindingHandle<AddNpi> provider;
};

/// Returns false if the provider is being detached.
bool call_provider(Client& client, int value, int& result) {
  const auto call = client.provider.try_call();
  if (!call) return false;
  result = call->add(call.context(), value);
  return true;
}

/// ClientDetachProvider: nothing is left to do. The client is done when its last call has left.
void detach_provider(void*, nmr::DetachCompletion) noexcept {}

}  // namespace with_library

/// Calls from four threads until each has been refused, and detaches meanwhile. Returns how many calls got
/// in.
template <class Call, class Detach>
long under_load(Call call, Detach detach_and_free) {
  std::atomic<long> calls = 0;
  std::atomic<bool> wrong = false;
  std::vector<std::thread> callers;
  for (int i = 0; i != 4; ++i) {
    callers.emplace_back([&] {
      int result = 0;
      for (int value = 0; call(value, result); value = (value + 1) % 1000) {
        ++calls;
        if (result != value + 42) wrong = true;
      }
    });
  }
  while (calls < 1000) std::this_thread::yield();
  detach_and_free();
  for (auto& caller : callers) caller.join();
  expect(!wrong, "every call that got in reached a provider that was there");
  return calls;
}

long detach_by_hand() {
  auto number = std::make_unique<int>(42);
  HANDLE provides = nullptr;
  HANDLE uses = nullptr;
  expect(NmrRegisterProvider(&by_hand::kProvider, number.get(), &provides) == STATUS_SUCCESS,
         "register provider");
  expect(NmrRegisterClient(&by_hand::kClient, &by_hand::the_client, &uses) == STATUS_SUCCESS,
         "register client");
  const long calls = under_load(
      [](int value, int& result) { return by_hand::call_provider(by_hand::the_client, value, result); },
      [&] {
        expect(NmrDeregisterProvider(provides) == STATUS_PENDING, "deregister provider");
        expect(NmrWaitForProviderDeregisterComplete(provides) == STATUS_SUCCESS, "wait for provider");
        *number = 0;
        number.reset();
      });
  expect(NmrDeregisterClient(uses) == STATUS_PENDING, "deregister client");
  expect(NmrWaitForClientDeregisterComplete(uses) == STATUS_SUCCESS, "wait for client");
  return calls;
}

long detach_with_library() {
  auto number = std::make_unique<int>(42);
  nmr::NmrRegistry<AddNpi> registry;
  with_library::Client client{nmr::BindingHandle<AddNpi>(registry.call_domain())};

  nmr::ProviderModule<AddNpi> provider;
  provider.module_id = nmr::ModuleId(std::uint64_t{1});
  provider.attach_client = [](void* context, nmr::ClientOffer<AddNpi>& offer) {
    return offer.accept(context, &kAddDispatch);
  };
  nmr::ClientModule<AddNpi> module;
  module.module_id = nmr::ModuleId(std::uint64_t{2});
  module.attach_provider = [](void* context, nmr::ProviderOffer<AddNpi>& offer) {
    return offer.accept(static_cast<with_library::Client*>(context)->provider, context);
  };
  module.detach_provider = &with_library::detach_provider;

  nmr::ProviderRegistration<AddNpi> provides;
  nmr::ClientRegistration<AddNpi> uses;
  expect(registry.register_provider(provider, number.get(), provides) == nmr::Status::kSuccess,
         "register provider");
  expect(registry.register_client(module, &client, uses) == nmr::Status::kSuccess, "register client");
  return under_load(
      [&](int value, int& result) { return with_library::call_provider(client, value, result); },
      [&] {
        expect(provides.deregister() == nmr::Status::kPending, "deregister");
        expect(provides.wait_for_deregister_complete() == nmr::Status::kSuccess, "wait");
        *number = 0;
        number.reset();
      });
}

}  // namespace

int main() {
  constexpr int kRounds = 20;
  for (int round = 0; round != kRounds; ++round) {
    expect(detach_by_hand() > 0 && detach_with_library() > 0, "calls were made");
  }
  std::printf(
      "detached %d times by hand and %d times with the library, under load: no call met a provider that had "
      "gone\n",
      kRounds, kRounds);
}
