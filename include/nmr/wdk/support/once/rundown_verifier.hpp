#pragma once
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>

#include <nmr/platform/std_atomics.hpp>
#include <nmr/wdk/rundown.h>
#include <nmr/wdk/support/once/immortal.hpp>
#include <nmr/wdk/support/once/irql.hpp>

NMR_BEGIN_NAMESPACE
namespace wdk {

/// The rundown references that are held in files that are verified, and where they were acquired: rundown_verified.h.
///
/// All calls of these files are under one mutex, but for what waits. So the count of a reference is exact here, and a
/// release that has no acquire is known before it is made.
class RundownVerifier {
 public:
  /// Who calls: taken at the entry of a function that a verified file has called.
  class Call {
   public:
    Call(const char* function, const void* caller) noexcept : function_(function) {
      const char* const place = platform::take(this_thread().rundown_place);
      if (place == nullptr) {
        std::snprintf(place_, sizeof place_, "%p", caller);
        return;
      }
      const std::size_t length = std::strlen(place);  // its end is what tells
      std::snprintf(place_, sizeof place_, "%s",
                    length < sizeof place_ ? place : place + (length + 1 - sizeof place_));
    }
    [[nodiscard]] const char* function() const noexcept { return function_; }
    [[nodiscard]] const char* place() const noexcept { return place_; }

   private:
    const char* function_;
    char place_[96];
  };

  template <class Pointer>
  BOOLEAN acquire(Pointer ref, std::size_t n, const Call& call) noexcept {
    auto& count = ref_in(ref);
    Held* lost = nullptr;
    bool possible = true;
    bool acquired = false;
    {
      LockGuard lock(mutex_);
      const std::size_t recorded = find(ref) == nullptr ? 0 : find(ref)->count;
      const std::size_t held = held_in(count, recorded);
      if (held < recorded) lost = take(ref);  // it is zero, though nobody has released
      possible = n <= count.max_refs() - held;
      acquired = possible && count.try_acquire(n);
      if (acquired && n != 0) note(ref, n, call);
    }
    if (lost != nullptr) report_lost(platform::take(lost), "found without its references", call);
    if (!possible) report(ref, call, "more references than can be counted");
    return acquired;
  }

  template <class Pointer>
  void release(Pointer ref, std::size_t n, const Call& call) noexcept {
    {
      LockGuard lock(mutex_);
      Held* const held = find(ref);
      const std::size_t recorded = held == nullptr ? 0 : held->count;
      if (n <= held_in(ref_in(ref), recorded)) {
        if (held != nullptr) {
          add(*held, call, 0, n);
          held->count -= n < held->count ? n : held->count;
          if (held->count == 0) free(take(ref));
        }
        return ref_in(ref).release(n);  // *ref may be gone then
      }
    }
    report(ref, call, "released, and not acquired before");
  }

  template <class Pointer>
  void wait(Pointer ref, const Call& call) noexcept {
    if (this_thread().irql > APC_LEVEL) {
      char rule[80];
      std::snprintf(rule, sizeof rule, "called at level %u; it must be APC_LEVEL or below",
                    unsigned{this_thread().irql});
      report(ref, call, rule);
    }
    {
      LockGuard lock(mutex_);  // to begin counts for a moment
      (void)ref_in(ref).begin_rundown();
    }
    ref_in(ref).wait_for_rundown();
  }

  template <class Pointer>
  void completed(Pointer ref, const Call& call) noexcept {
    if (!ref_in(ref).run_down_already()) report(ref, call, "it has not run down");
  }
  template <class Pointer>
  void reinitialize(Pointer ref, const Call& call) noexcept {
    if (!ref_in(ref).run_down_already()) return report(ref, call, "it has not run down");
    ref_in(ref).reinitialize();
  }

  /// Of memory that is about to become a new reference, or nobody's. Returns how many are lost.
  template <class Pointer>
  std::size_t forget(Pointer ref, const Call& call) noexcept {
    Held* lost = nullptr;
    {
      LockGuard lock(mutex_);
      lost = take(ref);
    }
    if (lost == nullptr) return 0;
    const std::size_t count = lost->count;
    report_lost(lost, "not released before", call);
    return count;
  }
  /// Of all that lies in memory that is about to be freed.
  void forget_all_in(const void* memory, std::size_t bytes, const char* function,
                     const void* caller) noexcept {
    const auto begin = reinterpret_cast<std::uintptr_t>(memory);
    for (;;) {
      Held* lost = nullptr;
      {
        LockGuard lock(mutex_);
        for (Held* held = first_; held != nullptr && lost == nullptr; held = held->next) {
          if (reinterpret_cast<std::uintptr_t>(held->ref) - begin < bytes) lost = take(held->ref);
        }
      }
      if (lost == nullptr) return;
      report_lost(lost, "not released before", Call(function, caller));
    }
  }

  /// Reports each reference that is held now. Returns how many objects have some.
  std::size_t report_all() noexcept {
    for (std::size_t which = 0;; ++which) {
      char rule[512];
      const void* ref = nullptr;
      const char* object = nullptr;
      {
        LockGuard lock(mutex_);
        const Held* held = first_;
        for (std::size_t i = 0; i != which && held != nullptr; ++i) held = held->next;
        if (held == nullptr) return which;
        describe(*held, "not released", rule, sizeof rule);
        ref = held->ref;
        object = held->object;
      }
      report_misuse({object, "report_rundown_leaks", rule, ref});
    }
  }

 private:
  /// A line of a file that has acquired, or released.
  struct Place {
    char text[96];
    std::size_t acquired;
    std::size_t released;
    Place* next;
  };
  /// What is held of one object.
  struct Held {
    const void* ref;
    const char* object;
    std::size_t count;
    Place* places;  // since none was held, newest last
    Held* next;
  };

  static const char* type_of(PEX_RUNDOWN_REF) noexcept { return "EX_RUNDOWN_REF"; }
  static const char* type_of(PEX_RUNDOWN_REF_CACHE_AWARE) noexcept { return "EX_RUNDOWN_REF_CACHE_AWARE"; }
  /// The object knows best, if it can say; of the other kind zeros are no object.
  static std::size_t held_in(RundownRef& ref, std::size_t) noexcept { return ref.approximate_refs(); }
  static std::size_t held_in(ShardedRundownRef&, std::size_t recorded) noexcept { return recorded; }

  [[nodiscard]] Held* find(const void* ref) noexcept {
    Held* held = first_;
    while (held != nullptr && held->ref != ref) held = held->next;
    return held;
  }
  [[nodiscard]] Held* take(const void* ref) noexcept {
    Held** link = &first_;
    while (*link != nullptr && (*link)->ref != ref) link = &(*link)->next;
    Held* const held = *link;
    if (held != nullptr) *link = held->next;
    return held;
  }
  static void free(Held* held) noexcept {
    while (held->places != nullptr) {
      Place* const place = held->places;
      held->places = place->next;
      delete place;
    }
    delete held;
  }

  template <class Pointer>
  void note(Pointer ref, std::size_t n, const Call& call) noexcept {
    Held* held = find(ref);
    if (held == nullptr) {
      held = new (std::nothrow) Held{ref, type_of(ref), 0, nullptr, first_};
      if (held == nullptr) return;
      first_ = held;
    }
    held->count += n;
    add(*held, call, n, 0);
  }
  static void add(Held& held, const Call& call, std::size_t acquired, std::size_t released) noexcept {
    Place** link = &held.places;
    while (*link != nullptr && std::strcmp((*link)->text, call.place()) != 0) link = &(*link)->next;
    if (*link == nullptr) {
      *link = new (std::nothrow) Place{};
      if (*link == nullptr) return;
      std::snprintf((*link)->text, sizeof(*link)->text, "%s", call.place());
    }
    (*link)->acquired += acquired;
    (*link)->released += released;
  }

  /// Writes what is held, and who has had it: "not released: 2; acquired at a.c:10 (3), released at a.c:20 (1)".
  static void describe(const Held& held, const char* what, char* text, std::size_t size) noexcept {
    std::size_t used = 0;
    const auto more = [&](const char* words, const char* place, std::size_t count) {
      if (used >= size) return;
      used +=
          static_cast<std::size_t>(std::snprintf(text + used, size - used, "%s%s%zu", words, place, count));
    };
    more(what, ": ", held.count);
    for (const Place* place = held.places; place != nullptr; place = place->next) {
      char words[128];
      const auto tell = [&](const char* done, std::size_t count) {
        if (count == 0) return;
        std::snprintf(words, sizeof words, "%s at %s", done, place->text);
        more(words, " x", count);
      };
      tell("; acquired", place->acquired);
      tell("; released", place->released);
    }
  }
  static void report_lost(Held* held, const char* what, const Call& call) noexcept {
    char rule[512];
    describe(*held, what, rule, sizeof rule);
    report_at(held->object, held->ref, call, rule);
    free(held);
  }
  template <class Pointer>
  static void report(Pointer ref, const Call& call, const char* rule) noexcept {
    report_at(type_of(ref), ref, call, rule);
  }
  static void report_at(const char* object, const void* ref, const Call& call, const char* rule) noexcept {
    char where[192];
    std::snprintf(where, sizeof where, "%s, called at %s", call.function(), call.place());
    report_misuse({object, where, rule, ref});
  }

  platform::Mutex mutex_;
  Held* first_ = nullptr;
};

[[nodiscard]] inline RundownVerifier& rundown_verifier() noexcept { return immortal<RundownVerifier>(); }

}  // namespace wdk
NMR_END_NAMESPACE
