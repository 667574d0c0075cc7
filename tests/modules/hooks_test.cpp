// What a module asks for, and is told: each once for each binding, in order; and calls both ways.
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "modules/adder.hpp"

namespace {

struct ThermometerNpi {
  static constexpr nmr::NpiId kId{{0x7e23, 0x91c4, 0x4b0d, {1, 2, 3, 4, 5, 6, 7, 8}}};
  struct ProviderDispatch {
    int (*degrees)(void* context);
  };
  struct ClientDispatch {
    void (*changed)(void* context, int degrees);
  };
  struct ProviderCharacteristics {
    const char* place;
  };
  struct ClientCharacteristics {
    int rank;
  };
};
constexpr auto kDegrees = &ThermometerNpi::ProviderDispatch::degrees;

/// Writes down what it is told; of either side.
template <class Offer>
struct Told {
  bool wants(const Offer& offer) {
    text += "wants ";
#ifdef __cpp_exceptions
    if (throws) throw 1;
#endif
    const auto* const its = offer.characteristics();
    return its == nullptr || accepts(*its);
  }
  void attached(const Offer& offer) {
    text += "attached ";
    last = offer.binding();
#ifdef __cpp_exceptions
    if (throws_late) throw 1;
#endif
  }
  void detaching(nmr::DetachCompletion done) noexcept {
    text += "detaching ";
    if (keeps) kept = std::move(done);
  }
  void detached() noexcept { text += "detached "; }

  bool accepts(const ThermometerNpi::ProviderCharacteristics& its) const { return place == its.place; }
  bool accepts(const ThermometerNpi::ClientCharacteristics& its) const { return its.rank > 0; }

  std::string text;
  std::string_view place = "roof";
  nmr::BindingId last{};
  bool throws = false;
  bool throws_late = false;
  bool keeps = false;
  nmr::DetachCompletion kept;
};

template <class T, class Hooks>
Hooks all_hooks() {
  return {.wants = nmr::member<&T::wants>(),
          .attached = nmr::member<&T::attached>(),
          .detaching = nmr::member<&T::detaching>(),
          .detached = nmr::member<&T::detached>()};
}

template <class Calls>
using ProviderOf = nmr::BasicProvider<ThermometerNpi, Calls>;
template <class Calls>
using ClientOf = nmr::BasicClient<ThermometerNpi, Calls>;

template <class Calls>
struct Thermometer : Told<typename ProviderOf<Calls>::Offer> {
  using Provider = ProviderOf<Calls>;
  Thermometer(nmr::BasicNmrRegistry<ThermometerNpi, Calls>& registry, std::uint64_t id, const char* where,
              int its_degrees = 20)
      : now(its_degrees),
        characteristics{where},
        provider(registry, {nmr::ModuleId(id), &characteristics}, {nmr::member<&Thermometer::degrees>()},
                 *this, all_hooks<Thermometer, typename Provider::template Hooks<Thermometer>>()) {}
  int degrees() const { return now; }
  void set(int degrees) {
    now = degrees;
    provider.registration().for_each_client([&](auto& call) { call->changed(call.context(), degrees); });
  }
  int now;
  ThermometerNpi::ProviderCharacteristics characteristics;
  Provider provider;
};

template <class Calls>
struct Display : Told<typename ClientOf<Calls>::Offer> {
  using Client = ClientOf<Calls>;
  explicit Display(nmr::BasicNmrRegistry<ThermometerNpi, Calls>& registry, int rank = 1)
      : characteristics{rank},
        client(registry, {nmr::ModuleId(100), &characteristics}, {nmr::member<&Display::changed>()}, *this,
               all_hooks<Display, typename Client::template Hooks<Display>>()) {}
  void changed(int degrees) { shown = degrees; }
  int shown = 0;
  ThermometerNpi::ClientCharacteristics characteristics;
  Client client;
};

}  // namespace

TEST_CASE_TEMPLATE("hooks: each is called once for each binding, in order, and calls go both ways", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  nmr::BasicNmrRegistry<ThermometerNpi, Calls> registry;
  Display<Calls> display(registry);
  CHECK(display.client.status() == Status::kSuccess);
  {
    Thermometer<Calls> roof(registry, 1, "roof");
    CHECK(display.text == "wants attached ");
    CHECK(roof.text == "wants attached ");
    CHECK(display.last == roof.last);
    CHECK(display.client.template call<kDegrees>() == 20);
    roof.set(21);
    CHECK(display.shown == 21);
    CHECK(display.client.template call<kDegrees>() == 21);
    CHECK(roof.provider.registration().deregister() == Status::kPending);
    CHECK(roof.text == "wants attached detaching detached ");
  }
  CHECK(display.text == "wants attached detaching detached ");
}

TEST_CASE_TEMPLATE("hooks: who is not wanted is not attached, on either side, and is told nothing more",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  nmr::BasicNmrRegistry<ThermometerNpi, Calls> registry;
  Display<Calls> display(registry);
  Display<Calls> of_no_rank(registry, 0);
  Thermometer<Calls> cellar(registry, 1, "cellar");
  Thermometer<Calls> roof(registry, 2, "roof", 30);
  CHECK(display.client.template call<kDegrees>() == 30);
  CHECK_FALSE(of_no_rank.client.template call<kDegrees>());
  CHECK(display.text == "wants wants attached ");
  CHECK(of_no_rank.text == "wants wants ");
  CHECK(cellar.text.empty());  // no client came as far
  CHECK(roof.text == "wants attached wants ");
  CHECK(cellar.provider.registration().attached() == 0);
  CHECK(of_no_rank.client.registration().refusals({}) == 2);
}

TEST_CASE_TEMPLATE("hooks: with a newer provider the older one is detached afterwards", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  nmr::BasicNmrRegistry<ThermometerNpi, Calls> registry;
  Display<Calls> display(registry);
  Thermometer<Calls> one(registry, 1, "roof", 10);
  Thermometer<Calls> two(registry, 2, "roof", 20);
  CHECK(display.text == "wants attached wants attached detaching detached ");
  CHECK(one.text == "wants attached detaching detached ");
  CHECK(display.client.template call<kDegrees>() == 20);
}

TEST_CASE_TEMPLATE("hooks: a kept completion holds the end back", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  nmr::BasicNmrRegistry<ThermometerNpi, Calls> registry;
  Display<Calls> display(registry);
  display.keeps = true;
  Thermometer<Calls> roof(registry, 1, "roof");
  CHECK(roof.provider.registration().deregister() == Status::kPending);
  CHECK_FALSE(display.client.template call<kDegrees>());
  CHECK(display.text == "wants attached detaching ");
  CHECK(roof.text == "wants attached detaching ");
  display.kept.complete();
  CHECK(display.text == "wants attached detaching detached ");
  CHECK(roof.text == "wants attached detaching detached ");
}

#ifdef __cpp_exceptions
TEST_CASE_TEMPLATE(
    "hooks: what throws declines; after the peer has agreed, that one alone is told of the end", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  nmr::BasicNmrRegistry<ThermometerNpi, Calls> registry;
  Display<Calls> display(registry);
  display.throws = true;
  {
    Thermometer<Calls> roof(registry, 1, "roof");
    CHECK(display.text == "wants ");
    CHECK(roof.text.empty());
  }
  display.throws = false;
  display.throws_late = true;
  {
    Thermometer<Calls> roof(registry, 2, "roof");
    CHECK(display.text == "wants wants attached ");
    CHECK(roof.text == "wants attached detaching detached ");
    CHECK_FALSE(display.client.template call<kDegrees>());
  }
  CHECK(display.text == "wants wants attached ");
}
#endif

TEST_CASE_TEMPLATE("hooks: a client that nobody calls back may have them too, and calls in them", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  struct Watch {
    void attached(const typename AdderClient<Calls>::Offer&) {
      sum = client->template call<kAdd>(1).value_or(-1);
    }
    void detached() noexcept { ++ended; }
    int sum = 0;
    int ended = 0;
    AdderClient<Calls>* client = nullptr;
  };
  AdderRegistry<Calls> registry;
  Watch watch;
  AdderClient<Calls> client(
      registry, nmr::ModuleId(1), watch,
      {.attached = nmr::member<&Watch::attached>(), .detached = nmr::member<&Watch::detached>()});
  watch.client = &client;
  {
    const AdderModule<Calls> module(registry, 2, 10);
    CHECK(watch.sum == 11);
    CHECK(watch.ended == 0);
  }
  CHECK(watch.ended == 1);
}

TEST_CASE_TEMPLATE("settings: peers are shown what a module says of itself, and its end runs on its executor",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  static int posted = 0;
  posted = 0;
  nmr::Executor executor{[](nmr::Executor&, nmr::Completion& completion) noexcept {
    ++posted;
    completion.run();
  }};
  struct Watch {
    bool wants(const typename AdderClient<Calls>::Offer& offer) {
      seen = offer.peer();
      return true;
    }
    nmr::RegistrationInstance seen;
  };
  AdderRegistry<Calls> registry;
  Watch watch;
  const AdderClient<Calls> client(registry, nmr::ModuleId(1), watch, {.wants = nmr::member<&Watch::wants>()});
  typename AdderProvider<Calls>::Settings settings(nmr::ModuleId(7), nullptr, &executor);
  settings.number = 8;
  settings.npi_version = 9;
  settings.serialize_attach = std::is_same_v<Calls, nmr::PerThreadCalls>;
  Adder adder(1);
  {
    const AdderProvider<Calls> provider(registry, settings,
                                        {nmr::member<&Adder::add>(), nmr::member<&Adder::grow>()}, adder);
    CHECK(watch.seen.module_id == nmr::ModuleId(7));
    CHECK(watch.seen.number == 8);
    CHECK(watch.seen.npi_version == 9);
    CHECK(posted == 0);
  }
  CHECK(posted > 0);
}
