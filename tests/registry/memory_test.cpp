// Memory that runs out: at each point in turn. And what never asks for any: everything that ends something.
#include <chrono>
#include <memory>

#include "platform/counted_completion.hpp"
#include "registry/fixture.hpp"
#include "support/alloc.hpp"

namespace {

/// Lets the registry own a module's contexts: two allocations in each attach callback, the module's only
/// ones.
template <class Module, class Calls>
void own_attachments(Module& module, World<Calls>& world) {
  using Attachment = typename Module::Attachment;
  module.on_attach = [&](auto& offer) {
    auto* made = offer.template make_context<Attachment>(module, world.registry.call_domain(), offer);
    if (made != nullptr)
      made = offer.template make_context<Attachment>(module, world.registry.call_domain(), offer);
    if (made == nullptr) return Status::kInsufficientResources;
    return offer.accept(made->handle, made, &module.kDispatch);
  };
}

/// Registers `module` with each allocation failing in turn. Whatever fails, nothing is left of it, and
/// `bystander`, which is attached to one of the peers, does not notice. Returns how many allocations there
/// are.
template <class Module, class Calls, class Bystander>
std::size_t fail_each_allocation(World<Calls>& world, Module& module, Bystander& bystander,
                                 std::size_t peers) {
  for (std::size_t nth = 1;; ++nth) {
    CAPTURE(nth);
    const alloc::Scope scope;
    Status status = Status::kSuccess;
    bool happened = false;
    {
      const alloc::FailNth fail(nth);
      status = module.enroll();
      happened = fail.happened();
    }
    const std::size_t attached = module.registration.attached();
    std::array<nmr::Refusal, 8> refusals{};
    const std::size_t refused = module.registration.refusals(refusals);
    const bool refused_for_memory = refused == 0 || refusals[0].status == Status::kInsufficientResources;
    module.registration = {};
    const auto live = scope.live();
    CHECK(live == 0);
    CHECK(refused_for_memory);
    CHECK(call(bystander, 1) == 2);
    CHECK(world.registry.snapshot().bindings.size() == 1);
    if (status != Status::kSuccess) {
      CHECK(status == Status::kInsufficientResources);
      CHECK(attached == 0);
      CHECK(refused == 0);
    } else {
      CHECK(attached == (happened ? peers - 1 : peers));
      CHECK((refused != 0) == happened);
    }
    if (!happened) return nth - 1;
  }
}

}  // namespace

TEST_CASE_TEMPLATE("no memory: each allocation of a client's registration and of all contexts fails once",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> first(world, 1);
  Provider<Calls> second(world, 2);
  Client<Calls> bystander(world, 3);
  Client<Calls> client(world, 4);
  enroll(first, bystander);
  own_attachments(first, world);
  own_attachments(second, world);
  own_attachments(client, world);
  bystander.answer = Status::kNoInterface;
  CHECK(second.enroll() == Status::kSuccess);
  CHECK(call(bystander.attachment(), 1) == 2);  // this thread is known from here on
  // The registration; for each provider a binding and two contexts of either side.
  CHECK(fail_each_allocation(world, client, bystander.attachment(), 2) == 1 + 2 + 2 * 4);
}

TEST_CASE_TEMPLATE("no memory: each allocation of a provider's registration and of all contexts fails once",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Client<Calls> first(world, 1);
  Client<Calls> second(world, 2);
  Provider<Calls> bystander(world, 3);
  Provider<Calls> provider(world, 4);
  enroll(first, bystander);
  own_attachments(first, world);
  own_attachments(second, world);
  own_attachments(provider, world);
  bystander.answer = Status::kNoInterface;
  CHECK(second.enroll() == Status::kSuccess);
  CHECK(call(bystander.attachment(), 1) == 2);
  CHECK(fail_each_allocation(world, provider, bystander.attachment(), 2) == 1 + 2 + 2 * 4);
}

TEST_CASE_TEMPLATE(
    "no memory: a thread that cannot be registered calls all the same, and detach waits for it", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  enroll(provider, client);
  auto& attachment = client.attachment();
  int result = -1;
  bool refused = false;
  bool cleaned_early = true;
  bool wanted_memory = false;
  {
    const alloc::FailNth fail(1);
    auto guard = attachment.handle.try_call();
    if (guard) result = guard->call(guard.context(), 1);
    wanted_memory = fail.happened();
    (void)client.registration.deregister();
    refused = !attachment.handle.try_call();
    cleaned_early = attachment.cleaned;
    guard.leave();
  }
  CHECK(wanted_memory == std::is_same_v<Calls, nmr::PerThreadCalls>);
  CHECK(result == 2);
  CHECK(refused);
  CHECK_FALSE(cleaned_early);
  CHECK(attachment.cleaned);
}

#ifdef __cpp_exceptions

TEST_CASE_TEMPLATE("no memory: a context whose making throws refuses its peer, and leaves nothing behind",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  struct Context {
    std::unique_ptr<int> first = std::make_unique<int>(1);
    std::unique_ptr<int> second = std::make_unique<int>(2);
  };
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  client.on_attach = [&](auto& offer) {
    auto* const made = offer.template make_context<Context>();
    return made != nullptr ? Status::kNoInterface : Status::kInsufficientResources;
  };
  CHECK(provider.enroll() == Status::kSuccess);
  for (std::size_t nth = 3; nth <= 6; ++nth) {  // after the registration and the binding
    CAPTURE(nth);
    const alloc::Scope scope;
    {
      const alloc::FailNth fail(nth);
      (void)client.enroll();
    }
    std::array<nmr::Refusal, 1> refusal;
    const std::size_t refused = client.registration.refusals(refusal);
    client.registration = {};
    const auto live = scope.live();
    CHECK(refused == 1);
    CHECK(refusal[0].status == (nth == 3   ? Status::kInsufficientResources
                                : nth <= 5 ? Status::kUnhandledException
                                           : Status::kNoInterface));
    CHECK(live == 0);
  }
}

TEST_CASE_TEMPLATE("no memory: a snapshot throws, and the registry goes on", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  enroll(provider, client);
  std::size_t thrown = 0;
  for (std::size_t nth = 1;; ++nth) {
    const alloc::Scope scope;
    bool happened = false;
    std::size_t seen = 0;
    {
      const alloc::FailNth fail(nth);
      try {
        seen = world.registry.snapshot().bindings.size();
      } catch (const std::bad_alloc&) {
        ++thrown;
      }
      happened = fail.happened();
    }
    const auto live = scope.live();
    CHECK(live == 0);
    CHECK(seen == (happened ? 0 : 1));
    if (!happened) break;
  }
  CHECK(thrown >= 2);
  CHECK(call(client.attachment(), 1) == 2);
}

#endif

TEST_CASE_TEMPLATE("no allocation: calling, at any depth, holding, enumerating and being refused", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  const int kDeepest = 2 * nmr::StdAtomics::kCallSlots;  // beyond the thread's slots
  enroll(provider, client);
  auto& attachment = client.attachment();
  provider.on_call = [&](auto&, int value) {
    return value == 0 ? 0 : 1 + call(attachment, value - 1).value_or(-1000);
  };
  CHECK(call(attachment, 0) == 0);  // from here on this thread is known

  const alloc::Scope scope;
  const int depth = call(attachment, kDeepest).value_or(-1);
  auto hold = attachment.handle.try_call().hold();
  auto duplicate = hold.duplicate();
  const int through_hold = duplicate->call(duplicate.context(), 0);
  int visits = 0;
  client.registration.for_each_provider([&](auto& guard) { visits += guard ? 1 : 0; });
  provider.registration.for_each_client([&](auto& guard) { visits += guard ? 1 : 0; });
  hold.leave();
  duplicate.leave();
  const Status detached = client.registration.detach(attachment.binding);
  const bool refused = !attachment.handle.try_call();
  const std::size_t made = scope.made();
  CHECK(made == 0);
  CHECK(depth == kDeepest);
  CHECK(through_hold == 0);
  CHECK(visits == 2);
  CHECK(detached == Status::kPending);
  CHECK(refused);
}

TEST_CASE_TEMPLATE("no allocation: what a swap replaces is detached, and what is given up", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  std::unique_ptr<typename World<Calls>::Registry::Core> core;  // stays where anything was given up
  World<Calls> world;
  Provider<Calls> first(world, 1);
  Provider<Calls> second(world, 2);
  typename Client<Calls>::Handle handle(world.registry.call_domain());
  Client<Calls> client(world, 3);
  client.on_attach = [&](auto& offer) { return client.accept(offer, &Client<Calls>::kDispatch, &handle); };
  enroll(first, client);
  // What a callback notes is not the registry's: what is made by a swap is made where nothing is replaced, too.
  const auto made_by = [&](Provider<Calls>& provider) {
    const alloc::Scope scope;
    const Status status = provider.enroll();
    const std::size_t made = scope.made();
    CHECK(status == Status::kSuccess);
    return made;
  };
  const std::size_t made_by_a_swap = made_by(second);
  CHECK(first.count(What::kCleanup) == 1);
  second.leave();
  Provider<Calls> third(world, 4);
  CHECK(made_by(third) == made_by_a_swap);
  CHECK(third.registration.attached() == 1);
  {
    const alloc::Scope scope;
    third.registration.abandon();
    client.registration.abandon();
    const std::size_t made = scope.made();
    CHECK(made == 0);
  }
  core.reset(&world.registry.core());
  CHECK(third.count(What::kCleanup) == 1);
}

TEST_CASE_TEMPLATE(
    "no allocation: deregistering, waiting, completing and destroying, while calls are in progress", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  constexpr std::chrono::nanoseconds kNow{0};
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  std::list<Client<Calls>> clients;
  for (std::uint64_t i = 0; i < 4; ++i) {
    auto& client = clients.emplace_back(world, 10 + i);
    client.keep_detach = true;
    CHECK(client.enroll() == Status::kSuccess);
  }
  provider.keep_detach = true;
  CHECK(provider.enroll() == Status::kSuccess);
  for (auto& client : clients) CHECK(call(client.attachment(), 1) == 2);
  CountedCompletion told;
  CountedCompletion told_too;
  std::size_t made = 0;
  std::array<Status, 6> statuses{};
  {
    auto guard = clients.front().attachment().handle.try_call();
    const alloc::Scope scope;
    statuses[0] = provider.registration.deregister(told);
    statuses[1] = clients.front().registration.deregister();
    statuses[2] = provider.registration.wait_for_deregister_complete_for(kNow);
    statuses[3] = clients.back().registration.detach(clients.back().attachment().binding);
    statuses[4] = provider.registration.notify_deregister_complete(told_too);
    for (auto& client : clients) client.complete(client.attachment());
    for (std::size_t i = 0; i < clients.size(); ++i) provider.complete(provider.attachment(i));
    guard.leave();
    statuses[5] = provider.registration.wait_for_deregister_complete();
    provider.registration = {};
    clients.back().registration = {};
    made = scope.made();
  }
  CHECK(made == 0);
  const bool waits_for_itself =
      std::is_same_v<Calls, nmr::PerThreadCalls>;  // inside the guarded call; a word cannot tell
  CHECK(statuses == std::array{Status::kPending, Status::kPending,
                               waits_for_itself ? Status::kPossibleDeadlock : Status::kTimeout,
                               Status::kNotFound, Status::kSuccess, Status::kSuccess});
  CHECK(told.runs() == 1);
  CHECK(told_too.runs() == 1);
  CHECK(world.log.count(What::kCleanup) == 8);
}
