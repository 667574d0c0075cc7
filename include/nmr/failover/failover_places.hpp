#pragma once
#include <cstdint>
#include <new>

#include <nmr/failover/failover_guard.hpp>
#include <nmr/platform/completion.hpp>
#include <nmr/platform/pointer.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// Where a FailoverClient's providers are attached, which of them is called, and who waits for one. A place stays as long
/// as *this: whoever has looked which one is current may call through it without a care.
template <RegistrableNpi N, CallsPolicy Calls>
class NMR_PUBLIC_TYPE FailoverPlaces {
  using Atomics = typename Calls::Atomics;

 public:
  using Guard = BasicFailoverGuard<N, Calls>;
  using Cell = typename Calls::Cell;

  /// A provider's, from its attach callback to its cleanup; then another's.
  struct Place {
    NMR_LOCAL Place(typename Calls::Domain& domain, FailoverPlaces& whose) noexcept
        : handle(domain), places(whose) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    NMR_LOCAL ~Place() = default;
    /// Returns whether it is to be called before another.
    /// Progress      wait-free; under the mutex.
    [[nodiscard]] NMR_LOCAL bool better_than(std::int64_t other_rank,
                                             std::uint64_t other_nth) const noexcept {
      return rank != other_rank ? rank > other_rank : nth < other_nth;
    }

    BasicBindingHandle<N, Calls> handle;
    FailoverPlaces& places;
    Place* next = nullptr;
    std::int64_t rank = 0;
    std::uint64_t nth = 0;  // of all that have come: no two are as good as each other
    bool taken = true;
    bool attached = false;
  };

  NMR_LOCAL FailoverPlaces(typename Calls::Domain& domain, bool keeps_current) noexcept
      : nobody_(domain, *this), current_(&nobody_), keeps_current_(keeps_current) {}
  FailoverPlaces(const FailoverPlaces&) = delete;
  FailoverPlaces& operator=(const FailoverPlaces&) = delete;
  /// Frees the places, but those that nobody has given back: a registration was abandoned, and calls may be in them.
  NMR_LOCAL ~FailoverPlaces() {
    for (Place* place = all_; place != nullptr;) {
      Place* const next = place->next;
      if (!place->taken) delete place;
      place = next;
    }
  }

  /// A place that an attach callback has taken: given back where that fails, or the thread is ended in it.
  class Taken {
   public:
    NMR_LOCAL explicit Taken(FailoverPlaces& places) noexcept
        : places_(places), place_(places.take_place()) {}
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;
    NMR_LOCAL ~Taken() {
      if (place_ != nullptr) places_.give_back(*place_);
    }
    /// Returns null where there was no memory.
    [[nodiscard]] NMR_LOCAL Place* get() const noexcept { return place_; }
    /// Returns the place, which is the provider's from now on.
    /// Progress      wait-free.
    NMR_LOCAL Place& keep() noexcept { return *platform::take(place_); }

   private:
    FailoverPlaces& places_;
    Place* place_;
  };

  /// Enters a call to the current provider, or where that refuses to the best that does not.
  /// Returns       a guard; empty if all refuse that have been there all along.
  /// Progress      as try_call(); where the current one refuses, blocking for the mutex, and a pass for each provider.
  [[nodiscard]] NMR_ALWAYS_INLINE NMR_LOCAL Guard enter() noexcept {
    return Guard(current_cell(), [this](Guard& guard) noexcept { (void)enter_best(guard); });
  }
  /// As above; waits for one until the time is over, or waits have ended.
  /// Returns       as above.
  /// Progress      blocking, asleep.
  [[nodiscard]] NMR_LOCAL Guard enter_until(platform::Deadline deadline) noexcept {
    return Guard(current_cell(), [this, deadline](Guard& guard) noexcept { enter_in_time(guard, deadline); });
  }

  /// The provider has been cleaned up.
  /// Progress      blocking for the mutex.
  NMR_LOCAL void give_back(Place& place) noexcept {
    LockGuard lock(mutex_);
    place.taken = false;
  }
  /// A provider has been attached there. Runs what waited for one.
  /// Progress      blocking for the mutex; completions run without it.
  NMR_LOCAL void come(Place& place, std::int64_t rank) noexcept {
    Completion* due = nullptr;
    {
      LockGuard lock(mutex_);
      place.rank = rank;
      place.nth = ++came_;
      place.attached = true;
      choose();
      changed_.notify_all();
      due = platform::take(waiting_);
    }
    Completion::run_each(due);
  }
  /// It is being detached.
  /// Progress      blocking for the mutex.
  NMR_LOCAL void go(Place& place) noexcept {
    LockGuard lock(mutex_);
    place.attached = false;
    choose();
  }
  /// Returns true if there is a provider, or waits have ended; else the completion runs when that is so.
  /// Progress      blocking for the mutex.
  [[nodiscard]] NMR_LOCAL bool provided_or_link(Completion& completion) noexcept {
    LockGuard lock(mutex_);
    if (current() != &nobody_ || waits_ended_) return true;
    completion.link() = waiting_;
    waiting_ = &completion;
    return false;
  }
  /// Ends all waits, those that are still to begin too.
  /// Progress      blocking for the mutex; completions run without it.
  NMR_LOCAL void end_waits() noexcept {
    Completion* due = nullptr;
    {
      LockGuard lock(mutex_);
      waits_ended_ = true;
      changed_.notify_all();
      due = platform::take(waiting_);
    }
    Completion::run_each(due);
  }

 private:
  /// Returns where calls go; where there is no provider, a cell that refuses.
  [[nodiscard]] NMR_ALWAYS_INLINE NMR_LOCAL Cell& current_cell() const noexcept {
    // [fo:1] acquire, pairs with [fo:2]. The place lives as long as *this, whoever is in it.
    return current_.load(order::acquire)->handle.cell();
  }

  /// Tries one provider after the other, the best one first.
  /// Returns       how many had come by the time that all of them were found to refuse.
  NMR_COLD NMR_LOCAL std::uint64_t enter_best(Guard& guard) noexcept {
    for (;;) {
      std::int64_t rank = INT64_MAX;
      std::uint64_t nth = 0;
      std::uint64_t came = 0;
      for (bool first = true;; first = false) {
        Place* place = nullptr;
        {
          LockGuard lock(mutex_);
          if (first) came = came_;
          place = best_below(rank, nth);
          if (place != nullptr) {
            rank = place->rank;
            nth = place->nth;
          } else if (came == came_) {
            return came;
          }
        }
        if (place == nullptr) break;  // a better one may have come, and been there when the last one left
        // Without the mutex: a refused call may run what a detach has left it, and that may come back here.
        if (guard.enter(place->handle.cell())) return came;
      }
    }
  }
  /// As enter_best(), until there is a provider, the time is over or waits have ended.
  NMR_COLD NMR_LOCAL void enter_in_time(Guard& guard, platform::Deadline deadline) noexcept {
    for (;;) {
      const std::uint64_t came = enter_best(guard);
      if (guard) return;
      LockGuard lock(mutex_);
      while (came_ == came) {
        if (waits_ended_ || !changed_.wait_until(mutex_, deadline)) return;
      }
    }
  }

  [[nodiscard]] NMR_LOCAL Place* take_place() noexcept {
    {
      LockGuard lock(mutex_);
      for (Place* place = all_; place != nullptr; place = place->next) {
        if (place->taken) continue;
        place->taken = true;
        return place;
      }
    }
    Place* const place = new (std::nothrow_t{}) Place(nobody_.handle.cell().domain(), *this);
    if (place == nullptr) return nullptr;
    LockGuard lock(mutex_);
    place->next = all_;
    all_ = place;
    return place;
  }

  // Under the mutex.

  [[nodiscard]] NMR_LOCAL Place* current() const noexcept {
    return current_.load(order::relaxed);  // relaxed: the mutex orders
  }
  /// Returns the best place that is attached and worse than that one; null if there is none.
  [[nodiscard]] NMR_LOCAL Place* best_below(std::int64_t rank, std::uint64_t nth) const noexcept {
    Place* best = nullptr;
    for (Place* place = all_; place != nullptr; place = place->next) {
      if (!place->attached || place->better_than(rank, nth) || (place->rank == rank && place->nth == nth))
        continue;
      if (best == nullptr || place->better_than(best->rank, best->nth)) best = place;
    }
    return best;
  }
  NMR_LOCAL void choose() noexcept {
    if (keeps_current_ && current()->attached) return;
    Place* const best = best_below(INT64_MAX, 0);
    // [fo:2] release, pairs with [fo:1]: the place is whole.
    current_.store(best != nullptr ? best : &nobody_, order::release);
  }

  typename Atomics::Mutex mutex_;
  typename Atomics::Condition changed_;
  Place nobody_;  // never attached
  AtomicOf<Atomics, Place*> current_;
  const bool keeps_current_;
  Place* all_ = nullptr;
  Completion* waiting_ = nullptr;
  std::uint64_t came_ = 0;
  bool waits_ended_ = false;
};

}  // namespace detail
NMR_END_NAMESPACE
