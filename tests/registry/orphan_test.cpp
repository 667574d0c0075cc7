// Registrations that were destroyed in a callback of their own, which is reported: what ends them afterwards touches
// nothing that is gone.
#include <utility>

#include "registry/fixture.hpp"
#include "support/misuse.hpp"

namespace {

/// A client and a provider that own all there is, and need no handle: so everything can go in the completion of the
/// one that is left.
template <class Calls>
struct Owners {
  using Registry = nmr::BasicNmrRegistry<TestNpi, Calls>;

  explicit Owners(ModuleSide side_that_destroys) noexcept : destroys(side_that_destroys) {
    client.attach_provider = [](void* self, typename Registry::ProviderOffer& offer) {
      return offer.accept(self, nullptr);
    };
    client.detach_provider = [](void* self, nmr::DetachCompletion its) noexcept {
      static_cast<Owners*>(self)->asked(ModuleSide::kClient, std::move(its));
    };
    provider.attach_client = [](void* self, typename Registry::ClientOffer& offer) {
      return offer.accept(self, nullptr);
    };
    provider.detach_client = [](void* self, nmr::DetachCompletion its) noexcept {
      static_cast<Owners*>(self)->asked(ModuleSide::kProvider, std::move(its));
    };
    client.module_id = nmr::ModuleId(1);
    provider.module_id = nmr::ModuleId(2);
  }

  void asked(ModuleSide side, nmr::DetachCompletion its) noexcept {
    if (side != destroys) return;
    kept = std::move(its);
    if (side == ModuleSide::kClient) of_client = {};
    if (side == ModuleSide::kProvider) of_provider = {};
  }
  /// The other side's deregistration has completed.
  void free_all() {
    listed = registry->snapshot().registrations.size();
    of_client = {};
    of_provider = {};
    registry.reset();
  }

  const ModuleSide destroys;
  std::optional<Registry> registry{std::in_place};
  typename Registry::ClientModule client;
  typename Registry::ProviderModule provider;
  typename Registry::ClientRegistration of_client;
  typename Registry::ProviderRegistration of_provider;
  nmr::DetachCompletion kept;
  std::size_t listed = 0;
  nmr::Completion done{[](nmr::Completion&, void* self) noexcept { static_cast<Owners*>(self)->free_all(); },
                       this};
};

}  // namespace

TEST_CASE_TEMPLATE(
    "R114: once a side has been told of its end, the other's orphaned registration does not touch the "
    "registry",
    Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (const ModuleSide destroys : {ModuleSide::kClient, ModuleSide::kProvider}) {
    CAPTURE(static_cast<int>(destroys));
    const MisuseTrap trap;
    Owners<Calls> owners(destroys);
    CHECK(owners.registry->register_client(owners.client, &owners, owners.of_client) == Status::kSuccess);
    CHECK(owners.registry->register_provider(owners.provider, &owners, owners.of_provider) ==
          Status::kSuccess);
    const Status started = destroys == ModuleSide::kClient ? owners.of_provider.deregister(owners.done)
                                                           : owners.of_client.deregister(owners.done);
    CHECK(started == Status::kPending);
    CHECK(trap.count() == 1);
    CHECK(owners.registry->snapshot().registrations.size() == 2);  // it waits for what is kept
    owners.kept.complete();
    CHECK_FALSE(owners.registry.has_value());
    CHECK(owners.listed == 1);
    CHECK(trap.count() == 1);
    CHECK(trap.operation() == "~Registration");
  }
}
