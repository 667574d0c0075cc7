#include "registry/fixture.hpp"
#include "support/alloc.hpp"

namespace {

/// Makes each allocation of a module's registration fail, in turn. Returns how many there are.
template <class Module, class Peer, class Calls>
std::size_t fail_each_allocation(World<Calls>& world, Peer& late, Module& module) {
  module.answer = Status::kNoInterface;  // so that nothing but the registry allocates
  for (std::size_t nth = 1;; ++nth) {
    const alloc::Scope scope;
    Status status = Status::kSuccess;
    bool happened = false;
    {
      const alloc::FailNth fail(nth);
      status = module.enroll();
      happened = fail.happened();
    }
    const auto live = scope.live();
    if (!happened) {
      CHECK(status == Status::kSuccess);
      return nth - 1;
    }
    CHECK(status == Status::kInsufficientResources);
    CHECK(live == 0);
    CHECK_FALSE(module.registration);
    CHECK(world.log.empty());
    const auto all = world.registry.snapshot();
    CHECK(all.registrations.size() == 2);
    CHECK(all.bindings.empty());
    {
      typename Peer::Registration later;
      CHECK(late.enroll(later) == Status::kSuccess);
      CHECK(world.log.empty());  // it was not offered what failed
    }
  }
}

}  // namespace

TEST_CASE_TEMPLATE(
    "R11: no memory at any point of register: an error, nothing remains, and no peer is or will be asked",
    Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  SUBCASE("a client") {
    Provider<Calls> first(world, 1);
    Provider<Calls> second(world, 2);
    enroll(first, second);
    Provider<Calls> late(world, 3);
    Client<Calls> client(world, 4);
    CHECK(fail_each_allocation(world, late, client) >= 3);  // the registration, and a binding with each peer
    CHECK(client.count(What::kAttach) == 2);
  }
  SUBCASE("a provider") {
    Client<Calls> first(world, 1);
    Client<Calls> second(world, 2);
    first.answer = Status::kNoInterface;
    second.answer = Status::kNoInterface;
    enroll(first, second);
    Client<Calls> late(world, 3);
    Provider<Calls> provider(world, 4);
    CHECK(fail_each_allocation(world, late, provider) >= 3);
    CHECK(first.count(What::kAttach) == 1);
    CHECK(second.count(What::kAttach) == 1);
  }
}
