// Tables and characteristics that grow with the versions of an NPI.
#include "registry/fixture.hpp"

namespace {

struct TableV1 {
  nmr::VersionHeader header;
  std::uint64_t first;
};
struct TableV2 {
  nmr::VersionHeader header;
  std::uint64_t first;
  std::uint64_t second;
};
constexpr std::uint16_t kMajor = 3;
constexpr TableV1 kOld{nmr::version_header<TableV1>(kMajor), 11};
constexpr TableV2 kNew{nmr::version_header<TableV2>(kMajor), 11, 22};

}  // namespace

TEST_CASE("R113: a version that differs is refused, a shorter table is filled up, a longer one is cut") {
  TableV2 newer{{}, 7, 7};
  CHECK(nmr::read_versioned(reinterpret_cast<const TableV2*>(&kOld), kMajor, newer) == Status::kSuccess);
  CHECK(newer.first == 11);
  CHECK(newer.second == 0);
  CHECK(newer.header.size == sizeof(TableV1));
  TableV1 older{{}, 7};
  CHECK(nmr::read_versioned(reinterpret_cast<const TableV1*>(&kNew), kMajor, older) == Status::kSuccess);
  CHECK(older.first == 11);
  CHECK(older.header.size == sizeof(TableV1));
  CHECK(nmr::read_versioned(&kNew, kMajor, newer) == Status::kSuccess);
  CHECK(newer.second == 22);

  TableV1 kept{{9, 0, 9}, 9};
  const auto expect_refused = [&](const TableV1* peer, Status status) {
    CHECK(nmr::read_versioned(peer, kMajor, kept) == status);
    CHECK(kept.header.version == 9);
    CHECK(kept.first == 9);
  };
  const TableV1 wrong{nmr::version_header<TableV1>(kMajor + 1), 1};
  const TableV1 stub{{kMajor, 0, sizeof(nmr::VersionHeader) - 1}, 1};
  expect_refused(&wrong, Status::kRevisionMismatch);
  expect_refused(&stub, Status::kInvalidParameter);
  expect_refused(nullptr, Status::kInvalidParameter);
}

namespace {

struct VersionedNpi {
  struct ProviderDispatch {
    int (*call)(void* context, int value);
  };
  using ProviderCharacteristics = TableV2;
  using ClientCharacteristics = TableV1;
  static constexpr nmr::NpiId kId{{4, 5, 6, {}}};
};

}  // namespace

TEST_CASE_TEMPLATE("R113: attach callbacks settle the version by what the two sides show", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  using Registry = nmr::BasicNmrRegistry<VersionedNpi, Calls>;
  Registry registry;
  static TableV2 seen;
  typename Registry::ProviderModule provider;
  provider.module_id = nmr::ModuleId(1);
  provider.attach_client = [](void*, typename Registry::ClientOffer& offer) {
    return offer.accept(nullptr, nullptr);
  };
  provider.detach_client = [](void*, nmr::DetachCompletion) noexcept {};
  typename Registry::ClientModule client;
  client.module_id = nmr::ModuleId(2);
  client.attach_provider = [](void*, typename Registry::ProviderOffer& offer) {
    const Status status = nmr::read_versioned(offer.characteristics(), kMajor, seen);
    return nmr::succeeded(status) ? offer.accept(nullptr) : status;
  };
  client.detach_provider = [](void*, nmr::DetachCompletion) noexcept {};
  typename Registry::ClientRegistration of_client;
  CHECK(registry.register_client(client, nullptr, of_client) == Status::kSuccess);
  const auto attached_with = [&](const TableV2* characteristics) {
    seen = {};
    provider.characteristics = characteristics;
    typename Registry::ProviderRegistration of_provider;
    CHECK(registry.register_provider(provider, nullptr, of_provider) == Status::kSuccess);
    return of_provider.attached() == 1;
  };
  TableV2 other = kNew;
  other.header.version = kMajor + 1;
  CHECK(attached_with(&kNew));
  CHECK(seen.second == 22);
  CHECK(attached_with(reinterpret_cast<const TableV2*>(&kOld)));
  CHECK(seen.second == 0);
  CHECK_FALSE(attached_with(&other));
  CHECK_FALSE(attached_with(nullptr));
  std::array<nmr::Refusal, 2> refusals;
  CHECK(of_client.refusals(refusals) == 2);
  CHECK(refusals[0].status == Status::kInvalidParameter);
  CHECK(refusals[1].status == Status::kRevisionMismatch);
}
