// A plug-in that uses every public type of the library, and its functions: each would bring along what keeps it in memory.
// It has no symbol that does, and is unloaded by the host in each of the ways that host.cpp lists.
#include "plugin.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include <nmr/modules.hpp>
#include <nmr/rundown.hpp>

namespace {

using std::chrono::milliseconds;

int g_added = 1;  // in the data of the plug-in

int echo(void* context, int value) noexcept { return value + *static_cast<int*>(context); }
int told(void*, int value) noexcept { return value + 2; }
constexpr EchoNpi::ProviderDispatch kProviderDispatch{&echo};
constexpr EchoNpi::ClientDispatch kClientDispatch{&told};
constexpr nmr::Guid kGuid{0x11d6a3e5, 0x7a44, 0x4c62, {0x83, 0x5f, 0x10, 0xd9, 0x2e, 0x6b, 0x90, 0xcc}};

nmr::BasicAttachment<EchoNpi, nmr::PerThreadCalls> g_binding(&kProviderDispatch, &g_added);
nmr::BasicAttachment<EchoNpi, nmr::OneWordCalls> g_one_word_binding(&kProviderDispatch, &g_added);
nmr::Executor g_here{[](nmr::Executor&, nmr::Completion& completion) noexcept { completion.run(); }};

template <class Ref>
bool use_rundown(Ref& ref) {
  auto guard = nmr::try_guard(ref);
  auto second = guard.duplicate();
  nmr::Event event;
  bool good = ref.begin_rundown(event) == nmr::RundownState::kPending && !nmr::try_guard(ref);
  good = !ref.wait_for_rundown_for(milliseconds(1)) && good;
  guard.reset();
  {
    const auto dropped = std::move(second);
  }
  event.wait();
  ref.rundown_completed();
  ref.reinitialize();
  good = ref.try_acquire(2) && good;
  ref.release(2);
  ref.run_down();
  ref.wait_for_rundown();
  good = ref.wait_for_rundown_until(std::chrono::steady_clock::now()) && good;
  second = std::move(guard);
  second.swap(guard);
  return good && ref.run_down_already() && ref.rundown_begun();
}

template <class Handle>
bool nest(Handle& handle, int depth) {
  const auto call = handle.try_call();
  return call && call->echo(call.context(), depth) == depth + 1 && (depth == 0 || nest(handle, depth - 1));
}

/// What is called where locks and memory are not to be had, and what gives up.
template <class Calls>
bool use_prepared() {
  typename Calls::Domain domain(nmr::WithoutBarrier{});
  nmr::BasicBindingHandle<EchoNpi, Calls> handle(domain);
  nmr::BasicAttachment<EchoNpi, Calls> binding(&kProviderDispatch, &g_added);
  nmr::Event nothing_replaced;
  nmr::Event freed;
  bool good = domain.prepare_thread() && handle.attach(binding, nothing_replaced) == nmr::Status::kSuccess;
  nothing_replaced.wait();
  const auto echo = [](auto& call) { return call->echo(call.context(), 4); };
  good = nmr::call_translated(handle, -1, echo, [] { return -2; }) == 5 && good;
  {
    const auto call = handle.try_call_prepared();
    good = call && handle.detach() && binding.abandon(freed) == nmr::Status::kSuccess && good;
    good = freed.in_use() && !handle.try_call_prepared() && good;
  }
  freed.wait();
  return domain.forget_this_thread() && good;
}

template <class Calls>
bool use_binding() {
  typename Calls::Domain domain;
  nmr::BasicBindingHandle<EchoNpi, Calls> handle(domain);
  nmr::BasicAttachment<EchoNpi, Calls> first(&kProviderDispatch, &g_added);
  nmr::BasicAttachment<EchoNpi, Calls> second(&kProviderDispatch, &g_added);
  bool good = !handle.try_call() && handle.attach(first) == nmr::Status::kSuccess;
  good = nest(handle, 20) && good;  // more calls at a time than a thread has slots for
  nmr::BasicCallHold<EchoNpi, Calls> hold = handle.try_call().hold();
  auto other = hold.duplicate();
  good = handle.attach(second) == nmr::Status::kSuccess && good;
  good = first.wait_until_detached_for(milliseconds(1)) == nmr::Status::kTimeout && good;
  good = other->echo(other.context(), 5) == 6 && nest(handle, 1) && good;
  good = hold && other && good;
  hold.leave();
  other = {};
  good = first.wait_until_detached() == nmr::Status::kSuccess && first.detached() && good;
  nmr::Event event;
  good = handle.detach(event) && !handle.try_call() && good;
  event.wait();
  nmr::DetachCompletion kept;
  {
    nmr::Event detached;
    nmr::DetachCompletion done(detached);
    kept = std::move(done);
    kept.complete();
    detached.wait();
  }
  return good && !kept && !handle.attached() && handle.detach_and_wait() == nmr::Status::kSuccess;
}

/// A module of either side, with the registration's state in memory of the plug-in.
template <class Calls>
struct Modules {
  using Registry = nmr::BasicNmrRegistry<EchoNpi, Calls>;

  explicit Modules(Registry& registry) : handle(registry.call_domain()) {
    provider.module_id = client.module_id = nmr::ModuleId(kGuid);
    provider.attach_client = [](void*, nmr::BasicClientOffer<EchoNpi, Calls>& offer) {
      return offer.accept(offer.template make_context<int>(1), &kProviderDispatch);
    };
    provider.detach_client = [](void*, nmr::DetachCompletion) noexcept {};
    provider.cleanup_binding_context = [](void*) noexcept {};
    client.attach_provider = [](void* self, nmr::BasicProviderOffer<EchoNpi, Calls>& offer) {
      return offer.accept(static_cast<Modules*>(self)->handle, self, &kClientDispatch);
    };
    client.detach_provider = [](void* self, nmr::DetachCompletion done) noexcept {
      static_cast<Modules*>(self)->detaching = std::move(done);  // kept until cleanup is wanted
      static_cast<Modules*>(self)->detaching.complete();
    };
    client.cleanup_binding_context = [](void*) noexcept {};
  }

  nmr::BasicBindingHandle<EchoNpi, Calls> handle;
  nmr::DetachCompletion detaching;
  typename Registry::ProviderModule provider;
  typename Registry::ClientModule client;
  typename Registry::ProviderRegistration provides;
  typename Registry::ClientRegistration uses;
};

template <class Calls>
bool use_registry() {
  nmr::BasicNmrRegistry<EchoNpi, Calls> registry;
  Modules<Calls> modules(registry);
  modules.client.executor = &g_here;
  bool good =
      registry.register_provider(modules.provider, &modules, modules.provides) == nmr::Status::kSuccess &&
      registry.register_client(modules.client, &modules, modules.uses) == nmr::Status::kSuccess &&
      registry.snapshot().bindings.size() == 1 && modules.provides.attached() == 1;
  good = nest(modules.handle, 20) && good;
  int told_back = 0;
  modules.provides.for_each_client([&](auto& call) { told_back += call->told(call.context(), 1); });
  modules.uses.for_each_provider([&](auto& call) { good = call->echo(call.context(), 1) == 2 && good; });
  auto hold = modules.handle.try_call().hold();
  good = modules.provides.deregister() == nmr::Status::kPending && told_back == 3 && good;
  good = modules.provides.wait_for_deregister_complete_for(milliseconds(1)) == nmr::Status::kTimeout && good;
  hold.leave();
  nmr::Event gone;
  good = modules.provides.notify_deregister_complete(gone) == nmr::Status::kSuccess && good;
  gone.wait();
  good = modules.provides.wait_for_deregister_complete() == nmr::Status::kSuccess && good;
  good = modules.uses.detach(nmr::BindingId::kNone) == nmr::Status::kNotFound && good;
  return good && !modules.handle.try_call() && modules.uses.refusals({}) == 0;
}

/// The other ways to agree, and to be rid of a registry.
template <class Calls>
bool use_shared_core() {
  nmr::BasicRegistryCore<Calls> core;
  nmr::BasicNmrRegistry<EchoNpi, Calls> registry(core);
  const nmr::BasicNmrRegistry<EchoNpi, Calls> other(nmr::WithoutBarrier{});
  using Back = typename nmr::BasicNmrRegistry<EchoNpi, Calls>::CallbackHandle;
  Back back(registry.call_domain());
  Modules<Calls> modules(registry);
  modules.provider.attach_client = [](void* to, nmr::BasicClientOffer<EchoNpi, Calls>& offer) {
    return offer.accept(*static_cast<Back*>(to), nullptr, &kProviderDispatch);
  };
  modules.client.attach_provider = [](void* self, nmr::BasicProviderOffer<EchoNpi, Calls>& offer) {
    const bool known = offer.binding() != nmr::BindingId::kNone && offer.characteristics() == nullptr;
    return known && offer.peer().module_id == nmr::ModuleId(kGuid) ? offer.accept(self, &kClientDispatch)
                                                                   : nmr::Status::kNoInterface;
  };
  bool good =
      &registry.core() == &core &&
      registry.register_provider(modules.provider, &back, modules.provides) == nmr::Status::kSuccess &&
      registry.register_client(modules.client, &modules, modules.uses) == nmr::Status::kSuccess;
  auto moved = std::move(modules.uses);
  modules.uses = std::move(moved);
  good = modules.uses.attached() == 1 && good;
  modules.uses.abandon();
  registry.abandon();
  return good;
}

/// An object that is called, and told, by typed modules.
struct Object {
  int add(int value) noexcept { return value + g_added; }
  int answer(int value) const noexcept { return value + 2; }
  bool wants(const auto& offer) { return offer.peer().module_id == nmr::ModuleId(kGuid); }
  void attached(const auto&) { ++begun; }
  void detaching(nmr::DetachCompletion) noexcept { ++begun; }
  void detached() noexcept { ++ended; }
  int begun = 0;
  int ended = 0;
};

template <class Module>
auto hooks() {
  using Offer = typename Module::Offer;
  return typename Module::template Hooks<Object>{.wants = nmr::member<&Object::wants<Offer>>(),
                                                 .attached = nmr::member<&Object::attached<Offer>>(),
                                                 .detaching = nmr::member<&Object::detaching>(),
                                                 .detached = nmr::member<&Object::detached>()};
}

template <class Calls>
bool use_modules() {
  using Provider = nmr::BasicProvider<EchoNpi, Calls>;
  using Client = nmr::BasicClient<EchoNpi, Calls>;
  nmr::BasicNmrRegistry<EchoNpi, Calls> registry;
  Object object;
  bool good = true;
  {
    Client client(registry, nmr::ModuleId(kGuid), {nmr::member<&Object::answer>()}, object, hooks<Client>());
    Provider provider(registry, {nmr::ModuleId(kGuid), nullptr, &g_here}, {nmr::member<&Object::add>()},
                      object, hooks<Provider>());
    const auto result = client.template call<&EchoNpi::ProviderDispatch::echo>(1);
    good = result && *result == 2 && result == 2 && result.value_or(0) == 2 && client.handle().attached() &&
           provider.status() == nmr::Status::kSuccess && client.status() == nmr::Status::kSuccess;
    provider.registration().for_each_client(
        [&](auto& call) { good = call->told(call.context(), 1) == 3 && good; });
    const auto guard = client.try_call();
    good = guard && guard->echo(guard.context(), 2) == 3 && good;
  }
  Client alone(registry, nmr::ModuleId(), {nmr::member<&Object::answer>()}, object);
  alone.abandon();
  return good && object.begun == 4 && object.ended == 2;
}

struct Table {
  nmr::VersionHeader header;
  std::uint64_t value;
};

bool use_versions() {
  constexpr Table theirs{nmr::version_header<Table>(1), 5};
  Table mine{};
  return nmr::read_versioned(&theirs, 1, mine) == nmr::Status::kSuccess && mine.value == 5 &&
         nmr::read_versioned(&theirs, 2, mine) == nmr::Status::kRevisionMismatch;
}

const char* use_everything() {
  nmr::RundownRef ref;
  nmr::ShardedRundownRef sharded;
  nmr::ShardedRundownRef opened(nmr::ShardedRundownRef::BornRunDown{});
  opened.reinitialize();
  if (!use_rundown(ref)) return "RundownRef";
  if (!use_rundown(sharded) || !use_rundown(opened)) return "ShardedRundownRef";
  if (!use_binding<nmr::PerThreadCalls>()) return "BindingHandle";
  if (!use_binding<nmr::OneWordCalls>()) return "BindingHandle, counted in one word";
  if (!use_prepared<nmr::PerThreadCalls>()) return "CallGuard";
  if (!use_prepared<nmr::OneWordCalls>()) return "CallGuard, counted in one word";
  if (!use_versions()) return "VersionHeader";
  if (!use_registry<nmr::PerThreadCalls>()) return "NmrRegistry";
  if (!use_registry<nmr::OneWordCalls>()) return "NmrRegistry, counted in one word";
  if (!use_shared_core<nmr::PerThreadCalls>()) return "RegistryCore";
  if (!use_shared_core<nmr::OneWordCalls>()) return "RegistryCore, counted in one word";
  if (!use_modules<nmr::PerThreadCalls>()) return "Provider and Client";
  if (!use_modules<nmr::OneWordCalls>()) return "Provider and Client, counted in one word";
  return nullptr;
}

int call(nmr::BindingHandle<EchoNpi>& handle, int value) {
  const auto guard = handle.try_call();
  return guard ? guard->echo(guard.context(), value) : -1;
}

std::unique_ptr<Modules<nmr::PerThreadCalls>> g_registered;

nmr::Status register_provider(nmr::NmrRegistry<EchoNpi>& registry) {
  g_registered = std::make_unique<Modules<nmr::PerThreadCalls>>(registry);
  return registry.register_provider(g_registered->provider, g_registered.get(), g_registered->provides);
}
nmr::Status register_client(nmr::NmrRegistry<EchoNpi>& registry) {
  g_registered = std::make_unique<Modules<nmr::PerThreadCalls>>(registry);
  return registry.register_client(g_registered->client, g_registered.get(), g_registered->uses);
}
int call_provider(int value) { return call(g_registered->handle, value); }
nmr::Status deregister(nmr::Completion& done) {
  return g_registered->provides ? g_registered->provides.deregister(done)
                                : g_registered->uses.deregister(done);
}
void forget() { g_registered.reset(); }

const PluginExports kExports{
    &kProviderDispatch, &g_added,         &g_binding,     &g_one_word_binding, &use_everything, &call,
    &register_provider, &register_client, &call_provider, &deregister,         &forget,
};

}  // namespace

extern "C" const PluginExports* plugin_exports() { return &kExports; }
