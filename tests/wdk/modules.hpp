#pragma once
/// Modules by their Windows names that note what happens to them and do what a test tells them:
///
///   Provider provider;                    // of kNpi; change `characteristics` and give it hooks, then register it
///   Client client;
///   CHECK(provider.enroll() == STATUS_SUCCESS);
///   CHECK(client.enroll() == STATUS_SUCCESS);
///   client.bindings.front().handle ...
///   client.leave();                       // deregisters and waits
///
/// A module that has not left by the end of its scope leaves then.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <list>
#include <mutex>

#include <netioddk.h>

inline constexpr NPIID kNpi = {0x8e1f0a52, 0x71cc, 0x4b0d, {0x9a, 0x3e, 0x52, 0x11, 0x60, 0xc7, 0x08, 0x2d}};
inline constexpr NPIID kOtherNpi = {
    0x8e1f0a52, 0x71cc, 0x4b0d, {0x9a, 0x3e, 0x52, 0x11, 0x60, 0xc7, 0x08, 0x2e}};
inline constexpr NPI_MODULEID kModuleId = {
    sizeof(NPI_MODULEID), MIT_GUID, {{0x1b1b0001, 0, 0, {0, 0, 0, 0, 0, 0, 0, 1}}}};
inline constexpr int kClientTable = 1;
inline constexpr int kProviderTable = 2;

/// One side of a binding; its binding context.
struct Side {
  HANDLE handle = nullptr;
  void* peer_context = nullptr;
  const void* peer_dispatch = nullptr;
  PNPI_REGISTRATION_INSTANCE peer = nullptr;
  NTSTATUS attached = STATUS_PENDING;  // what the provider said
  std::function<NTSTATUS(Side&)>* on_detach = nullptr;
  std::function<void(Side&)>* on_cleanup = nullptr;
  std::atomic<int> detaches = 0;
  std::atomic<int> cleanups = 0;

  NTSTATUS detach() {
    ++detaches;
    return *on_detach ? (*on_detach)(*this) : STATUS_SUCCESS;
  }
  void cleanup() {
    if (*on_cleanup) (*on_cleanup)(*this);
    ++cleanups;
  }
};

/// What both kinds of module have.
struct Module {
  std::function<NTSTATUS(Side&)>
      on_attach;  // of a client instead of to attach, of a provider instead of to agree
  std::function<NTSTATUS(Side&)> on_detach;
  std::function<void(Side&)> on_cleanup;
  std::list<Side> bindings;  // each that was ever on offer
  std::mutex mutex;
  HANDLE handle = nullptr;
  bool registered = false;

  Side& add(HANDLE binding, PNPI_REGISTRATION_INSTANCE peer) {
    const std::lock_guard lock(mutex);
    Side& side = bindings.emplace_back();
    side.handle = binding;
    side.peer = peer;
    side.on_detach = &on_detach;
    side.on_cleanup = &on_cleanup;
    return side;
  }
  [[nodiscard]] Side& last() { return bindings.back(); }
  [[nodiscard]] int detaches() const {
    int all = 0;
    for (const Side& side : bindings) all += side.detaches;
    return all;
  }
  [[nodiscard]] int cleanups() const {
    int all = 0;
    for (const Side& side : bindings) all += side.cleanups;
    return all;
  }
};

struct Client : Module {
  NPI_CLIENT_CHARACTERISTICS characteristics{
      0,
      sizeof(NPI_CLIENT_CHARACTERISTICS),
      &attach_provider,
      &detach_provider,
      &cleanup_binding_context,
      {0, sizeof(NPI_REGISTRATION_INSTANCE), &kNpi, &kModuleId, 0, nullptr}};

  Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() {
    if (registered) leave();
  }

  NTSTATUS enroll() {
    const NTSTATUS status = NmrRegisterClient(&characteristics, this, &handle);
    registered = NT_SUCCESS(status);
    return status;
  }
  void leave() {
    registered = false;
    CHECK(NmrDeregisterClient(handle) == STATUS_PENDING);
    CHECK(NmrWaitForClientDeregisterComplete(handle) == STATUS_SUCCESS);
  }
  /// What ClientAttachProvider does, for those who hook it.
  static NTSTATUS attach(Side& side) {
    side.attached =
        NmrClientAttachProvider(side.handle, &side, &kClientTable, &side.peer_context, &side.peer_dispatch);
    return side.attached;
  }

  static NPI_CLIENT_ATTACH_PROVIDER_FN attach_provider;
  static NPI_CLIENT_DETACH_PROVIDER_FN detach_provider;
  static NPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN cleanup_binding_context;
};

inline NTSTATUS Client::attach_provider(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE provider) {
  auto& client = *static_cast<Client*>(context);
  Side& side = client.add(binding, provider);
  return client.on_attach ? client.on_attach(side) : attach(side);
}
inline NTSTATUS Client::detach_provider(PVOID context) { return static_cast<Side*>(context)->detach(); }
inline void Client::cleanup_binding_context(PVOID context) { static_cast<Side*>(context)->cleanup(); }

struct Provider : Module {
  NPI_PROVIDER_CHARACTERISTICS characteristics{
      0,
      sizeof(NPI_PROVIDER_CHARACTERISTICS),
      &attach_client,
      &detach_client,
      &cleanup_binding_context,
      {0, sizeof(NPI_REGISTRATION_INSTANCE), &kNpi, &kModuleId, 0, nullptr}};

  Provider() = default;
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;
  ~Provider() {
    if (registered) leave();
  }

  NTSTATUS enroll() {
    const NTSTATUS status = NmrRegisterProvider(&characteristics, this, &handle);
    registered = NT_SUCCESS(status);
    return status;
  }
  void leave() {
    registered = false;
    CHECK(NmrDeregisterProvider(handle) == STATUS_PENDING);
    CHECK(NmrWaitForProviderDeregisterComplete(handle) == STATUS_SUCCESS);
  }

  static NPI_PROVIDER_ATTACH_CLIENT_FN attach_client;
  static NPI_PROVIDER_DETACH_CLIENT_FN detach_client;
  static NPI_PROVIDER_CLEANUP_BINDING_CONTEXT_FN cleanup_binding_context;
};

inline NTSTATUS Provider::attach_client(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE client,
                                        PVOID client_context, const void* client_dispatch, PVOID* own_context,
                                        const void** own_dispatch) {
  auto& provider = *static_cast<Provider*>(context);
  Side& side = provider.add(binding, client);
  side.peer_context = client_context;
  side.peer_dispatch = client_dispatch;
  *own_context = &side;
  *own_dispatch = &kProviderTable;
  return side.attached = provider.on_attach ? provider.on_attach(side) : STATUS_SUCCESS;
}
inline NTSTATUS Provider::detach_client(PVOID context) { return static_cast<Side*>(context)->detach(); }
inline void Provider::cleanup_binding_context(PVOID context) { static_cast<Side*>(context)->cleanup(); }
