// As registry.cpp, with a provider and a client in one object each: which of several to take, calls both ways, and being
// told of who comes and goes.
#include <nmr/modules.hpp>

#include <cstdio>
#include <string_view>

#include "expect.hpp"

namespace {

/// The interface: a thermometer tells its temperature, and its clients when it has changed.
struct ThermometerNpi {
  static constexpr nmr::NpiId kId{
      {0x51d0b3c7, 0x6e2f, 0x4a08, {0xb4, 0x13, 0x7f, 0x95, 0x2a, 0xc8, 0x0d, 0x66}}};
  struct ProviderDispatch {
    int (*degrees)(void* context);
  };
  struct ClientDispatch {
    void (*changed)(void* context, int degrees);
  };
  struct ProviderCharacteristics {
    const char* place;
  };
};

class Thermometer {
 public:
  Thermometer(nmr::NmrRegistry<ThermometerNpi>& registry, std::uint64_t id, const char* place, int degrees)
      : degrees_(degrees),
        characteristics_{place},
        provider_(registry, {nmr::ModuleId(id), &characteristics_}, {nmr::member<&Thermometer::degrees>()},
                  *this) {
    expect(provider_.status() == nmr::Status::kSuccess, "register a provider");
  }

  [[nodiscard]] int degrees() const { return degrees_; }
  void set(int degrees) {
    degrees_ = degrees;
    provider_.registration().for_each_client([&](auto& call) { call->changed(call.context(), degrees); });
  }

 private:
  int degrees_;
  const ThermometerNpi::ProviderCharacteristics characteristics_;
  nmr::Provider<ThermometerNpi>
      provider_;  // last: calls come when all else is there, and its destructor waits
};

/// Shows the thermometer of one place, whichever is the newest.
class Display {
 public:
  using Offer = nmr::Client<ThermometerNpi>::Offer;

  Display(nmr::NmrRegistry<ThermometerNpi>& registry, std::string_view place)
      : place_(place),
        client_(registry, nmr::ModuleId(100), {nmr::member<&Display::changed>()}, *this,
                {.wants = nmr::member<&Display::wants>(), .detached = nmr::member<&Display::detached>()}) {
    expect(client_.status() == nmr::Status::kSuccess, "register a client");
  }

  void show() {
    if (const auto degrees = client_.call<&ThermometerNpi::ProviderDispatch::degrees>()) {
      std::printf("display: %d degrees\n", *degrees);
    } else {
      std::puts("display: no thermometer");
    }
  }
  void changed(int degrees) {
    ++changes_;
    std::printf("display: changed to %d degrees\n", degrees);
  }
  bool wants(const Offer& offer) { return place_ == offer.characteristics()->place; }
  void detached() noexcept { std::puts("display: a thermometer has gone"); }

  [[nodiscard]] int changes() const { return changes_; }

 private:
  const std::string_view place_;
  int changes_ = 0;
  nmr::Client<ThermometerNpi> client_;
};

}  // namespace

int main() {
  nmr::NmrRegistry<ThermometerNpi> registry;
  Display display(registry, "roof");
  display.show();
  {
    Thermometer cellar(registry, 1, "cellar", 12);
    Thermometer roof(registry, 2, "roof", 25);
    display.show();
    roof.set(26);
    cellar.set(13);  // nobody listens
    expect(display.changes() == 1, "only the client that is attached is told");
  }
  display.show();  // both have gone: their destructors have waited for the last call
  const Thermometer next(registry, 3, "roof", 27);
  display.show();
}
