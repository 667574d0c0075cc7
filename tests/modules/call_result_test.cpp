// What a call gives: a value of any kind, made once and where it stays; or nothing.
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "modules/adder.hpp"

namespace {

/// Neither copied nor moved, and counted.
struct Fixed {
  explicit Fixed(int what) : value(what) { ++alive(); }
  Fixed(const Fixed&) = delete;
  Fixed& operator=(const Fixed&) = delete;
  ~Fixed() { --alive(); }
  static int& alive() {
    static int count = 0;
    return count;
  }
  int value;
};

struct Values {
  static constexpr nmr::NpiId kId{{0x7e22, 0x91c4, 0x4b0d, {1, 2, 3, 4, 5, 6, 7, 8}}};
  struct ProviderDispatch {
    std::string (*name)(void* context, int length);
    Fixed (*fixed)(void* context, int value);
    bool (*even)(void* context, int value);
    std::unique_ptr<int> (*own)(void* context, int value);
    void (*fail)(void* context);
  };
};
using ValuesTable = Values::ProviderDispatch;

struct Source {
  std::string name(int length) { return std::string(static_cast<std::size_t>(length), 'x'); }
  Fixed fixed(int value) { return Fixed(value); }
  bool even(int value) { return value % 2 == 0; }
  std::unique_ptr<int> own(int value) { return std::make_unique<int>(value); }
  void fail() {
#ifdef __cpp_exceptions
    throw 1;
#endif
  }
};

template <class Result>
concept AskedInOneWay = !std::is_constructible_v<bool, Result>;
static_assert(AskedInOneWay<nmr::CallResult<bool>> && !AskedInOneWay<nmr::CallResult<int>>);
static_assert(!AskedInOneWay<nmr::CallResult<void>>);
static_assert(std::is_trivially_copyable_v<nmr::CallResult<int>> &&
              sizeof(nmr::CallResult<int>) == 2 * sizeof(int));

}  // namespace

TEST_CASE_TEMPLATE("call: the result is a value of whatever kind, made once", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  nmr::BasicNmrRegistry<Values, Calls> registry;
  nmr::BasicClient<Values, Calls> client(registry, nmr::ModuleId(1));
  CHECK(client.template call<&ValuesTable::name>(3).value_or("none") == "none");
  Source source;
  const nmr::BasicProvider<Values, Calls> provider(
      registry, nmr::ModuleId(2),
      {nmr::member<&Source::name>(), nmr::member<&Source::fixed>(), nmr::member<&Source::even>(),
       nmr::member<&Source::own>(), nmr::member<&Source::fail>()},
      source);

  auto name = client.template call<&ValuesTable::name>(50);
  REQUIRE(name);
  CHECK(name == std::string(50, 'x'));
  CHECK(name->size() == 50);
  CHECK(name.value_or("none").size() == 50);
  const std::string moved = *std::move(name);
  CHECK(moved.size() == 50);
  CHECK(client.template call<&ValuesTable::name>(2).value_or("none") == "xx");
  {
    const auto fixed = client.template call<&ValuesTable::fixed>(5);
    REQUIRE(fixed.has_value());
    CHECK(fixed->value == 5);
    CHECK((*fixed).value == 5);
    CHECK(Fixed::alive() == 1);
  }
  CHECK(Fixed::alive() == 0);
  CHECK(client.template call<&ValuesTable::even>(1).has_value());
  CHECK(client.template call<&ValuesTable::even>(1) == false);
  CHECK(client.template call<&ValuesTable::even>(1).value_or(true) == false);
  CHECK(client.template call<&ValuesTable::even>(2) == true);
  const std::unique_ptr<int> owned = *client.template call<&ValuesTable::own>(9);
  CHECK(*owned == 9);
}

TEST_CASE_TEMPLATE("call: nothing is equal to no value", Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  AdderRegistry<Calls> registry;
  AdderClient<Calls> client(registry, nmr::ModuleId(1));
  const auto nothing = client.template call<kAdd>(1);
  CHECK_FALSE(nothing.has_value());
  CHECK_FALSE(nothing == 0);
  CHECK(nothing != 0);
  CHECK(nothing.value_or(8) == 8);
  const auto copy = nothing;
  CHECK_FALSE(copy);
}

#ifdef __cpp_exceptions
TEST_CASE_TEMPLATE("call: an exception passes, and leaves the call", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  nmr::BasicNmrRegistry<Values, Calls> registry;
  nmr::BasicClient<Values, Calls> client(registry, nmr::ModuleId(1));
  Source source;
  {
    const nmr::BasicProvider<Values, Calls> provider(
        registry, nmr::ModuleId(2), {nullptr, nullptr, nullptr, nullptr, nmr::member<&Source::fail>()},
        source);
    CHECK_THROWS_AS((void)client.template call<&ValuesTable::fail>(), int);
    const auto fails = [](auto& guard) { return guard->fail(guard.context()), 0; };
    CHECK(nmr::call_translated(client.handle(), -1, fails, [] { return 5; }) == 5);
  }  // which would wait for a call that has not been left
  CHECK_FALSE(client.template call<&ValuesTable::fail>());
}
#endif
