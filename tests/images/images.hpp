#pragma once
/// What a host and a plug-in that were built apart agree on: C functions, an NPI, and pointers to what is the host's.
#include <nmr/nmr.hpp>

struct AddNpi {
  static constexpr nmr::NpiId kId{
      {0x2f6c1a53, 0x08d1, 0x4be2, {0x9a, 0x41, 0x77, 0xd0, 0x3c, 0x5e, 0x86, 0x12}}};
  struct ProviderDispatch {
    int (*add)(void* context, int value);
  };
};

template <class Calls>
struct Place {
  nmr::BasicNmrRegistry<AddNpi, Calls>* registry;
  typename Calls::Domain* domain;
  nmr::BasicBindingHandle<AddNpi, Calls>* handle;  // of the host's; attached by the registry, or by hand
};

/// What a plug-in answers: codes of nmr::Status, and sums.
struct Answers {
  std::int32_t provider;  // register_provider()
  std::int32_t client;  // register_client()
  std::int32_t typed_provider;  // of a Provider, which has gone again
  std::int32_t typed_client;  // of a Client, likewise
  std::int32_t attach;  // attach() of a binding of its own to the host's handle
  int sum;  // a call through the host's handle, or -1
};

struct Host {
  Place<nmr::PerThreadCalls> per_thread;
  Place<nmr::OneWordCalls> one_word;
  nmr::RundownRef* reference;  // has no version: its layout is for good
};

using Start = bool (*)(Host* host, Answers* per_thread, Answers* one_word);
using Call = int (*)(Host* host);
using Stop = void (*)(Host* host);
