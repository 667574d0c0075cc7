// Detaching a client module from a provider module that it is calling, twice: by hand, as the Network Module
// Registrar of Windows asks of the author of every module, and with the library. Both under load: no call may
// run into a provider that has gone.
#include <nmr/registry.hpp>

#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <semaphore>
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

/// Stands for the registrar, which waits until the client says that it has detached.
using BindingHandle = std::binary_semaphore*;
void NmrClientDetachProviderComplete(BindingHandle binding) { binding->release(); }
enum Status { kSuccess, kPending };

struct ClientBindingContext {
  BindingHandle binding;
  const AddNpi::ProviderDispatch* dispatch;
  void* provider_context;
  std::mutex lock;
  bool detaching = false;
  unsigned calls_in_progress = 0;
};

/// Returns false if the provider is being detached.
bool call_provider(ClientBindingContext& context, int value, int& result) {
  {
    const std::lock_guard guard(context.lock);
    if (context.detaching) return false;
    ++context.calls_in_progress;
  }
  result = context.dispatch->add(context.provider_context, value);
  bool last;
  {
    const std::lock_guard guard(context.lock);
    last = --context.calls_in_progress == 0 && context.detaching;
  }
  if (last) NmrClientDetachProviderComplete(context.binding);  // the context may be gone from here on
  return true;
}

/// ClientDetachProvider: must not block.
Status detach_provider(ClientBindingContext& context) {
  const std::lock_guard guard(context.lock);
  context.detaching = true;
  return context.calls_in_progress == 0 ? kSuccess : kPending;
}

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
  std::binary_semaphore detached(0);
  by_hand::ClientBindingContext context{&detached, &kAddDispatch, number.get(), {}};
  return under_load([&](int value, int& result) { return by_hand::call_provider(context, value, result); },
                    [&] {
                      if (by_hand::detach_provider(context) == by_hand::kPending) detached.acquire();
                      *number = 0;
                      number.reset();
                    });
}

long detach_with_library() {
  auto number = std::make_unique<int>(42);
  nmr::NmrRegistry<AddNpi> registry;
  with_library::Client client{nmr::BindingHandle<AddNpi>(registry.calls())};

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
