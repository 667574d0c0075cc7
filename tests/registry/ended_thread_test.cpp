// Threads that are ended (pthread_exit, cancellation) in an attach callback: they are unwound through the registration,
// which leaves all in order. Code without exceptions cannot be unwound.
#include "registry/fixture.hpp"
#include "support/death.hpp"
#include "support/misuse.hpp"

#if defined(__cpp_exceptions) && defined(__linux__)
#include <pthread.h>

/// As the code of a registry that was made without exceptions.
struct CannotBeUnwound {
  enum : bool { kUnwinds = false };
};
template <>
struct nmr::platform::Callbacks<CannotBeUnwound>
    : nmr::platform::Callbacks<nmr::platform::UnitWithExceptions> {};

namespace {

void end_this_thread(bool by_cancelling) {
  if (by_cancelling) {
    pthread_cancel(pthread_self());
    pthread_testcancel();
  }
  pthread_exit(nullptr);
}

}  // namespace

TEST_CASE_TEMPLATE("a thread that is ended in an attach callback refuses that peer, and offers no further",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const bool cancelled : {false, true}) {
    for (const bool serial : {false, true}) {
      World<Calls> world;
      Provider<Calls> first(world, 1), second(world, 2);
      Client<Calls> client(world, 3);
      for (auto* provider : {&first, &second}) {
        provider->module.serialize_attach = serial;
        CHECK(provider->enroll() == Status::kSuccess);
      }
      client.module.serialize_attach = serial;
      bool ends = true;
      int asked = 0;
      bool accepted_before = false;
      bool in_provider = false;
      SUBCASE("the client's, at once") {}
      SUBCASE("the client's, when it has accepted") { accepted_before = true; }
      SUBCASE("the provider's") { in_provider = true; }
      first.on_attach = [&](auto& offer) {
        if (ends && in_provider) end_this_thread(cancelled);
        return first.accept(offer);
      };
      client.on_attach = [&](auto& offer) {
        ++asked;
        if (ends && !in_provider) {
          (void)offer.template make_context<int>(1);
          if (accepted_before) CHECK(client.accept(offer) == Status::kSuccess);
          end_this_thread(cancelled);
        }
        return client.accept(offer);
      };
      bool returned = false;
      std::thread([&] { returned = client.enroll() == Status::kSuccess; }).join();
      CHECK_FALSE(returned);
      CHECK(asked == 1);
      CHECK(client.registration);
      CHECK(client.registration.attached() == 0);
      nmr::Refusal refusal{};
      CHECK(client.registration.refusals({&refusal, 1}) == 1);
      CHECK(refusal.peer == first.module.module_id);
      CHECK(refusal.status == Status::kUnhandledException);
      CHECK(refusal.refused_by == (in_provider ? ModuleSide::kProvider : ModuleSide::kClient));
      CHECK(world.registry.snapshot().bindings.empty());
      CHECK(first.count(What::kDetach) == (accepted_before ? 1 : 0));
      CHECK(client.count(What::kDetach) == 0);
      // It goes on as if that peer had declined, turns included.
      ends = false;
      Provider<Calls> third(world, 4);
      CHECK(third.enroll() == Status::kSuccess);
      CHECK(client.registration.attached() == 1);
      client.leave();
      first.leave();
    }
  }
}

TEST_CASE_TEMPLATE("a thread that is ended in a call leaves the call", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  enroll(provider, client);
  SUBCASE("through a guard") {
    std::thread([&] {
      const auto guard = client.attachment().handle.try_call();
      end_this_thread(false);
    }).join();
  }
  SUBCASE("in a visit") {
    std::thread([&] { provider.registration.for_each_client([](auto&) { end_this_thread(true); }); }).join();
  }
  provider.leave();
  CHECK(client.count(What::kCleanup) == 1);
}

TEST_CASE("a thread that is ended where the registry's code cannot be unwound is reported") {
  using Registry = nmr::NmrRegistry<TestNpi>;
  const Death death = run_in_child([] {
    nmr::BasicRegistryCore<nmr::PerThreadCalls> core(CannotBeUnwound{});
    Registry registry(core);
    nmr::ClientModule<TestNpi> client;
    client.module_id = nmr::ModuleId(std::uint64_t{1});
    client.attach_provider = [](void*, nmr::ProviderOffer<TestNpi>&) -> Status {
      end_this_thread(false);
      return Status::kSuccess;
    };
    client.detach_provider = [](void*, nmr::DetachCompletion) noexcept {};
    nmr::ProviderModule<TestNpi> provider;
    provider.module_id = nmr::ModuleId(std::uint64_t{2});
    provider.attach_client = [](void*, nmr::ClientOffer<TestNpi>&) { return Status::kNoInterface; };
    provider.detach_client = [](void*, nmr::DetachCompletion) noexcept {};
    nmr::ProviderRegistration<TestNpi> of_provider;
    nmr::ClientRegistration<TestNpi> of_client;
    (void)registry.register_provider(provider, nullptr, of_provider);
    std::thread([&] { (void)registry.register_client(client, nullptr, of_client); }).join();
  });
  CHECK(death.signal == SIGABRT);
  CHECK(death.output.find("the thread was ended") != std::string::npos);
  CHECK(death.output.find("attach_provider") != std::string::npos);
}

#endif
