// Whatever a callback does, and whatever is passed in: each binding comes to its end once, and others do not
// notice.
#include <functional>
#include <utility>

#include "registry/fixture.hpp"
#include "support/misuse.hpp"

namespace {

constexpr Status kOwnError = static_cast<Status>(-1234);  // of a module's own making

/// A way to answer an offer, and what must come of it.
template <class Module>
struct Answer {
  const char* name;
  std::function<Status(Module&, typename Module::Offer&)> give;
  int client_detaches;
  int provider_detaches;
  int misuses;
};

template <class Calls>
std::vector<Answer<Client<Calls>>> client_answers() {
  using C = Client<Calls>;
  using Offer = typename C::Offer;
  return {
      {"accepts", [](C& c, Offer& offer) { return c.accept(offer); }, 1, 1, 0},
      {"declines", [](C&, Offer&) { return Status::kNoInterface; }, 0, 0, 0},
      {"fails", [](C&, Offer&) { return kOwnError; }, 0, 0, 0},
      {"accepts twice",
       [](C& c, Offer& offer) {
         const Status first = c.accept(offer);
         CHECK(c.accept(offer) == Status::kInvalidDeviceState);
         return first;
       },
       1, 1, 0},
      {"accepts and fails", [](C& c, Offer& offer) { return (void)c.accept(offer), kOwnError; }, 0, 1, 1},
      {"says it accepted", [](C&, Offer&) { return Status::kSuccess; }, 0, 0, 1},
#ifdef __cpp_exceptions
      {"throws", [](C&, Offer&) -> Status { throw 1; }, 0, 0, 0},
      {"accepts and throws",
       [](C& c, Offer& offer) -> Status {
         (void)c.accept(offer);
         throw 1;
       },
       0, 1, 0},
#endif
  };
}

template <class Calls>
std::vector<Answer<Provider<Calls>>> provider_answers() {
  using P = Provider<Calls>;
  using Offer = typename P::Offer;
  return {
      {"accepts", [](P& p, Offer& offer) { return p.accept(offer); }, 1, 1, 0},
      {"declines", [](P&, Offer&) { return Status::kNoInterface; }, 0, 0, 0},
      {"fails", [](P&, Offer&) { return kOwnError; }, 0, 0, 0},
      {"accepts and fails", [](P& p, Offer& offer) { return (void)p.accept(offer), kOwnError; }, 0, 0, 0},
#ifdef __cpp_exceptions
      {"throws", [](P&, Offer&) -> Status { throw 1; }, 0, 0, 0},
      {"accepts and throws",
       [](P& p, Offer& offer) -> Status {
         (void)p.accept(offer);
         throw 1;
       },
       0, 0, 0},
#endif
  };
}

}  // namespace

TEST_CASE_TEMPLATE("faults: each answer of one client, among others that are attached all the same", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const auto& answer : client_answers<Calls>()) {
    CAPTURE(answer.name);
    const MisuseTrap trap;
    World<Calls> world;
    Client<Calls> before(world, 1);
    Client<Calls> faulty(world, 2);
    Client<Calls> after(world, 3);
    Provider<Calls> provider(world, 4);
    faulty.on_attach = [&](auto& offer) { return answer.give(faulty, offer); };
    for (auto* client : {&before, &faulty, &after}) CHECK(client->enroll() == Status::kSuccess);
    CHECK(provider.enroll() == Status::kSuccess);
    CHECK(trap.count() == answer.misuses);
    CHECK(provider.registration.attached() == static_cast<std::size_t>(2 + answer.client_detaches));
    CHECK(call(before.attachment(), 1) == 2);
    CHECK(call(after.attachment(), 1) == 2);
    CHECK(provider.count(What::kDetach) == answer.provider_detaches - answer.client_detaches);
    provider.leave();
    CHECK(faulty.count(What::kDetach) == answer.client_detaches);
    CHECK(faulty.count(What::kCleanup) == answer.client_detaches);
    CHECK(provider.count(What::kDetach) == 2 + answer.provider_detaches);
    CHECK(provider.count(What::kCleanup) == 2 + answer.provider_detaches);
    CHECK(trap.count() == answer.misuses);
  }
}

TEST_CASE_TEMPLATE("faults: each answer of one provider, among others that are attached all the same", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const auto& answer : provider_answers<Calls>()) {
    CAPTURE(answer.name);
    World<Calls> world;
    Provider<Calls> before(world, 1);
    Provider<Calls> faulty(world, 2);
    Provider<Calls> after(world, 3);
    Client<Calls> client(world, 4);
    faulty.on_attach = [&](auto& offer) { return answer.give(faulty, offer); };
    for (auto* provider : {&before, &faulty, &after}) CHECK(provider->enroll() == Status::kSuccess);
    CHECK(client.enroll() == Status::kSuccess);
    const auto attached = static_cast<std::size_t>(2 + answer.client_detaches);
    CHECK(client.registration.attached() == attached);
    CHECK(client.attachments() == attached);
    for (std::size_t i = 0; i < attached; ++i) CHECK(call(client.attachment(i), 1) == 2);
    client.leave();
    CHECK(client.count(What::kDetach) == 2 + answer.client_detaches);
    CHECK(client.count(What::kCleanup) == 2 + answer.client_detaches);
    CHECK(faulty.count(What::kDetach) == answer.provider_detaches);
    CHECK(faulty.count(What::kCleanup) == answer.provider_detaches);
  }
}

namespace {

/// When and where a side says that it is done.
enum class Done : std::uint8_t { kDropped, kCompleted, kMoved, kElsewhere, kLate, kLateElsewhere };
constexpr std::array kDone{Done::kDropped,   Done::kCompleted, Done::kMoved,
                           Done::kElsewhere, Done::kLate,      Done::kLateElsewhere};
constexpr bool late(Done done) { return done == Done::kLate || done == Done::kLateElsewhere; }

template <class Module>
void set_done(Module& module, Done how) {
  module.keep_detach = late(how);
  if (late(how) || how == Done::kDropped) {
    if (how == Done::kDropped) module.on_detach = [](auto&, nmr::DetachCompletion) {};
    return;
  }
  module.on_detach = [how](auto&, nmr::DetachCompletion done) {
    if (how == Done::kCompleted) done.complete();
    if (how == Done::kMoved) nmr::DetachCompletion(std::move(done)).complete();
    if (how == Done::kElsewhere) std::thread([&] { done.complete(); }).join();
  };
}

template <class Module>
void finish(Module& module, Done how) {
  if (how == Done::kLate) module.complete(module.attachment());
  if (how == Done::kLateElsewhere) std::thread([&] { module.complete(module.attachment()); }).join();
}

/// Who asks for the end.
enum class By : std::uint8_t { kClient, kProvider, kBoth, kDetachOne };
constexpr std::array kBy{By::kClient, By::kProvider, By::kBoth, By::kDetachOne};

}  // namespace

TEST_CASE_TEMPLATE("faults: whenever and wherever each side completes, cleanup comes once, after both", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const Done client_done : kDone) {
    for (const Done provider_done : kDone) {
      for (const By by : kBy) {
        CAPTURE(static_cast<int>(client_done));
        CAPTURE(static_cast<int>(provider_done));
        CAPTURE(static_cast<int>(by));
        World<Calls> world;
        Provider<Calls> provider(world, 1);
        Client<Calls> client(world, 2);
        set_done(client, client_done);
        set_done(provider, provider_done);
        enroll(provider, client);
        const nmr::BindingId binding = client.attachment().binding;
        if (by == By::kDetachOne) CHECK(client.registration.detach(binding) == Status::kPending);
        if (by == By::kClient || by == By::kBoth) CHECK(client.registration.deregister() == Status::kPending);
        if (by == By::kProvider || by == By::kBoth)
          CHECK(provider.registration.deregister() == Status::kPending);
        CHECK(world.log.count(What::kDetach) == 2);
        const auto expect_cleanups = [&](int count) { CHECK(world.log.count(What::kCleanup) == count); };
        expect_cleanups(late(client_done) || late(provider_done) ? 0 : 2);
        finish(client, client_done);
        expect_cleanups(late(provider_done) ? 0 : 2);
        finish(provider, provider_done);
        expect_cleanups(2);
        CHECK(world.registry.snapshot().bindings.empty());
      }
    }
  }
}

TEST_CASE_TEMPLATE("faults: completing what was completed or moved from is reported, and completes nothing",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  provider.keep_detach = true;
  client.on_detach = [](auto&, nmr::DetachCompletion done) {
    const MisuseTrap trap;
    nmr::DetachCompletion other = std::move(done);
    done.complete();  // NOLINT(bugprone-use-after-move): the misuse that is meant
    CHECK(trap.count() == 1);
    other.complete();
    CHECK_FALSE(other);
    other.complete();
    CHECK(trap.count() == 2);
    CHECK(trap.object() == "DetachCompletion");
  };
  enroll(provider, client);
  CHECK(client.registration.deregister() == Status::kPending);
  CHECK(world.log.count(What::kCleanup) == 0);
  provider.complete(provider.attachment());
  CHECK(world.log.count(What::kCleanup) == 2);
}
