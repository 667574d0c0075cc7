// Waits that could never end, in the places where a thread keeps a binding without being seen inside it; and
// waits that end, though they look alike.
#include <utility>

#include "registry/fixture.hpp"
#include "support/misuse.hpp"

namespace {

/// A completion that does what a test tells it.
struct Does : nmr::Completion {
  explicit Does(std::function<void()> what) : Completion(&act, this), does(std::move(what)) {}
  static void act(Completion&, void* self) noexcept {
    auto& done = *static_cast<Does*>(self);
    ++done.runs;
    done.does();
  }
  std::function<void()> does;
  int runs = 0;
};

}  // namespace

TEST_CASE_TEMPLATE("R57: the completion of one side's deregistration may wait for the other side's", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  enroll(provider, client);
  const auto end = [](auto& module) {
    CHECK(module.registration.deregister() != Status::kSuccess);  // pending, or begun before
    return module.registration.wait_for_deregister_complete();
  };
  Status waited = Status::kNotFound;
  SUBCASE("the client's for the provider") {
    Does done([&] { waited = end(provider); });
    CHECK(client.registration.deregister(done) == Status::kPending);
    CHECK(done.runs == 1);
  }
  SUBCASE("the provider's for the client") {
    Does done([&] { waited = end(client); });
    CHECK(provider.registration.deregister(done) == Status::kPending);
    CHECK(done.runs == 1);
  }
  SUBCASE("the client's for the provider, run by the last to leave") {
    auto hold = client.attachment().handle.try_call().hold();
    Does done([&] { waited = end(provider); });
    CHECK(client.registration.deregister(done) == Status::kPending);
    CHECK(done.runs == 0);
    hold.leave();
    CHECK(done.runs == 1);
  }
  CHECK(waited == Status::kSuccess);
}

TEST_CASE_TEMPLATE(
    "R70: a context that the registry owns and that waits, as it is destroyed, for its registration", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  static Status waited;
  waited = Status::kNotFound;
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  struct Waits {
    explicit Waits(Client<Calls>& its_owner) : owner(its_owner) {}
    ~Waits() {
      (void)owner.registration.deregister();
      waited = owner.registration.wait_for_deregister_complete();
    }
    Client<Calls>& owner;
  };
  bool accepts = false;
  SUBCASE("after its cleanup") { accepts = true; }
  SUBCASE("of a client that declines") {}
  client.on_attach = [&](auto& offer) {
    CHECK(offer.template make_context<Waits>(client) != nullptr);
    return accepts ? client.accept(offer) : Status::kNoInterface;
  };
  enroll(provider, client);
  if (accepts) CHECK(client.registration.deregister() == Status::kPending);
  CHECK(waited == Status::kPossibleDeadlock);
  CHECK(client.registration.wait_for_deregister_complete() == Status::kSuccess);
}

TEST_CASE_TEMPLATE(
    "R70: inside an attach callback that has swapped a provider out, to wait for that one is to wait for "
    "oneself",
    Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> old_one(world, 1), new_one(world, 2);
  typename Client<Calls>::Handle handle(world.registry.call_domain());
  Client<Calls> client(world, 3);
  Status before = Status::kNotFound;
  Status after = Status::kNotFound;
  bool swaps = false;
  client.on_attach = [&](auto& offer) {
    if (swaps) before = old_one.registration.wait_for_deregister_complete_for(std::chrono::seconds(0));
    const Status status = client.accept(offer, &Client<Calls>::kDispatch, &handle);
    if (swaps) {
      CHECK(old_one.registration.deregister() == Status::kPending);
      after = old_one.registration.wait_for_deregister_complete();
    }
    return status;
  };
  enroll(old_one, client);
  swaps = true;
  CHECK(new_one.enroll() == Status::kSuccess);
  CHECK(before == Status::kInvalidParameter);  // its deregistration has not begun
  CHECK(after == Status::kPossibleDeadlock);
  CHECK(old_one.registration.wait_for_deregister_complete() == Status::kSuccess);
  CHECK(new_one.registration.attached() == 1);
}

TEST_CASE_TEMPLATE(
    "R70: an enumeration that stands at the next binding keeps it, while it ends the one before", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> first(world, 2), second(world, 3);
  enroll(provider, first, second);
  Status waited = Status::kNotFound;
  first.on_cleanup = [&](auto&) {
    CHECK(second.registration.deregister() == Status::kPending);
    waited = second.registration.wait_for_deregister_complete();
  };
  int visited = 0;
  provider.registration.for_each_client([&](auto&) {
    if (++visited == 1) CHECK(first.registration.deregister() == Status::kPending);
  });
  CHECK(waited == Status::kPossibleDeadlock);
  CHECK(first.registration.wait_for_deregister_complete() == Status::kSuccess);
  CHECK(second.registration.wait_for_deregister_complete() == Status::kSuccess);
}

TEST_CASE_TEMPLATE("R70: what runs as this thread registers or deregisters keeps that from its end", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  Status waited = Status::kNotFound;
  Does done([&] {
    (void)client.registration.deregister();
    waited = client.registration.wait_for_deregister_complete();
  });
  CHECK(provider.enroll() == Status::kSuccess);
  SUBCASE("the peer's completion, when the client has declined") {
    client.on_attach = [&](auto&) {
      CHECK(provider.registration.deregister(done) == Status::kPending);
      return Status::kNoInterface;
    };
    CHECK(client.enroll() == Status::kSuccess);
  }
  SUBCASE("the peer's completion, as the client's bindings are detached") {
    provider.on_detach = [&](auto&, nmr::DetachCompletion) {
      CHECK(provider.registration.deregister(done) == Status::kPending);
    };
    CHECK(client.enroll() == Status::kSuccess);
    CHECK(client.registration.deregister() == Status::kPending);
  }
  SUBCASE("what the peer is told, asked for by another thread") {
    provider.on_detach = [&](auto&, nmr::DetachCompletion) {
      std::thread([&] {
        CHECK(provider.registration.deregister() == Status::kPending);
        CHECK(provider.registration.notify_deregister_complete(done) == Status::kSuccess);
      }).join();
    };
    CHECK(client.enroll() == Status::kSuccess);
    CHECK(client.registration.deregister() == Status::kPending);
  }
  CHECK(done.runs == 1);
  CHECK(waited == Status::kPossibleDeadlock);
  CHECK(client.registration.wait_for_deregister_complete() == Status::kSuccess);
}

TEST_CASE_TEMPLATE(
    "R70: to register keeps a registration from its end, though its binding is gone, in the detach callback "
    "of what that has replaced",
    Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  typename Provider<Calls>::Handle handle(world.registry.call_domain());
  Provider<Calls> provider(world, 1);
  provider.on_attach = [&](auto& offer) {
    return provider.accept(offer, &Provider<Calls>::kDispatch, &handle);
  };
  Client<Calls> replaced(world, 2), client(world, 3);
  Status waited = Status::kNotFound;
  Status elsewhere = Status::kNotFound;
  replaced.on_detach = [&](auto&, nmr::DetachCompletion) {
    CHECK(client.registration.deregister() == Status::kPending);
    CHECK(client.count(What::kCleanup) == 1);
    waited = client.registration.wait_for_deregister_complete();
    std::thread([&] {
      elsewhere = client.registration.wait_for_deregister_complete_for(std::chrono::seconds(0));
    }).join();
  };
  enroll(provider, replaced, client);
  CHECK(waited == Status::kPossibleDeadlock);
  CHECK(elsewhere == Status::kTimeout);
  CHECK(client.registration.wait_for_deregister_complete() == Status::kSuccess);
}

TEST_CASE_TEMPLATE("R70: what runs before this thread goes on with a binding keeps it from its end", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  using Handle = typename Client<Calls>::Handle;
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Handle handle(world.registry.call_domain());
  Client<Calls> client(world, 2);
  client.on_attach = [&](auto& offer) { return client.accept(offer, &Client<Calls>::kDispatch, &handle); };
  Status waited = Status::kNotFound;
  const auto wait_for_both = [&] {
    (void)client.registration.deregister();
    (void)provider.registration.deregister();
    waited = client.registration.wait_for_deregister_complete();
    CHECK(provider.registration.wait_for_deregister_complete() == waited);
  };
  Does done(wait_for_both);
  const auto detach = [&](auto end) {  // the way out of the registry's binding that runs `done`
    enroll(provider, client);
    CHECK(handle.detach(done));
    end();
  };
  SUBCASE("detached by hand") {
    detach([&] { CHECK(provider.registration.deregister() == Status::kPending); });
  }
  SUBCASE("detached by name") {
    detach([&] { CHECK(client.registration.detach(client.attachment().binding) == Status::kPending); });
  }
  SUBCASE("detached by hand, and kept") {
    client.keep_detach = true;
    detach([&] {
      CHECK(provider.registration.deregister() == Status::kPending);
      client.complete_all();
    });
  }
  SUBCASE("replaced by hand") {
    nmr::BasicAttachment<TestNpi, Calls> by_hand(nullptr, nullptr);
    enroll(provider, client);
    CHECK(handle.attach(by_hand, done) == Status::kSuccess);
    CHECK(provider.registration.deregister() == Status::kPending);
    CHECK(handle.detach());
  }
  SUBCASE("detached by hand, with another thread's call") {
    enroll(provider, client);
    std::atomic<int> step{0};
    std::thread late([&] {
      const auto guard = handle.try_call();
      step = 1;
      while (step < 2) std::this_thread::yield();
    });
    while (step < 1) std::this_thread::yield();
    CHECK(handle.detach(done));
    CHECK(provider.registration.deregister() == Status::kPending);
    step = 2;
    late.join();
  }
  SUBCASE("in a visit") {
    enroll(provider, client);
    client.registration.for_each_provider([&](auto&) {
      CHECK(handle.detach(done));
      std::thread([&] { CHECK(provider.registration.deregister() == Status::kPending); }).join();
    });
  }
  CHECK(done.runs == 1);
  CHECK(waited == Status::kPossibleDeadlock);
  CHECK(client.registration.wait_for_deregister_complete() == Status::kSuccess);
  CHECK(provider.registration.wait_for_deregister_complete() == Status::kSuccess);
}

TEST_CASE_TEMPLATE("R57: completions of one end may wait for it, and for the ends of others", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  enroll(provider, client);
  Status own = Status::kNotFound;
  Status others = Status::kNotFound;
  Does done([&] {
    own = client.registration.wait_for_deregister_complete();
    (void)provider.registration.deregister();
    others = provider.registration.wait_for_deregister_complete();
    client.registration = {};
    CHECK(provider.registration.wait_for_deregister_complete() == Status::kSuccess);
  });
  CHECK(client.registration.deregister(done) == Status::kPending);
  CHECK(own == Status::kSuccess);
  CHECK(others == Status::kSuccess);
  CHECK_FALSE(client.registration);
}

TEST_CASE_TEMPLATE("R70: when this thread has gone on, a wait is no wait for oneself any more", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  client.keep_detach = true;
  enroll(provider, client);
  CHECK(provider.registration.deregister() ==
        Status::kPending);  // this thread has asked both, and is through
  CHECK(provider.registration.wait_for_deregister_complete_for(std::chrono::seconds(0)) == Status::kTimeout);
  client.complete_all();
  CHECK(provider.registration.wait_for_deregister_complete() == Status::kSuccess);
}

TEST_CASE_TEMPLATE(
    "bad input: detaching a registry's handle by hand refuses calls, and does not wait for ever", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  enroll(provider, client);
  auto& handle = client.attachment().handle;
  Does done([] {});
  SUBCASE("waiting") { CHECK(handle.detach_and_wait() == Status::kInvalidDeviceState); }
  SUBCASE("with a completion") {
    CHECK(handle.detach(done));
    CHECK(done.runs == 0);
  }
  CHECK_FALSE(call(client.attachment(), 1).has_value());
  CHECK(call(provider.attachment(), 1) == 2);
  CHECK(client.registration.attached() == 1);
  client.leave();
  CHECK(client.count(What::kCleanup) == 1);
  CHECK(done.runs <= 1);
}

TEST_CASE_TEMPLATE("bad input: a context made after accept() is refused; the one that was given away stays",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  MisuseTrap trap;
  const auto late = [&](auto& module, auto& offer) {
    const Status status = module.accept(offer);
    CHECK(offer.template make_context<int>(1) == nullptr);
    return status;
  };
  provider.on_attach = [&](auto& offer) { return late(provider, offer); };
  client.on_attach = [&](auto& offer) { return late(client, offer); };
  enroll(provider, client);
  CHECK(trap.count() == 2);
  CHECK(trap.operation() == "make_context");
  CHECK(call(client.attachment(), 1) == 2);
}

namespace {

/// As where there is no thread pointer to be had.
struct NoThreadPointer : nmr::StdAtomics {
  static std::uintptr_t thread_pointer() noexcept { return 0; }
};

}  // namespace

TEST_CASE("without a thread pointer a wait is never taken for one for oneself") {
  using Calls = nmr::BasicOneWordCalls<NoThreadPointer>;
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  client.keep_detach = true;
  enroll(provider, client);
  CHECK(client.registration.deregister() == Status::kPending);
  CHECK(client.registration.wait_for_deregister_complete_for(std::chrono::seconds(0)) == Status::kTimeout);
  client.complete_all();
  CHECK(client.registration.wait_for_deregister_complete() == Status::kSuccess);
}
