// What the types keep from being written.
#include <concepts>
#include <utility>

#include "registry/fixture.hpp"

namespace {

template <class T, class U>
concept StandsInFor =
    std::is_constructible_v<U, T> || std::is_assignable_v<U&, T> || std::is_convertible_v<T*, U*>;

template <class Offer, class Handle>
concept AcceptsWith = requires(Offer& offer, Handle& handle) { offer.accept(handle, nullptr, nullptr); };

template <class Registry, class Module, class Registration>
concept RegistersClient = requires(Registry& registry, Module& module, Registration& into) {
  registry.register_client(module, nullptr, into);
};

template <class Registry, class Module, class Registration>
concept RegistersProvider = requires(Registry& registry, Module& module, Registration& into) {
  registry.register_provider(module, nullptr, into);
};

template <class Registration>
concept EnumeratesClients =
    requires(Registration& registration) { registration.for_each_client([](auto&) {}); };
template <class Registration>
concept EnumeratesProviders =
    requires(Registration& registration) { registration.for_each_provider([](auto&) {}); };

template <class Registration, class Id>
concept DetachesBy = requires(Registration& registration, Id id) { registration.detach(id); };

template <class T>
concept MoveOnly = std::movable<T> && !std::copyable<T>;

}  // namespace

TEST_CASE_TEMPLATE("R111: handles and registrations of each kind are types that cannot stand in for another",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  using R = nmr::BasicNmrRegistry<TestNpi, Calls>;
  using OfClient = typename R::ClientRegistration;
  using OfProvider = typename R::ProviderRegistration;
  using Handle = typename R::Handle;
  using CallbackHandle = typename R::CallbackHandle;

  // Each once as a static_assert would be, and counted: what must compile, so that the rest means something.
  CHECK(RegistersClient<R, typename R::ClientModule, OfClient>);
  CHECK(RegistersProvider<R, typename R::ProviderModule, OfProvider>);
  CHECK(AcceptsWith<typename R::ProviderOffer, Handle>);
  CHECK(AcceptsWith<typename R::ClientOffer, CallbackHandle>);
  CHECK(EnumeratesClients<OfProvider>);
  CHECK(EnumeratesProviders<OfClient>);
  CHECK(DetachesBy<OfClient, nmr::BindingId>);

  static_assert(!StandsInFor<OfClient, OfProvider> && !StandsInFor<OfProvider, OfClient>);
  static_assert(!StandsInFor<Handle, CallbackHandle> && !StandsInFor<CallbackHandle, Handle>);
  static_assert(!RegistersClient<R, typename R::ProviderModule, OfClient>);
  static_assert(!RegistersClient<R, typename R::ClientModule, OfProvider>);
  static_assert(!RegistersProvider<R, typename R::ClientModule, OfProvider>);
  static_assert(!RegistersProvider<R, typename R::ProviderModule, OfClient>);
  static_assert(!AcceptsWith<typename R::ProviderOffer, CallbackHandle>);
  static_assert(!AcceptsWith<typename R::ClientOffer, Handle>);
  static_assert(!EnumeratesClients<OfClient> && !EnumeratesProviders<OfProvider>);
  static_assert(!DetachesBy<OfClient, std::uint64_t> && !DetachesBy<OfClient, Handle&> &&
                !DetachesBy<OfClient, OfClient&>);
}

TEST_CASE_TEMPLATE("R111: what is owed once has one owner", Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  using Handle = nmr::BasicBindingHandle<TestNpi, Calls>;
  CHECK(MoveOnly<nmr::DetachCompletion>);
  CHECK(MoveOnly<nmr::BasicCallHold<TestNpi, Calls>>);
  CHECK(MoveOnly<typename Client<Calls>::Registration>);
  CHECK(MoveOnly<typename Provider<Calls>::Registration>);
  CHECK_FALSE(std::movable<typename Handle::Guard>);
  CHECK_FALSE(std::movable<Handle>);
  CHECK_FALSE(std::movable<typename Client<Calls>::Offer>);
}

TEST_CASE_TEMPLATE("R112: modules, handles and registrations of two NPIs do not compile together", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  using First = nmr::BasicNmrRegistry<TestNpi, Calls>;
  using Second = nmr::BasicNmrRegistry<SecondNpi, Calls>;
  using OtherCalls =
      std::conditional_t<std::is_same_v<Calls, nmr::PerThreadCalls>, nmr::OneWordCalls, nmr::PerThreadCalls>;
  using Other = nmr::BasicNmrRegistry<TestNpi, OtherCalls>;
  CHECK(RegistersClient<Second, typename Second::ClientModule, typename Second::ClientRegistration>);
  CHECK(AcceptsWith<typename Second::ProviderOffer, typename Second::Handle>);
  static_assert(!RegistersClient<First, typename Second::ClientModule, typename First::ClientRegistration>);
  static_assert(!RegistersClient<First, typename First::ClientModule, typename Second::ClientRegistration>);
  static_assert(
      !RegistersProvider<First, typename Second::ProviderModule, typename First::ProviderRegistration>);
  static_assert(!AcceptsWith<typename First::ProviderOffer, typename Second::Handle>);
  static_assert(!AcceptsWith<typename First::ClientOffer, typename Second::CallbackHandle>);
  static_assert(!RegistersClient<First, typename Other::ClientModule, typename First::ClientRegistration>);
  static_assert(!AcceptsWith<typename First::ProviderOffer, typename Other::Handle>);
}

TEST_CASE_TEMPLATE("R112: a client of one NPI and a provider of another in one core are never attached",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  World<Calls> world;
  nmr::BasicNmrRegistry<SecondNpi, Calls> second(world.registry.core());
  Provider<Calls> provider(world, 1);
  Client<Calls, SecondNpi> client(second, world.log, 2);
  enroll(provider, client);
  CHECK(world.log.empty());
  Provider<Calls, SecondNpi> match(second, world.log, 3);
  CHECK(match.enroll() == Status::kSuccess);
  CHECK(client.registration.attached() == 1);
  CHECK(provider.registration.attached() == 0);
}

namespace {

template <class Offer, class... Arguments>
concept Accepts =
    requires(Offer& offer, Arguments&&... arguments) { offer.accept(std::forward<Arguments>(arguments)...); };

}  // namespace

struct OneWayNpi {
  struct ProviderDispatch {
    int (*call)(void* context, int value);
  };
  struct ProviderCharacteristics {
    int rank;
  };
  static constexpr nmr::NpiId kId{{7, 8, 9, {}}};
};

TEST_CASE_TEMPLATE("R111: accept() takes a handle by reference, and no table only where there is none", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  using R = nmr::BasicNmrRegistry<TestNpi, Calls>;
  using OneWay = nmr::BasicNmrRegistry<OneWayNpi, Calls>;
  using Handle = typename R::Handle;
  using Back = typename R::CallbackHandle;
  CHECK(Accepts<typename R::ProviderOffer, Handle&, void*, const TestNpi::ClientDispatch*>);
  CHECK_FALSE(Accepts<typename R::ProviderOffer, Handle&, void*>);
  CHECK_FALSE(Accepts<typename R::ProviderOffer, void*>);
  CHECK_FALSE(Accepts<typename R::ProviderOffer, Handle*, std::nullptr_t>);
  CHECK(Accepts<typename R::ClientOffer, Back&, void*, const TestNpi::ProviderDispatch*>);
  CHECK_FALSE(Accepts<typename R::ClientOffer, Back*, const TestNpi::ProviderDispatch*>);
  CHECK(Accepts<typename OneWay::ProviderOffer, typename OneWay::Handle&, void*>);
  CHECK(Accepts<typename OneWay::ProviderOffer, std::nullptr_t>);
  CHECK_FALSE(Accepts<typename OneWay::ProviderOffer, typename OneWay::Handle*>);
  using Peer = decltype(std::declval<typename OneWay::ProviderOffer&>().characteristics());
  CHECK(std::is_same_v<Peer, const OneWayNpi::ProviderCharacteristics*>);
}
