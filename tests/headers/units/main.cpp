// What throws in this unit, which has exceptions, refuses its peer and leaves all in order, whichever unit has made the
// registry, registers the other side, or comes first in the link.
#include <stdexcept>

#include "units.hpp"

int& Context::blocks() noexcept {
  static int blocks = 0;
  return blocks;
}

namespace {

int failures = 0;
void expect(bool good, const char* what) {
  if (!good) std::printf("%s\n", what);
  failures += good ? 0 : 1;
}
void fail() { throw std::runtime_error("no"); }

void meet(const Unit& makes_the_registry, const Unit& provides) {
  const auto registry = makes_the_registry.make_registry();
  nmr::ClientModule<UnitNpi> declines;
  declines.module_id = nmr::ModuleId(std::uint64_t{1});
  declines.attach_provider = [](void*, nmr::ProviderOffer<UnitNpi>&) -> nmr::Status {
    fail();
    return {};
  };
  declines.detach_provider = [](void*, nmr::DetachCompletion) noexcept {};
  auto no_context = declines;
  no_context.attach_provider = [](void*, nmr::ProviderOffer<UnitNpi>& offer) {
    (void)offer.make_context<Context>(&fail);
    return nmr::Status::kSuccess;
  };
  auto accepts = declines;
  accepts.attach_provider = [](void*, nmr::ProviderOffer<UnitNpi>& offer) {
    return offer.accept(nullptr, &kClientAnswers);
  };
  nmr::ClientRegistration<UnitNpi> first, second, third;
  (void)registry->register_client(declines, nullptr, first);
  (void)registry->register_client(no_context, nullptr, second);
  (void)registry->register_client(accepts, nullptr, third);
  Provider provider;
  expect(provides.enter(*registry, provider) == nmr::Status::kSuccess, "it registers");
  expect(first.refusals({}) == 1 && second.refusals({}) == 1, "what throws is refused");
  expect(provider.registration.attached() == 1, "the others are attached");
  int caught = 0;
  try {
    provider.registration.for_each_client(static_cast<Visit>([](auto&) { fail(); }));
  } catch (const std::runtime_error&) {
    ++caught;
  }
  expect(caught == 1, "what is thrown in a visit comes out of it");
  provides.visit(provider, [](auto& guard) { (void)guard->call(guard.context()); });
  expect(provides.leave(provider) == nmr::Status::kSuccess, "nothing keeps it");
  expect(Context::blocks() == 0, "no context is left");
}

void call_typed(const Unit& makes_the_registry) {
  const auto registry = makes_the_registry.make_registry();
  Typed good;
  Typed bad{&fail};
  for (const Unit* unit : {&kThisUnit, &built_otherwise()})
    expect(unit->call(*registry, good, good) == 7, "typed modules call each other");
  expect(kThisUnit.call(*registry, good, bad) == -1, "what throws when it is asked refuses");
  int caught = 0;
  try {
    (void)kThisUnit.call(*registry, bad, good);
  } catch (const std::runtime_error&) {
    ++caught;  // and the provider has gone, which waits for the call
  }
  expect(caught == 1, "what a call throws comes out of it");
}

}  // namespace

int main() {
  for (const Unit* registry : {&kThisUnit, &built_otherwise()}) call_typed(*registry);
  for (const Unit* registry : {&kThisUnit, &built_otherwise()}) {
    for (const Unit* provider : {&kThisUnit, &built_otherwise()}) meet(*registry, *provider);
  }
  return failures == 0 ? 0 : 1;
}
