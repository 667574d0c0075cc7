#include <array>
#include <chrono>
#include <list>
#include <thread>
#include <utility>

#include "fuzz/bytes.hpp"
#include "fuzz/model.hpp"
#include "fuzz/scenarios.hpp"
#include "support/misuse.hpp"

#include <nmr/nmr.hpp>

namespace fuzz {
namespace {

struct MisuseNpi {
  struct ProviderDispatch {
    int (*twice)(void* context, int value);
  };
  static constexpr nmr::NpiId kId{{0xF, 0x0, 0x2, {}}};
};
using Registry = nmr::NmrRegistry<MisuseNpi>;

/// A rundown reference that is used in any order, and what it should be by then.
class Reference {
 public:
  /// Returns how many reports this step is worth.
  int step(Bytes& in) {
    const std::size_t n = 1 + in.pick(3);
    switch (in.pick(7)) {
      case 0:
        expect(ref_.try_acquire(n) == !begun_, "acquired of what has begun to run down, or refused before");
        if (!begun_) held_ += n;
        return 0;
      case 1:
        ref_.release(n);
        if (n > held_) return 1;
        held_ -= n;
        return 0;
      case 2:
        ref_.duplicate(n);
        if (held_ == 0) return 1;
        held_ += n;
        return 0;
      case 3:
        begun_ = true;
        expect((ref_.begin_rundown() == nmr::RundownState::kDrained) == drained(),
               "begun, and in a wrong state");
        return 0;
      case 4:
        ref_.reinitialize();
        if (!drained()) return 1;
        begun_ = false;
        return 0;
      case 5: ref_.rundown_completed(); return drained() ? 0 : 1;
      default:
        expect(ref_.wait_for_rundown_for(std::chrono::nanoseconds(0)) == drained(),
               "a wait in a wrong state");
        expect(ref_.approximate_refs() == held_, "a wrong count");
        return 0;
    }
  }
  void end() {
    ref_.release(held_);
    ref_.run_down();
  }

 private:
  [[nodiscard]] bool drained() const noexcept { return begun_ && held_ == 0; }

  nmr::RundownRef ref_;
  std::size_t held_ = 0;
  bool begun_ = false;
};

/// Counts what the modules are told, and decides for them how they misbehave.
struct Play {
  Bytes& in;
  int reports = 0;  // that are due
  int client_attaches = 0;
  int provider_attaches = 0;
  int client_detaches = 0;
  int provider_detaches = 0;
  int client_cleanups = 0;
  int provider_cleanups = 0;
};

struct ClientModule {
  explicit ClientModule(Play& p) : play(p) {
    module.attach_provider = [](void* self, Registry::ProviderOffer& offer) {
      return static_cast<ClientModule*>(self)->attach(offer);
    };
    module.detach_provider = [](void* self, nmr::DetachCompletion done) noexcept {
      auto& client = *static_cast<ClientModule*>(self);
      ++client.play.client_detaches;
      client.finish(std::move(done));
    };
    module.cleanup_binding_context = [](void* self) noexcept {
      auto& client = *static_cast<ClientModule*>(self);
      ++client.play.client_cleanups;
      if (client.play.in.pick(8) == 1) client.destroy_here();
    };
    module.module_id = nmr::ModuleId(1);
  }

  Status attach(Registry::ProviderOffer& offer) {
    const std::size_t how = play.in.pick(6);
    if (how == 1) {
      ++play.reports;
      return Status::kSuccess;
    }
    const Status status = offer.accept(this);
    if (how == 2) destroy_here();
    if (how == 3 && nmr::succeeded(status)) {
      ++play.reports;
      return Status::kNoInterface;
    }
    if (nmr::succeeded(status)) ++play.client_attaches;
    return status;
  }

  /// Completes, and completes again, perhaps on another thread.
  void finish(nmr::DetachCompletion done) {
    const std::size_t how = play.in.pick(6);
    if (how == 1) destroy_here();
    if (how < 2) return;
    nmr::DetachCompletion other = std::move(done);
    if (how == 2) other.complete();
    if (how == 3) done.complete();  // NOLINT(bugprone-use-after-move): the misuse that is meant
    if (how == 3) ++play.reports;
    if (how == 4) other.complete(), other.complete(), ++play.reports;
    if (how == 5) other.complete(), std::thread([&] { other.complete(); }).join(), ++play.reports;
  }

  void destroy_here() {
    if (!registration) return;
    ++play.reports;
    registration = {};
  }

  Play& play;
  Registry::ClientModule module;
  Registry::ClientRegistration registration;
};

struct ProviderModule {
  explicit ProviderModule(Play& p) : play(p) {
    module.attach_client = [](void* self, Registry::ClientOffer& offer) {
      auto& provider = *static_cast<ProviderModule*>(self);
      if (provider.play.in.pick(4) == 1) return Status::kNoInterface;
      ++provider.play.provider_attaches;
      return offer.accept(self, &kTable);
    };
    module.detach_client = [](void* self, nmr::DetachCompletion) noexcept {
      ++static_cast<ProviderModule*>(self)->play.provider_detaches;
    };
    module.cleanup_binding_context = [](void* self) noexcept {
      ++static_cast<ProviderModule*>(self)->play.provider_cleanups;
    };
    module.module_id = nmr::ModuleId(2);
  }

  static constexpr MisuseNpi::ProviderDispatch kTable{[](void*, int value) { return 2 * value; }};

  Play& play;
  Registry::ProviderModule module;
  Registry::ProviderRegistration registration;
};

/// A registry whose modules lie, fail late, complete twice and destroy themselves where they must not.
int run_modules(Bytes& in) {
  Play play{in};
  Registry registry;
  std::list<ClientModule> clients;
  std::list<ProviderModule> providers;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(play);
    providers.emplace_back(play);
  }
  while (in.more()) {
    auto& client = *std::next(clients.begin(), static_cast<std::ptrdiff_t>(in.pick(3)));
    auto& provider = *std::next(providers.begin(), static_cast<std::ptrdiff_t>(in.pick(3)));
    switch (in.pick(4)) {
      case 0:
        if (!client.registration) (void)registry.register_client(client.module, &client, client.registration);
        break;
      case 1:
        if (!provider.registration)
          (void)registry.register_provider(provider.module, &provider, provider.registration);
        break;
      case 2:
        (void)client.registration.deregister();
        client.registration = {};
        break;
      default: (void)provider.registration.deregister(); provider.registration = {};
    }
  }
  // After all that it still works.
  Bytes nothing({});
  Play good{nothing};
  ClientModule client(good);
  ProviderModule provider(good);
  for (auto& bad : clients) bad.registration = {};
  for (auto& bad : providers) bad.registration = {};
  expect(registry.register_provider(provider.module, &provider, provider.registration) == Status::kSuccess,
         "register");
  expect(registry.register_client(client.module, &client, client.registration) == Status::kSuccess,
         "register");
  int answer = 0;
  client.registration.for_each_provider([&](auto& guard) { answer = guard->twice(guard.context(), 21); });
  expect(answer == 42, "a call after misuse");
  client.registration = {};
  provider.registration = {};
  expect(good.client_cleanups == 1 && good.provider_cleanups == 1, "an end after misuse");

  expect(play.client_detaches == play.client_attaches && play.client_cleanups == play.client_attaches,
         "a client's detaches");
  expect(play.provider_detaches == play.provider_attaches && play.provider_cleanups == play.provider_attaches,
         "a provider's detaches");
  expect(registry.snapshot().registrations.empty(), "a registration is left");
  return play.reports;
}

}  // namespace

int run_misuse(std::span<const std::uint8_t> input) {
  const MisuseTrap trap;
  Bytes in(input);
  int reports = 0;
  Reference reference;
  for (std::size_t steps = in.pick(64); steps != 0; --steps) {
    reports += reference.step(in);
    expect(trap.count() == reports, "misuse of a reference was not reported, or reported for nothing");
  }
  reference.end();
  expect(trap.count() == reports, "the end of a reference");
  reports += run_modules(in);
  expect(trap.count() == reports, "misuse by a module was not reported, or reported for nothing");
  return reports;
}

}  // namespace fuzz
