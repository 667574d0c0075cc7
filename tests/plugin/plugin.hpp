#pragma once
/// What the plug-in of these tests and its host share.
#include <nmr/registry.hpp>

struct EchoNpi {
  static constexpr nmr::NpiId kId{
      {0x6d1c2f0a, 0x51b3, 0x4d0e, {0x9a, 0x17, 0x3c, 0x55, 0xe2, 0x08, 0x7b, 0x41}}};
  struct ProviderDispatch {
    int (*echo)(void* context, int value) noexcept;
  };
  struct ClientDispatch {
    int (*told)(void* context, int value) noexcept;
  };
};

/// What plugin_exports() returns.
struct PluginExports {
  /// A provider to call, whose context is in the plug-in's data. echo() gives value + 1.
  const EchoNpi::ProviderDispatch* dispatch;
  void* context;
  /// Bindings to it in the plug-in's data, one for each way of counting.
  nmr::BasicAttachment<EchoNpi, nmr::PerThreadCalls>* binding;
  nmr::BasicAttachment<EchoNpi, nmr::OneWordCalls>* one_word_binding;
  /// Uses every public type of the library, with a domain and a registry of the plug-in's own. Returns the
  /// name of a part that went wrong, or null.
  const char* (*use_everything)();
  /// Calls through a handle of the host's. Returns what echo() gave, or -1 if it was refused.
  int (*call)(nmr::BindingHandle<EchoNpi>& handle, int value);

  /// Registers with the host's registry, as one of the sides. told() gives value + 2.
  nmr::Status (*register_provider)(nmr::NmrRegistry<EchoNpi>& registry);
  nmr::Status (*register_client)(nmr::NmrRegistry<EchoNpi>& registry);
  /// Calls the provider that the registered client is attached to. As call().
  int (*call_provider)(int value);
  /// Deregisters; `done` runs when that has completed. Then forget() frees the registration.
  nmr::Status (*deregister)(nmr::Completion& done);
  void (*forget)();
};
