// Modules of a registry whose memory and code are taken away the moment their deregistration has completed.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include <nmr/registry.hpp>

#include "binding/echo.hpp"
#include "stress/module.hpp"
#include "stress/storm.hpp"

namespace {

/// Where detach callbacks leave completions for other threads: those sides are pending.
class Parking {
 public:
  void put(nmr::DetachCompletion done) {
    const std::lock_guard lock(mutex_);
    parked_.push_back(std::move(done));
  }
  bool complete_one() {
    nmr::DetachCompletion done;
    {
      const std::lock_guard lock(mutex_);
      if (parked_.empty()) return false;
      done = std::move(parked_.back());
      parked_.pop_back();
    }
    done.complete();
    return true;
  }

 private:
  std::mutex mutex_;
  std::vector<nmr::DetachCompletion> parked_;
};

/// What the modules of one test share.
template <class Calls>
struct World {
  explicit World(Storm& its_storm) noexcept : storm(its_storm) {}
  Storm& storm;
  ModulePages pages{64};
  Parking parking;
  std::atomic<int> detaches{0};  // callbacks
  std::atomic<int> cleanups{0};
  nmr::BasicNmrRegistry<StressNpi, Calls> registry;
};

/// A module's context for one binding, which the registry frees after its cleanup.
template <class Calls>
struct Attachment : StressContext {
  explicit Attachment(World<Calls>& its_world) noexcept : world(its_world) {}
  World<Calls>& world;
};

/// A client or a provider, all of which lies in a page: what it registers, its table, and the completion of
/// its deregistration.
template <class Calls, nmr::ModuleSide kSide>
class PagedRegistrant : public nmr::Completion {
  using Registry = nmr::BasicNmrRegistry<StressNpi, Calls>;
  using Handle = typename Registry::Handle;
  static constexpr bool kIsClient = kSide == nmr::ModuleSide::kClient;
  using Module =
      std::conditional_t<kIsClient, typename Registry::ClientModule, typename Registry::ProviderModule>;

 public:
  using Registration = std::conditional_t<kIsClient, typename Registry::ClientRegistration,
                                          typename Registry::ProviderRegistration>;

  /// With a handle, a client calls through it: the provider that comes last takes the place of the others.
  [[nodiscard]] static PagedRegistrant& make(World<Calls>& world, Tally& tally, Handle* handle = nullptr) {
    ++tally.expected;
    return *new (world.pages.take()) PagedRegistrant(world, handle);
  }

  nmr::Status enroll(Registration& registration) noexcept {
    if constexpr (kIsClient) {
      return world_.registry.register_client(module_, this, registration);
    } else {
      return world_.registry.register_provider(module_, this, registration);
    }
  }

 private:
  PagedRegistrant(World<Calls>& world, Handle* handle) noexcept
      : Completion(&take_away, this), world_(world), handle_(handle), table_(world.pages.table_of(this)) {
    module_.module_id = nmr::ModuleId(std::uint64_t{1});
    module_.cleanup_binding_context = &clean_up;
    if constexpr (kIsClient) {
      module_.attach_provider = &attach<typename Registry::ProviderOffer>;
      module_.detach_provider = &detach;
    } else {
      module_.attach_client = &attach<typename Registry::ClientOffer>;
      module_.detach_client = &detach;
    }
  }

  template <class Offer>
  static nmr::Status attach(void* self, Offer& offer) {
    auto& registrant = *static_cast<PagedRegistrant*>(self);
    auto* const context = offer.template make_context<Attachment<Calls>>(registrant.world_);
    if (context == nullptr) return nmr::Status::kInsufficientResources;
    if constexpr (kIsClient) {
      if (registrant.handle_ != nullptr)
        return offer.accept(*registrant.handle_, context, &registrant.table_);
    }
    return offer.accept(context, &registrant.table_);
  }

  static void detach(void* context, nmr::DetachCompletion done) noexcept {
    World<Calls>& world = static_cast<Attachment<Calls>*>(context)->world;
    if (world.detaches.fetch_add(1) % 3 == 0) world.parking.put(std::move(done));
  }

  static void clean_up(void* context) noexcept {
    auto& attachment = *static_cast<Attachment<Calls>*>(context);
    attachment.key = 0;  // what a call would find wrong
    attachment.world.cleanups.fetch_add(1);
  }

  static void take_away(Completion&, void* self) noexcept {
    auto& registrant = *static_cast<PagedRegistrant*>(self);
    World<Calls>& world = registrant.world_;
    registrant.~PagedRegistrant();
    world.pages.take_away(&registrant);
    world.storm.totals.seen.fetch_add(1);
  }

  World<Calls>& world_;
  Handle* const handle_;
  StressNpi::ProviderDispatch table_;
  Module module_;
};

/// Calls every peer there is.
template <class Registration>
void call_peers(Registration& registration, int value, Tally& tally) {
  const auto call = [&](auto& guard) {
    call_in(guard, value, tally);
    if (value % 16 == 0) std::this_thread::yield();
    call_in(guard, value, tally);
  };
  if constexpr (requires { registration.for_each_provider(call); }) {
    registration.for_each_provider(call);
  } else {
    registration.for_each_client(call);
  }
}

/// Registers modules that call their peers for a while and deregister, until the time is over.
template <class Registrant, class Calls>
void come_and_go(World<Calls>& world, Storm::Part& part) {
  auto& [number, random, delays, tally] = part;
  while (world.storm.budget.more()) {
    auto& registrant = Registrant::make(world, tally);
    typename Registrant::Registration registration;
    tally.expect(registrant.enroll(registration) == nmr::Status::kSuccess);
    for (auto calls = random.below(4); calls != 0; --calls)
      call_peers(registration, static_cast<int>(calls), tally);
    if (random.one_in(2)) std::this_thread::yield();
    tally.expect(registration.deregister(registrant) == nmr::Status::kPending);
    ++tally.detaches;
    if (random.one_in(2)) tally.expect(registration.wait_for_deregister_complete() == nmr::Status::kSuccess);
  }  // the registration's destructor waits
}

}  // namespace

TEST_CASE_TEMPLATE(
    "module storm: registered modules call each other, and are taken away as soon as they have deregistered",
    Calls, PerThread, Delayed, DelayedOneWord) {
  using Client = PagedRegistrant<Calls, nmr::ModuleSide::kClient>;
  using Provider = PagedRegistrant<Calls, nmr::ModuleSide::kProvider>;
  Storm storm;
  World<Calls> world(storm);
  typename nmr::BasicNmrRegistry<StressNpi, Calls>::Handle handle(world.registry.call_domain());
  typename Client::Registration stayers[2];
  Client* clients[2] = {};
  {
    Tally tally(storm.totals);
    clients[0] = &Client::make(world, tally);
    clients[1] = &Client::make(world, tally, &handle);
  }
  for (int i = 0; i < 2; ++i) CHECK(clients[i]->enroll(stayers[i]) == nmr::Status::kSuccess);
  storm.callers(2, [&](Storm::Part& part) {
    auto& [number, random, delays, tally] = part;
    while (!storm.over()) {
      const int value = static_cast<int>(random.below(256));
      if (random.one_in(2)) call_peers(stayers[0], value, tally);
      if (const auto guard = handle.try_call()) {
        call_in(guard, value, tally);
      } else {
        ++tally.refused;
        if (random.one_in(64)) std::this_thread::yield();
      }
      if (random.one_in(4)) world.parking.complete_one();
    }
  });
  storm.mutators(3, [&](Storm::Part& part) {
    if (part.number == 0) come_and_go<Client>(world, part);
    if (part.number != 0) come_and_go<Provider>(world, part);
  });
  // The callers still complete what is parked.
  for (int i = 0; i < 2; ++i) CHECK(stayers[i].deregister(*clients[i]) == nmr::Status::kPending);
  for (auto& stayer : stayers) CHECK(stayer.wait_for_deregister_complete() == nmr::Status::kSuccess);
  storm.stop();
  CHECK(world.cleanups.load() == world.detaches.load());
  storm.finish();
}
