// Built with NMR_NO_THREAD_POINTER: what needs to tell no threads apart works, and the rest does not compile.
#include "moves.hpp"

#if defined(PER_THREAD)
using Calls = nmr::PerThreadCalls;
#else
using Calls = nmr::OneWordCalls;
#endif

int main() {
  typename Calls::Domain domain;
  nmr::BasicBindingHandle<EchoNpi, Calls> handle(domain);
  const EchoNpi::ProviderDispatch table{&echo};
  nmr::BasicAttachment<EchoNpi, Calls> binding(&table, nullptr);
  CHECK(handle.attach(binding) == Status::kSuccess);
  {
    const auto guard = handle.try_call();
    CHECK(guard && guard->echo(nullptr, 1) == 2);
    CHECK(binding.wait_until_detached_for(std::chrono::nanoseconds(0)) == Status::kTimeout);
  }
  CHECK(handle.detach_and_wait() == Status::kSuccess);

  nmr::BasicNmrRegistry<EchoNpi, Calls> registry;
  typename decltype(registry)::ProviderModule module;
  module.module_id = nmr::ModuleId(std::uint64_t{1});
  module.attach_client = [](void*, typename decltype(registry)::ClientOffer&) {
    return Status::kNoInterface;
  };
  module.detach_client = [](void*, nmr::DetachCompletion) noexcept {};
  typename decltype(registry)::ProviderRegistration registration;
  CHECK(registry.register_provider(module, nullptr, registration) == Status::kSuccess);
  CHECK(registration.deregister() == Status::kPending);
  CHECK(registration.wait_for_deregister_complete() == Status::kSuccess);

  nmr::ShardedRundownRef sharded(8);
  CHECK(sharded.try_acquire());
  elsewhere([&] { sharded.release(); });
  sharded.run_down();
  CHECK(!sharded.try_acquire());
  return failures != 0;
}
