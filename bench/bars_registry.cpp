// What a registry costs that has a hundred thousand bindings.
#include <memory>
#include <vector>

#include <nmr/registry.hpp>

#include "../tests/support/counting_atomics.hpp"
#include "bars.hpp"
#include "clock.hpp"
#include "echo.hpp"

namespace {

struct RegistryNpi : EchoNpi {
  static constexpr nmr::NpiId kId{{0x6e6d7262, 1, 1, {0, 0, 0, 0, 0, 0, 0, 1}}};
};
constexpr nmr::ModuleId kModule{nmr::Guid{0x6e6d7262, 2, 2, {}}};

/// A registry with one provider and any number of clients.
template <class Calls>
class Crowd {
 public:
  explicit Crowd(std::size_t clients) {
    provider_module_.module_id = client_module_.module_id = kModule;
    provider_module_.attach_client = [](void*, nmr::BasicClientOffer<RegistryNpi, Calls>& offer) {
      return offer.accept(nullptr, kEchoTable_);
    };
    provider_module_.detach_client = [](void*, nmr::DetachCompletion) noexcept {};
    client_module_.attach_provider = [](void*, nmr::BasicProviderOffer<RegistryNpi, Calls>& offer) {
      return offer.accept(nullptr);
    };
    client_module_.detach_provider = [](void*, nmr::DetachCompletion) noexcept {};
    (void)registry_.register_provider(provider_module_, nullptr, provider_);
    clients_.resize(clients);
    for (auto& client : clients_) (void)registry_.register_client(client_module_, nullptr, client);
  }

  [[nodiscard]] std::size_t attached() const { return provider_.attached(); }

  /// Registers one client more, which is attached, and deregisters it.
  double one_more_ns() {
    const double begin = cpu_ns();
    {
      typename nmr::BasicNmrRegistry<RegistryNpi, Calls>::ClientRegistration one_more;
      (void)registry_.register_client(client_module_, nullptr, one_more);
    }
    return cpu_ns() - begin;
  }

  /// Deregisters the provider and waits, by which all are detached.
  double deregister_provider_ns() {
    const double begin = cpu_ns();
    (void)provider_.deregister();
    (void)provider_.wait_for_deregister_complete();
    return cpu_ns() - begin;
  }

 private:
  static constexpr const EchoDispatch* const& kEchoTable_ = kEchoTable;

  nmr::BasicProviderModule<RegistryNpi, Calls> provider_module_{};
  nmr::BasicClientModule<RegistryNpi, Calls> client_module_{};
  nmr::BasicNmrRegistry<RegistryNpi, Calls> registry_;
  typename nmr::BasicNmrRegistry<RegistryNpi, Calls>::ProviderRegistration provider_;
  std::vector<typename nmr::BasicNmrRegistry<RegistryNpi, Calls>::ClientRegistration> clients_;
};

}  // namespace

void registry_bars(Report& report, const Options& options) {
  constexpr std::size_t kFew = 100;
  const std::size_t many = options.by_length<std::size_t>(1'000, 20'000, 100'000);
  using Calls = nmr::PerThreadCalls;

  auto large = std::make_unique<Crowd<Calls>>(many);
  auto medium = std::make_unique<Crowd<Calls>>(many / 10);
  Crowd<Calls> small(kFew);
  report.at_least(14, "live bindings", static_cast<double>(large->attached()), static_cast<double>(many),
                  Report::kExact);

  std::vector<double> with_few, with_many;
  for (int i = 0; i != 401; ++i) {
    with_few.push_back(small.one_more_ns());
    with_many.push_back(large->one_more_ns());
  }
  char text[160];
  std::snprintf(text, sizeof text,
                "one client more, registered and deregistered, us: %.2f beside %zu, %.2f beside %zu",
                median(with_few) / 1e3, kFew, median(with_many) / 1e3, many);
  report.note(text);
  report.at_most(14, "one client more beside " + std::to_string(many) + " / beside 100",
                 median(with_many) / median(with_few), 2);

  const double medium_ns = medium->deregister_provider_ns() / static_cast<double>(many / 10);
  const double large_ns = large->deregister_provider_ns() / static_cast<double>(many);
  std::snprintf(text, sizeof text, "deregistering the provider, ns per binding: %.0f of %zu, %.0f of %zu",
                medium_ns, many / 10, large_ns, many);
  report.note(text);
  report.at_most(14, "deregistering the provider, per binding, ten times as many / as many (linear: 1)",
                 large_ns / medium_ns, 2.5);

  Crowd<nmr::BasicPerThreadCalls<CountingAtomics>> counted(1000);
  counts().reset();
  (void)counted.deregister_provider_ns();
  report.at_most(14, "barriers of a deregistration that detaches 1,000", counts().heavy_fences, 1,
                 Report::kExact);
}
