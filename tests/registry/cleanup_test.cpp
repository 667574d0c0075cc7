#include <algorithm>
#include <memory>

#include "platform/threads.hpp"
#include "registry/fixture.hpp"

namespace {

/// Uses all that a registry offers, from beginning to end, in another NPI of the same core.
template <class Calls>
void use_registry(World<Calls>& world) {
  nmr::BasicNmrRegistry<SecondNpi, Calls> second(world.registry.core());
  Log log;
  {
    Provider<Calls, SecondNpi> provider(second, log, 101);
    Client<Calls, SecondNpi> client(second, log, 102);
    client.keep_detach = true;
    enroll(provider, client);
    CHECK(call(client.attachment(), 1) == 2);
    int reached = 0;
    client.registration.for_each_provider([&](auto&) { ++reached; });
    CHECK(reached == 1);
    CHECK(world.registry.snapshot().registrations.size() >= 4);
    CHECK(provider.registration.detach(provider.attachment().binding) == Status::kPending);
    client.complete(client.attachment());
    CHECK(provider.registration.deregister() == Status::kPending);
    CHECK(provider.registration.wait_for_deregister_complete() == Status::kSuccess);
  }
  CHECK(wrong_lives(log.events()) == std::string());
}

/// A module that has its context on the heap and gives it back in its cleanup, or leaves it to the registry.
template <class Calls, bool kOwnedByRegistry>
struct HeapModules {
  using Registry = nmr::BasicNmrRegistry<TestNpi, Calls>;

  struct Context {
    explicit Context(int name) : value(name) { ++alive; }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() { --alive; }
    int value;
  };
  static inline int alive = 0;
  static inline std::vector<const void*> attached;
  static inline std::vector<const void*> cleaned;

  template <class Offer>
  static Context* make(Offer& offer) {
    Context* made = nullptr;
    if constexpr (kOwnedByRegistry) {
      CHECK(offer.template make_context<Context>(1) != nullptr);
      made = offer.template make_context<Context>(2);  // replaces the first
    } else {
      made = new Context(2);
    }
    attached.push_back(made);
    return made;
  }
  static int serve(void* context, int value) { return static_cast<Context*>(context)->value * value; }
  static void detach(void* context, nmr::DetachCompletion) noexcept {
    CHECK(static_cast<Context*>(context)->value == 2);
  }
  static void cleanup(void* context) noexcept {
    CHECK(static_cast<Context*>(context)->value == 2);
    cleaned.push_back(context);
    if (!kOwnedByRegistry) delete static_cast<Context*>(context);
  }
  static constexpr TestNpi::ClientDispatch kClientDispatch{&serve};
  static constexpr TestNpi::ProviderDispatch kProviderDispatch{&serve};

  static auto client() {
    typename Registry::ClientModule module;
    module.attach_provider = [](void*, auto& offer) { return offer.accept(make(offer), &kClientDispatch); };
    module.detach_provider = &detach;
    module.cleanup_binding_context = &cleanup;
    module.module_id = nmr::ModuleId(1);
    return module;
  }
  static auto provider() {
    typename Registry::ProviderModule module;
    module.attach_client = [](void*, auto& offer) { return offer.accept(make(offer), &kProviderDispatch); };
    module.detach_client = &detach;
    module.cleanup_binding_context = &cleanup;
    module.module_id = nmr::ModuleId(2);
    return module;
  }

  static void run() {
    attached.clear();
    cleaned.clear();
    {
      const auto client_module = client();
      const auto provider_module = provider();
      Registry registry;
      typename Registry::ClientRegistration client_registration;
      typename Registry::ProviderRegistration provider_registration;
      CHECK(registry.register_client(client_module, nullptr, client_registration) == Status::kSuccess);
      CHECK(registry.register_provider(provider_module, nullptr, provider_registration) == Status::kSuccess);
      CHECK(alive == 2);
      {
        nmr::BasicCallHold<TestNpi, Calls> hold;
        client_registration.for_each_provider([&](auto& guard) { hold = guard.hold(); });
        REQUIRE(hold);
        CHECK(provider_registration.deregister() == Status::kPending);
        CHECK(hold->call(hold.context(), 21) == 42);  // the context stays as long as a call
        CHECK(cleaned.empty());
      }
      CHECK(alive == 0);
    }
    std::sort(attached.begin(), attached.end());
    std::sort(cleaned.begin(), cleaned.end());
    CHECK(attached == cleaned);
  }
};

}  // namespace

// Shows T13, T14, I5.
TEST_CASE_TEMPLATE("R59: no side is cleaned up before both are done, in whatever order that comes about",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  std::array<int, 4> order{0, 1, 2, 3};
  do {
    World<Calls> world;
    Provider<Calls> provider(world, 1);
    Client<Calls> client(world, 2);
    client.keep_detach = true;
    provider.keep_detach = true;
    enroll(provider, client);
    auto out = client.attachment().handle.try_call().hold();
    auto back = provider.attachment().handle.try_call().hold();
    CHECK(client.registration.deregister() == Status::kPending);
    for (const int next : order) {
      CHECK(world.log.count(What::kCleanup) == 0);
      switch (next) {
        case 0: client.complete(client.attachment()); break;
        case 1: provider.complete(provider.attachment()); break;
        case 2: out.leave(); break;
        default: back.leave();
      }
    }
    CHECK(client.count(What::kCleanupEnd) == 1);
    CHECK(provider.count(What::kCleanupEnd) == 1);
  } while (std::next_permutation(order.begin(), order.end()));
}

// Shows T2, T14, I8.
TEST_CASE_TEMPLATE("R60: no lock of the registry is held in any callback", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  int callbacks = 0;
  bool elsewhere = false;
  SUBCASE("what the callback does itself") { elsewhere = false; }
  SUBCASE("what another thread does meanwhile") { elsewhere = true; }
  const auto use = [&] {
    ++callbacks;
    if (elsewhere) {
      std::thread([&] { use_registry(world); }).join();  // never returns if a lock is held here
    } else {
      use_registry(world);
    }
  };
  const auto use_in_all = [&](auto& module) {
    module.on_attach = [&](auto& offer) {
      use();
      return module.accept(offer);
    };
    module.on_detach = [&](auto&, nmr::DetachCompletion) { use(); };
    module.on_cleanup = [&](auto&) { use(); };
    module.on_call = [&](auto&, int value) {
      use();
      return value;
    };
  };
  use_in_all(client);
  use_in_all(provider);
  enroll(provider, client);
  CHECK(call(client.attachment(), 1) == 1);
  provider.registration.for_each_client([&](auto& guard) {
    use();
    CHECK(guard->call(guard.context(), 1) == 1);
  });
  struct Ended : nmr::Completion {
    explicit Ended(decltype(use)& what) : Completion(&run_it, this), use_(what) {}
    static void run_it(nmr::Completion&, void* self) noexcept { static_cast<Ended*>(self)->use_(); }
    decltype(use)& use_;
  };
  Ended ended(use), at_once(use);
  CHECK(client.registration.deregister(ended) == Status::kPending);
  CHECK(client.registration.notify_deregister_complete(at_once) == Status::kSuccess);
  CHECK(callbacks == 11);  // six callbacks, two calls, one enumeration, two completions
}

TEST_CASE_TEMPLATE("R60: nor in post(), nor where a context that the registry owns is destroyed", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  struct Used {
    explicit Used(World<Calls>& its_world) : world(its_world) {}
    void use() {
      ++times;
      use_registry(world);
    }
    World<Calls>& world;
    int times = 0;
  } used(world);
  struct Owned {
    explicit Owned(Used& what) : used(what) {}
    ~Owned() { used.use(); }
    Used& used;
  };
  struct Posts : nmr::Executor {
    explicit Posts(Used& what)
        : Executor{[](nmr::Executor& self, nmr::Completion& completion) noexcept {
            static_cast<Posts&>(self).used.use();
            completion.run();
          }},
          used(what) {}
    Used& used;
  } executor(used);
  const auto owns = [&](auto& module) {
    module.on_attach = [&](auto& offer) {
      CHECK(offer.template make_context<Owned>(used) != nullptr);
      return module.accept(offer);
    };
  };
  owns(provider);
  owns(client);
  CHECK(provider.enroll() == Status::kSuccess);
  SUBCASE("of a binding that ends") {
    CHECK(client.enroll() == Status::kSuccess);
    CHECK(client.registration.deregister() == Status::kPending);
    CHECK(used.times == 2);
  }
  SUBCASE("with an executor") {
    client.module.executor = &executor;
    CHECK(client.enroll() == Status::kSuccess);
    CHECK(client.registration.deregister() == Status::kPending);
    CHECK(used.times == 4);  // posted: that the side is done, and its cleanup
  }
  SUBCASE("of a provider that refuses, and then of the client") {
    provider.on_attach = [&](auto& offer) {
      CHECK(offer.template make_context<Owned>(used) != nullptr);
      return Status::kNoInterface;
    };
    CHECK(client.enroll() == Status::kSuccess);
    CHECK(used.times == 2);
  }
}

TEST_CASE_TEMPLATE(
    "R60: a callback may deregister its own side and its peer, and complete what other bindings wait for",
    Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> first(world, 2);
  Client<Calls> second(world, 3);
  first.keep_detach = true;
  second.on_detach = [&](auto&, nmr::DetachCompletion) {
    first.complete(first.attachment());  // whose cleanup runs in here
    CHECK(first.attachment().cleaned);
  };
  second.on_cleanup = [&](auto&) {
    CHECK(provider.registration.deregister() == Status::kPending);
    CHECK(first.registration.deregister() == Status::kInvalidDeviceState);
  };
  enroll(provider, first, second);
  CHECK(first.registration.deregister() == Status::kPending);
  second.leave();
  CHECK(provider.registration.wait_for_deregister_complete() == Status::kSuccess);
  CHECK(first.registration.wait_for_deregister_complete() == Status::kSuccess);
  CHECK(world.log.count(What::kCleanup) == 4);
}

TEST_CASE_TEMPLATE("R61: cleanup gets the context of attach, and nobody uses it afterwards", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  SUBCASE("freed by the module's cleanup") { HeapModules<Calls, false>::run(); }
  SUBCASE("owned by the registry") { HeapModules<Calls, true>::run(); }
}

TEST_CASE_TEMPLATE(
    "R61: a context made for an attachment that fails is destroyed when it fails, not cleaned up", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  using Modules = HeapModules<Calls, true>;
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  bool client_refuses = false;
  SUBCASE("by the provider") {}
  SUBCASE("by the client") { client_refuses = true; }
  provider.on_attach = [](auto& offer) {
    Modules::make(offer);
    CHECK(Modules::alive == 2);
    return Status::kNoInterface;
  };
  client.on_attach = [&](auto& offer) {
    Modules::make(offer);
    if (client_refuses) return Status::kNotSupported;
    const Status status = offer.accept(nullptr, nullptr);
    CHECK(Modules::alive == 1);  // the client may still ask again
    return status;
  };
  enroll(provider, client);
  CHECK(client.count(What::kAttachEnd) == 1);
  CHECK(Modules::alive == 0);
  CHECK(world.log.count(What::kCleanup) == 0);
}
