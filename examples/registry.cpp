// Providers and clients find each other in a registry, whichever comes first; they call each other, and
// leave.
#include <nmr/registry.hpp>

#include <cstdio>
#include <string_view>

#include "expect.hpp"

namespace {

/// The interface: a thermometer tells its temperature, and its clients when it has changed.
struct ThermometerNpi {
  static constexpr nmr::NpiId kId{
      {0x3f60a9c4, 0x27d8, 0x49b1, {0x8e, 0x52, 0xd4, 0x0a, 0x71, 0x9c, 0x66, 0x2b}}};
  struct ProviderDispatch {
    int (*degrees)(void* context);
  };
  struct ClientDispatch {
    void (*changed)(void* context, int degrees);
  };
  struct ProviderCharacteristics {
    const char* place;
  };
  struct ClientCharacteristics {};
};

/// A provider module.
class Thermometer {
 public:
  Thermometer(nmr::NmrRegistry<ThermometerNpi>& registry, const char* place, std::uint64_t id, int degrees)
      : degrees_(degrees), characteristics_{place} {
    module_.module_id = nmr::ModuleId(id);
    module_.characteristics = &characteristics_;
    module_.attach_client = [](void* self, nmr::ClientOffer<ThermometerNpi>& offer) {
      return offer.accept(self, &kDispatch);
    };
    expect(registry.register_provider(module_, this, registration_) == nmr::Status::kSuccess,
           "register a provider");
  }

  void set(int degrees) {
    degrees_ = degrees;
    registration_.for_each_client([&](auto& call) { call->changed(call.context(), degrees); });
  }

 private:
  static int degrees(void* self) { return static_cast<Thermometer*>(self)->degrees_; }
  static constexpr ThermometerNpi::ProviderDispatch kDispatch{&degrees};

  int degrees_;
  const ThermometerNpi::ProviderCharacteristics characteristics_;
  nmr::ProviderModule<ThermometerNpi> module_;
  nmr::ProviderRegistration<ThermometerNpi> registration_;  // last: its destructor deregisters and waits
};

/// A client module, which wants the thermometer of one place.
class Display {
 public:
  Display(nmr::NmrRegistry<ThermometerNpi>& registry, std::string_view place)
      : place_(place), thermometer_(registry.call_domain()) {
    module_.module_id = nmr::ModuleId(std::uint64_t{100});
    module_.attach_provider = [](void* self, nmr::ProviderOffer<ThermometerNpi>& offer) {
      return static_cast<Display*>(self)->attach(offer);
    };
    expect(registry.register_client(module_, this, registration_) == nmr::Status::kSuccess,
           "register a client");
  }

  void show() {
    if (const auto call = thermometer_.try_call()) {
      std::printf("display: %d degrees\n", call->degrees(call.context()));
    } else {
      std::puts("display: no thermometer");
    }
  }
  [[nodiscard]] int changes() const { return changes_; }
  [[nodiscard]] std::size_t declined() const { return registration_.refusals({}); }

 private:
  nmr::Status attach(nmr::ProviderOffer<ThermometerNpi>& offer) {
    if (place_ != offer.characteristics()->place) return nmr::Status::kNoInterface;
    return offer.accept(thermometer_, this, &kDispatch);
  }
  static void changed(void* self, int degrees) {
    ++static_cast<Display*>(self)->changes_;
    std::printf("display: changed to %d degrees\n", degrees);
  }
  static constexpr ThermometerNpi::ClientDispatch kDispatch{&changed};

  const std::string_view place_;
  int changes_ = 0;
  nmr::BindingHandle<ThermometerNpi> thermometer_;
  nmr::ClientModule<ThermometerNpi> module_;
  nmr::ClientRegistration<ThermometerNpi> registration_;
};

}  // namespace

int main() {
  nmr::NmrRegistry<ThermometerNpi> registry;
  Display display(registry, "roof");
  display.show();
  {
    Thermometer cellar(registry, "cellar", 1, 12);
    Thermometer roof(registry, "roof", 2, 25);
    display.show();
    roof.set(26);
    cellar.set(13);  // nobody listens
    expect(display.changes() == 1, "only the client that is attached is told");
    expect(display.declined() == 1, "the other provider was declined");
  }
  display.show();  // both have deregistered, and waited for their last call
  Thermometer next(registry, "roof", 3, 27);
  display.show();
  expect(registry.snapshot().bindings.size() == 1, "one binding is left");
}
