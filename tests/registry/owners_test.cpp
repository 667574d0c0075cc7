// Registries that end first, and one that does not ask for the process-wide barrier.
#include <string>

#include "calls/deny_barrier.hpp"
#include "registry/fixture.hpp"
#include "support/death.hpp"
#include "support/in_place.hpp"

namespace {

/// Registers both sides, calls both ways, and leaves. Ends the process with status 1 if anything of it goes wrong.
template <class Calls>
void use(nmr::BasicNmrRegistry<TestNpi, Calls>& registry) {
  Log log;
  Provider<Calls> provider(registry, log, 1);
  Client<Calls> client(registry, log, 2);
  if (provider.enroll() != Status::kSuccess || client.enroll() != Status::kSuccess) _exit(1);
  if (call(client.attachment(), 1) != 2 || call(provider.attachment(), 1) != 2) _exit(1);
  provider.on_call = [&](auto&, int value) {
    if (client.registration.deregister() != Status::kPending) _exit(1);
    return value;
  };
  if (call(client.attachment(), 1) != 1 || call(client.attachment(), 1)) _exit(1);
  if (client.registration.wait_for_deregister_complete() != Status::kSuccess) _exit(1);
}

}  // namespace

TEST_CASE_TEMPLATE("a registry that ends before a handle that is attached is reported", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  using Registry = nmr::BasicNmrRegistry<TestNpi, Calls>;
  const Death death = run_in_child([] {
    InPlace<Registry> registry;
    typename Registry::Handle handle(registry->call_domain());
    typename Registry::Handle::Attachment binding(nullptr, nullptr);
    if (handle.attach(binding) != Status::kSuccess) _exit(1);
    registry.end();
    _exit(2);
  });
  CHECK(death.signal == SIGABRT);
  CHECK(death.output.find("destroyed while a handle that was made with it is attached") != std::string::npos);
}

TEST_CASE_TEMPLATE("a sandbox that kills whoever asks for the barrier: a registry can be told not to ask",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  const Death death = run_in_child([] {
    if (!deny_barrier(SECCOMP_RET_KILL_PROCESS)) _exit(1);
    nmr::BasicNmrRegistry<TestNpi, Calls> registry{nmr::WithoutBarrier{}};
    use(registry);
    typename nmr::BasicNmrRegistry<TestNpi, Calls>::Core core{nmr::WithoutBarrier{}};
    nmr::BasicNmrRegistry<TestNpi, Calls> view(core);
    use(view);
  });
  CHECK(death.signal == 0);
  CHECK(death.status == 0);
}
