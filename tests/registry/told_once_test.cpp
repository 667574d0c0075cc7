// Each way to be told of the end of a registration: told once, and nothing is touched afterwards.
#include "platform/counted_completion.hpp"
#include "registry/fixture.hpp"
#include "support/own_page.hpp"

TEST_CASE_TEMPLATE("R55: each completion of a deregistration runs once, and one that was refused never",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  CHECK(client.enroll() == Status::kSuccess);
  bool bound = false;
  SUBCASE("with nothing bound") {}
  SUBCASE("with a call inside") { bound = true; }
  if (bound) CHECK(provider.enroll() == Status::kSuccess);
  auto hold = bound ? client.attachment().handle.try_call().hold() : nmr::BasicCallHold<TestNpi, Calls>();
  auto& registration = client.registration;
  CountedCompletion early, given, notified, refused, late;
  CHECK(registration.notify_deregister_complete(early) == Status::kInvalidParameter);
  CHECK(registration.deregister(given) == Status::kPending);
  CHECK(registration.notify_deregister_complete(notified) == Status::kSuccess);
  CHECK(registration.deregister(refused) == Status::kInvalidDeviceState);
  CHECK(given.runs() == (bound ? 0 : 1));
  CHECK(notified.runs() == (bound ? 0 : 1));
  hold.leave();
  CHECK(registration.wait_for_deregister_complete() == Status::kSuccess);
  CHECK(registration.notify_deregister_complete(late) == Status::kSuccess);
  registration = {};
  for (const CountedCompletion* once : {&given, &notified, &late}) CHECK(once->runs() == 1);
  for (const CountedCompletion* never : {&early, &refused}) CHECK(never->runs() == 0);
}

TEST_CASE_TEMPLATE("R100: a completion of its end may end a registration, and nobody touches it then", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  using Registration = typename Client<Calls>::Registration;
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  OwnPage<Registration> registration;
  EndsPage<Registration> done(registration);
  CHECK(provider.enroll() == Status::kSuccess);
  CHECK(client.enroll(*registration) == Status::kSuccess);
  SUBCASE("run by deregister()") { CHECK(registration->deregister(done) == Status::kPending); }
  SUBCASE("run by notify_deregister_complete()") {
    CHECK(registration->deregister() == Status::kPending);
    CHECK(registration->notify_deregister_complete(done) == Status::kSuccess);
  }
  SUBCASE("run by detach()") {
    client.on_detach = [&](auto&, nmr::DetachCompletion) {
      std::thread([&] { CHECK(registration->deregister(done) == Status::kPending); }).join();
    };
    CHECK(registration->detach(client.attachment().binding) == Status::kPending);
  }
  SUBCASE("asked for in its detach callback, run by deregister()") {
    client.on_detach = [&](auto&, nmr::DetachCompletion) {
      CHECK(registration->notify_deregister_complete(done) == Status::kSuccess);
    };
    CHECK(registration->deregister() == Status::kPending);
  }
  CHECK(registration.ended());
  CHECK(client.count(What::kCleanup) == 1);
}
