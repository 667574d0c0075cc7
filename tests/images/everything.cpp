// Every function of every type that users name, whether anything uses it or not; of which none may be visible.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <stop_token>

#include <nmr/adapters.hpp>

#include "images.hpp"

template class nmr::BasicRundownRef<nmr::StdAtomics>;
template class nmr::BasicShardedRundownRef<nmr::StdAtomics>;
template class nmr::BasicRundownGuard<nmr::RundownRef>;
template class nmr::BasicEvent<nmr::StdAtomics>;
template class nmr::BasicRetractableCompletion<nmr::StdAtomics>;
template class nmr::BasicSharedEvent<nmr::StdAtomics>;
template class nmr::SharedLockable<nmr::RundownRef>;
template class nmr::BasicScopeToken<nmr::RundownRef>;
template class nmr::BasicRundownScope<nmr::RundownRef>;
template class nmr::BasicRundownScope<nmr::ShardedRundownRef>;
template class nmr::detail::CompletionList<nmr::StdAtomics>;
template class nmr::BasicCallDomain<nmr::StdAtomics>;
template struct nmr::BasicPerThreadCalls<nmr::StdAtomics>;
template struct nmr::BasicOneWordCalls<nmr::StdAtomics>;
template class nmr::SnapshotList<nmr::BindingInfo>;
template class nmr::SnapshotList<nmr::RegistrationInfo>;
template class nmr::CallResult<int>;
template class nmr::TableOf<AddNpi::ProviderDispatch, AddNpi>;
#define NMR_OF(Calls)                                                               \
  template class nmr::BasicAttachment<AddNpi, Calls>;                               \
  template class nmr::BasicBindingHandle<AddNpi, Calls>;                            \
  template class nmr::BasicBindingTable<AddNpi, 2, Calls>;                          \
  template class nmr::BasicCallGuard<AddNpi, Calls>;                                \
  template class nmr::DetachBatch<Calls>;                                           \
  template class nmr::BasicCallHold<AddNpi, Calls>;                                 \
  template class nmr::BasicRegistryCore<Calls>;                                     \
  template class nmr::BasicNmrRegistry<AddNpi, Calls>;                              \
  template struct nmr::BasicClientModule<AddNpi, Calls>;                            \
  template struct nmr::BasicProviderModule<AddNpi, Calls>;                          \
  template class nmr::BasicRegistration<AddNpi, Calls, nmr::ModuleSide::kClient>;   \
  template class nmr::BasicRegistration<AddNpi, Calls, nmr::ModuleSide::kProvider>; \
  template class nmr::BasicProviderOffer<AddNpi, Calls>;                            \
  template class nmr::BasicClientOffer<AddNpi, Calls>;                              \
  template class nmr::BasicProvider<AddNpi, Calls>;                                 \
  template class nmr::BasicClient<AddNpi, Calls>;                                   \
  template class nmr::BasicFailoverClient<AddNpi, Calls>;                           \
  template class nmr::BasicFailoverGuard<AddNpi, Calls>;                            \
  template class nmr::detail::FailoverPlaces<AddNpi, Calls>;
NMR_OF(nmr::PerThreadCalls)
NMR_OF(nmr::OneWordCalls)

// The member templates, which those above leave out, with arguments that other images could name too.
struct Visit {
  template <class Guard>
  [[gnu::visibility("hidden")]] void operator()(Guard&&) const {}
};
struct Context {
  int value = 0;
};
struct Range {  // std::span has functions of its own, which are the user's to hide
  nmr::Refusal* first;
  nmr::Refusal* data() const { return first; }
  std::size_t size() const { return 1; }
};

template <class Calls>
[[gnu::visibility("hidden")]] void use(
    nmr::BasicNmrRegistry<AddNpi, Calls>& registry,
    nmr::BasicRegistration<AddNpi, Calls, nmr::ModuleSide::kClient>& client,
    nmr::BasicRegistration<AddNpi, Calls, nmr::ModuleSide::kProvider>& provider,
    nmr::BasicAttachment<AddNpi, Calls>& binding, nmr::BasicProviderOffer<AddNpi, Calls>& offer) {
  constexpr std::chrono::milliseconds kTime{1};
  nmr::Refusal array[2];
  const Range range{array};
  client.for_each_provider(Visit());
  provider.for_each_client(Visit());
  (void)client.wait_for_deregister_complete_for(kTime);
  (void)provider.refusals(nmr::RefusalRoom(array));
  (void)provider.refusals(nmr::RefusalRoom(range));
  (void)binding.wait_until_detached_for(kTime);
  (void)offer.template make_context<Context>();
  (void)registry.snapshot();
  nmr::BasicBindingHandle<AddNpi, Calls> handle(registry.call_domain());
  nmr::DetachBatch<Calls> batch(registry.call_domain());
  nmr::Completion done([](nmr::Completion&, void*) noexcept {}, nullptr);
  batch.add(handle);
  batch.add(handle, done);
  const nmr::Order order = std::memory_order_acquire;
  (void)static_cast<std::memory_order>(order);
}
template void use(nmr::NmrRegistry<AddNpi>&, nmr::ClientRegistration<AddNpi>&,
                  nmr::ProviderRegistration<AddNpi>&, nmr::Attachment<AddNpi>&, nmr::ProviderOffer<AddNpi>&);

struct Adder {
  int add(int value) const { return value + 1; }
  void detached() noexcept {}
};
template <class Calls>
[[gnu::visibility("hidden")]] void use(nmr::BasicNmrRegistry<AddNpi, Calls>& registry, Adder& adder) {
  const nmr::BasicProvider<AddNpi, Calls> provider(registry, nmr::ModuleId(1), {nmr::member<&Adder::add>()},
                                                   adder, {.detached = nmr::member<&Adder::detached>()});
  nmr::BasicClient<AddNpi, Calls> client(registry, nmr::ModuleId(2), adder,
                                         {.detached = nmr::member<&Adder::detached>()});
  (void)client.template call<&AddNpi::ProviderDispatch::add>(1).value_or(0);
  nmr::BasicFailoverClient<AddNpi, Calls> failover(registry, nmr::ModuleId(3));
  (void)failover.template call<&AddNpi::ProviderDispatch::add>(1).value_or(0);
  (void)failover.wait_for_provider_for(std::chrono::milliseconds(1));
  (void)failover.wait_for_provider_until(std::chrono::steady_clock::now());
  const AddNpi::ProviderDispatch table{nmr::member<&Adder::add>()};
  (void)table.add(&adder, 1);
}
template void use(nmr::NmrRegistry<AddNpi>&, Adder&);

template <class Reference>
[[gnu::visibility("hidden")]] void use(Reference& reference) {
  (void)reference.wait_for_rundown_for(std::chrono::milliseconds(1));
  (void)reference.wait_for_rundown_until(std::chrono::steady_clock::now());
}
template void use(nmr::RundownRef&);
template void use(nmr::ShardedRundownRef&);

// What co_await and a stop request come down to, with a coroutine's handle of its own.
struct Handle {
  [[gnu::visibility("hidden")]] void* address() const noexcept { return nullptr; }
  [[gnu::visibility("hidden")]] static Handle from_address(void*) noexcept { return {}; }
  [[gnu::visibility("hidden")]] void resume() const noexcept {}
};
template <class Awaiter>
[[gnu::visibility("hidden")]] void await(Awaiter&& awaiter) {
  if (!awaiter.await_ready() && !awaiter.await_suspend(Handle())) (void)awaiter.await_resume();
}
template <class Reference>
[[gnu::visibility("hidden")]] void wait(Reference& reference, nmr::Executor& executor,
                                        nmr::Completion& done) {
  const std::stop_token token;
  await(nmr::begin_rundown(reference).operator co_await());
  await(nmr::when_run_down(reference).on(executor));
  await(nmr::when_run_down(reference).or_stopped(token));
  await(nmr::when_run_down(reference).or_stopped(token, executor));
  const nmr::BeginOnStop begins(token, nmr::begin_rundown(reference), done);
}
template void wait(nmr::RundownRef&, nmr::Executor&, nmr::Completion&);
template void wait(nmr::ShardedRundownRef&, nmr::Executor&, nmr::Completion&);

extern "C" int images_start() { return 0; }
