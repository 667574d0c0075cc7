#pragma once
#include <cstdint>
#include <type_traits>

#include <nmr/failover/failover_places.hpp>
#include <nmr/modules/call_through.hpp>
#include <nmr/modules/settings.hpp>
#include <nmr/registry/nmr_registry.hpp>

NMR_BEGIN_NAMESPACE

/// Which providers a FailoverClient wants, and which it calls. Functions without state, called in its attach callback.
template <class Offer>
struct NMR_PUBLIC_TYPE FailoverChoice {
  /// Whether to attach to this provider; null: to each. May throw, which declines.
  bool (*wants)(const Offer&) = nullptr;
  /// How good it is: the highest is called, of equals the one that came first. Null: that one alone counts.
  std::int64_t (*rank)(const Offer&) = nullptr;
  /// True: a better one that comes is called only when the present one has left.
  bool keeps_current = false;
};

/// A client of every provider that it wants, which calls the best of them, and the next best as soon as that leaves.
/// <nmr/failover.hpp> says what each function may do.
///
///   nmr::FailoverClient<DiskNpi> disk(registry, nmr::ModuleId(1), {.rank = [](const auto& offer) { ... }});
///   if (const auto read = disk.call<&DiskNpi::ProviderDispatch::read>(block)) return *read;
///
/// Lifetime      outlives every function of its own that has been called, and every guard but for its leaving. The
///               registry outlives it.
template <RegistrableNpi N, CallsPolicy Calls>
class NMR_PUBLIC_TYPE BasicFailoverClient {
  using Atomics = typename Calls::Atomics;
  using Places = detail::FailoverPlaces<N, Calls>;
  using Place = typename Places::Place;

 public:
  using Registry = BasicNmrRegistry<N, Calls>;
  using Registration = typename Registry::ClientRegistration;
  using Offer = typename Registry::ProviderOffer;
  using Guard = BasicFailoverGuard<N, Calls>;
  using Settings = ModuleSettings<typename CharacteristicsOf<N>::Client>;
  using Choice = FailoverChoice<Offer>;

  /// Registers. Providers that are there are attached before this returns. status() says whether that succeeded.
  ///
  /// Progress      as register_client().
  template <class Unit = platform::ThisUnit>
  NMR_LOCAL BasicFailoverClient(Registry& registry, const Settings& settings, const Choice& choice = {})
      : places_(registry.call_domain(), choice.keeps_current), choice_(choice) {
    static_assert(std::is_same_v<typename Offer::ClientDispatch, NoDispatch>,
                  "providers of this NPI call their clients: accept them in a module of your own");
    detail::describe(module_, settings);
    module_.attach_provider = &attach<Unit>;
    module_.detach_provider = &detach;
    module_.cleanup_binding_context = &cleanup;
    status_ = registry.template register_client<Unit>(module_, this, registration_);
  }
  BasicFailoverClient(const BasicFailoverClient&) = delete;
  BasicFailoverClient& operator=(const BasicFailoverClient&) = delete;
  /// Leaves, and waits for the last call; but after NmrRegistry::abandon().
  ///
  /// Lifetime      where its registration was abandoned, *this stays until each provider has been cleaned up, or for good.
  /// Precondition  not in a callback or a guarded call of its own (trapped; then it does not wait).
  NMR_LOCAL ~BasicFailoverClient() { places_.end_waits(); }  // then its registration goes, and waits

  /// Returns what register_client() has returned.
  [[nodiscard]] NMR_LOCAL Status status() const noexcept { return status_; }
  /// Returns the registration: who is attached, and who was declined. Deregistered by leave(); not to be moved from.
  [[nodiscard]] NMR_LOCAL Registration& registration() noexcept { return registration_; }

  /// Enters a call to the current provider, or to the best of the others if that is leaving.
  ///
  /// Returns       a guard; empty if there was no provider.
  /// Progress      as BasicBindingHandle::try_call(), and one load more, while the current one stays. Else it takes the
  ///               client's mutex, which nobody holds for more than a pass over the providers.
  /// Ordering      as there.
  [[nodiscard]] NMR_ALWAYS_INLINE NMR_LOCAL Guard try_call() noexcept { return places_.enter(); }

  /// Calls a function of the provider's table, as BasicClient::call().
  ///
  /// Returns       what the function returns; nothing if there was no provider.
  /// Progress      as try_call(), and the function.
  template <auto kEntry, class... Arguments, class Unit = platform::ThisUnit>
  NMR_ALWAYS_INLINE NMR_LOCAL auto call(Arguments&&... arguments) {
    return detail::call_through<typename N::ProviderDispatch, kEntry>(*this,
                                                                      static_cast<Arguments&&>(arguments)...);
  }

  /// Enters a call as soon as there is a provider. Not from a callback that holds one up.
  ///
  /// Returns       a guard; empty if leave() has been called.
  /// Progress      blocking, asleep, until a provider is attached, or leave(). No cancellation point.
  /// Ordering      as try_call().
  [[nodiscard]] NMR_LOCAL Guard wait_for_provider() noexcept {
    return wait_for_provider_until_ns(platform::kNever);
  }
  /// As wait_for_provider(), for at most `timeout` (any std::chrono::duration).
  ///
  /// Returns       as there; empty, too, if the time was over first.
  /// Progress      as there, or until the time is over.
  /// Ordering      as there.
  template <class Duration>
  [[nodiscard]] NMR_LOCAL Guard wait_for_provider_for(const Duration& timeout) noexcept {
    return wait_for_provider_until_ns(deadline_after<Atomics>(platform::to_nanoseconds(timeout)));
  }
  /// As wait_for_provider_for(). The deadline is of any std::chrono clock.
  template <class TimePoint>
  [[nodiscard]] NMR_LOCAL Guard wait_for_provider_until(const TimePoint& deadline) noexcept {
    const auto now = TimePoint::clock::now();
    return deadline <= now ? wait_for_provider_until_ns(0) : wait_for_provider_for(deadline - now);
  }
  /// As wait_for_provider_for(). The deadline is of the policy's own clock, now_ns().
  [[nodiscard]] NMR_LOCAL Guard wait_for_provider_until_ns(platform::Deadline deadline) noexcept {
    return places_.enter_until(deadline);
  }

  /// Runs `completion` when there is a provider, or leave() is called: here, if that is so already; else on the thread
  /// on which the provider is attached, in its attach callback, or that leaves. By then the provider may have gone again.
  ///
  /// Returns       whether it has run here.
  /// Progress      takes the client's mutex; `completion` runs without it.
  /// Precondition  `completion` is not in use (trapped; then nothing is done).
  NMR_LOCAL bool when_provided(Completion& completion) noexcept {
    if (!completion.begin_use<Atomics>("when_provided")) return false;
    if (!places_.provided_or_link(completion)) return false;
    completion.run();
    return true;
  }

  /// Ends all waits for a provider, for good, and starts to deregister.
  ///
  /// Returns       as Registration::deregister().
  /// Progress      as Registration::deregister().
  /// Ordering      as Registration::deregister().
  NMR_LOCAL Status leave() noexcept {
    places_.end_waits();
    return registration_.deregister();
  }

 private:
  template <class Unit>
  NMR_LOCAL static Status attach(void* self, Offer& offer) {
    auto& client = *static_cast<BasicFailoverClient*>(self);
    const Choice& choice = client.choice_;
    if (choice.wants != nullptr && !choice.wants(offer)) return Status::kNoInterface;
    const std::int64_t rank = choice.rank != nullptr ? choice.rank(offer) : 0;
    typename Places::Taken taken(client.places_);
    if (taken.get() == nullptr) return Status::kInsufficientResources;
    const Status status = offer.accept(taken.get()->handle, taken.get());
    if (succeeded(status)) client.places_.come(taken.keep(), rank);
    return status;
  }
  NMR_LOCAL static void detach(void* context, DetachCompletion) noexcept {
    Place& place = *static_cast<Place*>(context);
    place.places.go(place);
  }
  NMR_LOCAL static void cleanup(void* context) noexcept {
    Place& place = *static_cast<Place*>(context);
    place.places.give_back(place);
  }

  Places places_;
  const Choice choice_;
  typename Registry::ClientModule module_;
  Status status_ = Status::kPending;
  Registration registration_;  // last: it goes first, and waits
};

template <RegistrableNpi N>
using FailoverClient = BasicFailoverClient<N, PerThreadCalls>;

NMR_END_NAMESPACE
