// A plug-in that is built apart from its host: with another version of the headers, another compiler or other settings.
// Visibility is what the compiler makes of it by default.
#include "images.hpp"

namespace {

int add(void* context, int value) { return value + *static_cast<const int*>(context); }
constexpr AddNpi::ProviderDispatch kAdd{&add};
int g_one = 1;

struct Adder {
  int add(int value) const { return value + one; }
  int one = 1;
};

template <class Calls>
struct Modules {
  using Registry = nmr::BasicNmrRegistry<AddNpi, Calls>;

  Modules() noexcept {
    provider.module_id = client.module_id = nmr::ModuleId(std::uint64_t{7});
    provider.attach_client = [](void*, nmr::BasicClientOffer<AddNpi, Calls>& offer) {
      return offer.accept(&g_one, &kAdd);
    };
    provider.detach_client = [](void*, nmr::DetachCompletion) noexcept {};
    client.attach_provider = [](void*, nmr::BasicProviderOffer<AddNpi, Calls>& offer) {
      return offer.accept(nullptr);
    };
    client.detach_provider = [](void*, nmr::DetachCompletion) noexcept {};
  }

  typename Registry::ProviderModule provider;
  typename Registry::ClientModule client;
  typename Registry::ProviderRegistration provides;
  typename Registry::ClientRegistration uses;
  nmr::BasicAttachment<AddNpi, Calls> binding{&kAdd, &g_one};
};
Modules<nmr::PerThreadCalls>* g_per_thread = nullptr;
Modules<nmr::OneWordCalls>* g_one_word = nullptr;

template <class Calls>
Modules<Calls>*& modules() {
  if constexpr (requires { typename Calls::Domain::Record; }) {
    return g_per_thread;
  } else {
    return g_one_word;
  }
}

template <class Calls>
int call(nmr::BasicBindingHandle<AddNpi, Calls>& handle) {
  const auto guard = handle.try_call();
  return guard ? guard->add(guard.context(), 41) : -1;
}

template <class Calls>
void start(const Place<Calls>& place, Answers& answers) {
  auto& mine = *(modules<Calls>() = new Modules<Calls>);
  answers.attach = static_cast<std::int32_t>(place.handle->attach(mine.binding));
  const bool agreed = answers.attach == 0;
  answers.sum = agreed ? call(*place.handle) : -1;
  if (agreed) (void)place.handle->detach_and_wait();
  {
    Adder adder;
    const nmr::BasicProvider<AddNpi, Calls> provider(*place.registry, nmr::ModuleId(8),
                                                     {nmr::member<&Adder::add>()}, adder);
    nmr::BasicClient<AddNpi, Calls> client(*place.registry, nmr::ModuleId(9));
    answers.typed_provider = static_cast<std::int32_t>(provider.status());
    answers.typed_client = static_cast<std::int32_t>(client.status());
    if (client.template call<&AddNpi::ProviderDispatch::add>(41).value_or(-1) != answers.sum)
      answers.sum = -2;
  }
  answers.provider =
      static_cast<std::int32_t>(place.registry->register_provider(mine.provider, nullptr, mine.provides));
  answers.client =
      static_cast<std::int32_t>(place.registry->register_client(mine.client, nullptr, mine.uses));
  const auto fault = place.registry->registration_fault(mine.client, mine.uses);
  if (fault != (agreed ? nmr::RegistrationFault::kRegistrationInUse : nmr::RegistrationFault::kOtherLibrary))
    answers.sum = -3;
}

template <class Calls>
void stop() {
  delete modules<Calls>();
}

}  // namespace

extern "C" bool images_start(Host* host, Answers* per_thread, Answers* one_word) {
  start(host->per_thread, *per_thread);
  start(host->one_word, *one_word);
  const auto guard = nmr::try_guard(*host->reference);
  return static_cast<bool>(guard);
}
extern "C" int images_call(Host* host) {
  return call(*host->per_thread.handle) + call(*host->one_word.handle);
}
extern "C" void images_stop(Host*) {
  stop<nmr::PerThreadCalls>();
  stop<nmr::OneWordCalls>();
}
