#pragma once
#include <cstdint>

#include <nmr/binding/detach_completion.hpp>
#include <nmr/calls/one_word_calls.hpp>
#include <nmr/lifecycle/registry_core.hpp>
#include <nmr/wdk/handles.hpp>
#include <nmr/wdk/netioddk.h>

NMR_BEGIN_NAMESPACE
namespace wdk {

struct BindingName;

/// One word counts well enough: modules call each other without the registrar.
struct Calls : OneWordCalls {
  using KeptWithSide = BindingName;
};

using Offer = detail::OfferCore<Calls>;
using Core = BasicRegistryCore<Calls>;

/// A registration by its Windows names. Freed by the last of those who use it after Wait has closed it.
struct RegistrationName : Named {
  RegistrationName(HandleTable& table, const void* what) noexcept : names(table), characteristics(what) {}

  HandleTable& names;
  const void* const characteristics;
  detail::RegistrationCore<Calls>* core = nullptr;  // written before the first callback
  // Of the table's mutex:
  std::size_t users = 0;  // threads that are in a function that was given its handle
  bool closed = false;
};

/// What is kept with each side of a binding: its name, and how far its detach callback and its completion have come,
/// which may overtake each other. Belongs to the mutex of the table.
struct BindingName : Named {
  enum class Detach : std::uint8_t {
    kNotAsked,
    kInCallback,
    kPending,  // `done` is here
    kDone,  // it was dropped
  };

  const RegistrationName* owner = nullptr;
  void* context = nullptr;  // the module's own, for its detach and cleanup callbacks
  Offer* offer = nullptr;  // of a client, while its attach callback runs
  std::uintptr_t attaching_thread = 0;
  bool asking = false;  // it is in NmrClientAttachProvider
  bool completed = false;  // by the module, in whatever state: what comes early is kept here
  Detach detach = Detach::kNotAsked;
  DetachCompletion done;
};

}  // namespace wdk
NMR_END_NAMESPACE
