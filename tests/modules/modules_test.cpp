// A provider and a client in one object each: they meet, call, and leave.
#include <optional>
#include <type_traits>

#include "modules/adder.hpp"

namespace {

template <class T>
constexpr bool kStaysInPlace = !std::is_copy_constructible_v<T> && !std::is_move_constructible_v<T> &&
                               !std::is_copy_assignable_v<T> && !std::is_move_assignable_v<T>;
static_assert(kStaysInPlace<nmr::Provider<AdderNpi>> && kStaysInPlace<nmr::Client<AdderNpi>>);
static_assert(noexcept(std::declval<nmr::Client<AdderNpi>&>().try_call()));

}  // namespace

TEST_CASE_TEMPLATE(
    "modules: whoever comes first, calls get to the provider, and are refused when it has gone", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  AdderRegistry<Calls> registry;
  std::optional<AdderModule<Calls>> early(std::in_place, registry, 1, 10);
  CHECK(early->provider.status() == Status::kSuccess);
  AdderClient<Calls> client(registry, nmr::ModuleId(2));
  CHECK(client.status() == Status::kSuccess);
  CHECK(client.template call<kAdd>(5) == 15);
  CHECK(client.template call<kGrow>());
  CHECK(client.template call<kAdd>(5) == 16);
  early.reset();
  CHECK_FALSE(client.template call<kAdd>(5));
  CHECK_FALSE(client.template call<kGrow>());
  CHECK_FALSE(static_cast<bool>(client.try_call()));

  const AdderModule<Calls> late(registry, 3, 20);
  CHECK(client.template call<kAdd>(5) == 25);
  const auto guard = client.try_call();
  REQUIRE(guard);
  CHECK(guard->add(guard.context(), 1) == 21);
}

TEST_CASE_TEMPLATE("modules: calls go to the newest provider, whichever of the others leave", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  AdderRegistry<Calls> registry;
  AdderClient<Calls> client(registry, nmr::ModuleId(1));
  std::optional<AdderModule<Calls>> first(std::in_place, registry, 2, 10);
  std::optional<AdderModule<Calls>> second(std::in_place, registry, 3, 20);
  CHECK(client.template call<kAdd>(1) == 21);
  CHECK(client.registration().attached() == 1);
  CHECK(first->provider.registration().attached() == 0);
  first.reset();
  CHECK(client.template call<kAdd>(1) == 21);
  second.reset();
  CHECK_FALSE(client.template call<kAdd>(1));
}

TEST_CASE_TEMPLATE("modules: one provider serves many clients", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  AdderRegistry<Calls> registry;
  AdderClient<Calls> one(registry, nmr::ModuleId(1));
  AdderModule<Calls> module(registry, 2, 10);
  {
    AdderClient<Calls> other(registry, nmr::ModuleId(3));
    CHECK(module.provider.registration().attached() == 2);
    CHECK(other.template call<kGrow>());
    CHECK(one.template call<kAdd>(1) == 12);
  }
  CHECK(module.provider.registration().attached() == 1);
  CHECK(one.template call<kAdd>(1) == 12);
}

TEST_CASE_TEMPLATE("bad input: what cannot be registered says so, and does nothing", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  AdderRegistry<Calls> registry;
  AdderClient<Calls> nameless(registry, nmr::ModuleId());
  AdderModule<Calls> module(registry, 1, 10);
  CHECK(nameless.status() == Status::kInvalidParameter);
  CHECK_FALSE(nameless.template call<kAdd>(1));
  CHECK_FALSE(nameless.registration());
  nameless.abandon();
  AdderProvider<Calls> no_provider(
      registry, nmr::ModuleId(nmr::Guid{}),
      {nmr::member<&AdderModule<Calls>::add>(), nmr::member<&AdderModule<Calls>::grow>()}, module);
  CHECK(no_provider.status() == Status::kInvalidParameter);
  no_provider.abandon();
  AdderClient<Calls> client(registry, nmr::ModuleId(2));
  CHECK(client.registration().attached() == 1);
  CHECK(client.template call<kAdd>(1) == 11);
}
