#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "calls/place.hpp"
#include "calls/policies.hpp"
#include "platform/counted_completion.hpp"

// What another thread does in the few instructions between a store and a load of this one: no stress meets it
// reliably, a policy whose fences call back does.

namespace {

/// Runs what another thread does at the next fence of a kind. One thread acts as all, so the fences need not
/// be real.
struct Hooked : nmr::StdAtomics {
  using Hook = std::function<void()>;
  static inline Hook at_light;
  static inline Hook at_heavy;

  static bool try_enable_heavy_fence() noexcept { return true; }
  static void light_fence() noexcept { run(at_light); }
  static void heavy_fence() noexcept { run(at_heavy); }

 private:
  static void run(Hook& hook) noexcept {
    if (hook == nullptr) return;
    const Hook once = std::exchange(hook, nullptr);
    once();
  }
};

using Acting = ChosenThread<Hooked>;
using Calls = nmr::BasicPerThreadCalls<Acting>;

constexpr std::uintptr_t kCaller = 1;
constexpr std::uintptr_t kOther = 2;

/// A domain with one place, in which the caller is registered.
struct Scene {
  Scene() {
    Acting::act_as(kCaller);
    CHECK(place.attach());
    const Calls::Call registers(place.cell);
  }
  ~Scene() {
    CHECK(Hooked::at_light == nullptr);  // what was planned has happened
    CHECK(Hooked::at_heavy == nullptr);
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  Calls::Domain domain;
  Place<Calls> place{domain};
};

/// Does something as the other thread.
template <class Action>
void as_other(Action action) {
  Acting::act_as(kOther);
  action();
  Acting::act_as(kCaller);
}

}  // namespace

TEST_CASE(
    "a detach between a caller's publishing and its check: the caller is refused, and ends the detach") {
  Scene scene;
  CountedCompletion done;
  bool detached = false;
  int early = -1;
  Hooked::at_light = [&] {
    as_other([&] { detached = scene.place.detach(done); });
    early = done.runs();
  };
  const Calls::Call call(scene.place.cell);
  CHECK(call.target() == nullptr);
  CHECK(detached);
  CHECK(early == 0);  // the other saw the caller, and could not know that it would be refused
  CHECK(done.runs() == 1);
}

TEST_CASE(
    "a swap between a caller's publishing and its check: the call goes to the new target, the old one ends") {
  Scene scene;
  Calls::Target next;
  CountedCompletion old_done;
  CHECK(next.open());
  Hooked::at_light = [&] {
    as_other([&] {
      auto* const replaced = scene.place.cell.install(next);
      replaced->refs().begin_rundown(old_done);
      Calls::close(scene.domain, replaced);
    });
  };
  CountedCompletion done;
  {
    const Calls::Call call(scene.place.cell);
    CHECK(call.target() == &next);
    CHECK(old_done.runs() == 1);
    CHECK(scene.place.detach(done));
    CHECK(done.runs() == 0);
  }
  CHECK(done.runs() == 1);
}

TEST_CASE(
    "a refused call that ends a detach, whose completion keeps calls, does not write over one of them") {
  constexpr unsigned kPlaces = Hooked::kCallSlots;
  struct Keeper {
    Scene scene;
    std::vector<std::unique_ptr<Place<Calls>>> places;
    std::vector<std::unique_ptr<Calls::Call>> calls;
    nmr::Completion keep{[](nmr::Completion&, void* self) noexcept {
                           auto& keeper = *static_cast<Keeper*>(self);
                           for (auto& each : keeper.places) {
                             keeper.calls.push_back(std::make_unique<Calls::Call>(each->cell));
                           }
                         },
                         this};

    void swap(Calls::Target& to, nmr::Completion* done) {
      as_other([&] {
        CHECK(to.open());
        auto* const replaced = scene.place.cell.install(to);
        done != nullptr ? replaced->refs().begin_rundown(*done) : replaced->refs().begin_rundown();
        Calls::close(scene.domain, replaced);
      });
    }
  } keeper;
  for (unsigned i = 0; i != kPlaces; ++i) {
    keeper.places.push_back(std::make_unique<Place<Calls>>(keeper.scene.domain));
    CHECK(keeper.places.back()->attach());
  }
  Calls::Target second;
  Calls::Target third;
  // At the fence after the first publishing, and at that after the second: the one between is of taking back.
  Hooked::at_light = [&] {
    keeper.swap(second, nullptr);
    Hooked::at_light = [&] { Hooked::at_light = [&] { keeper.swap(third, &keeper.keep); }; };
  };
  CountedCompletion third_done;
  {
    const Calls::Call call(keeper.scene.place.cell);
    CHECK(call.target() == &third);
    CHECK(keeper.calls.size() == kPlaces);
    CHECK(keeper.scene.place.detach(third_done));
    CHECK(third_done.runs() == 0);
  }
  CHECK(third_done.runs() == 1);
  for (unsigned i = 0; i != kPlaces; ++i) {
    CountedCompletion done;
    CHECK(keeper.places[i]->detach(done));
    CHECK(done.runs() == 0);
    keeper.calls[i].reset();
    CHECK(done.runs() == 1);
  }
}

TEST_CASE(
    "a signal handler between a leaver's clearing and its look leaves what the leaver owes to the leaver") {
  Scene scene;
  CountedCompletion done;
  auto call = std::make_unique<Calls::Call>(scene.place.cell);
  CHECK(scene.place.detach(done));
  int after_handler = -1;
  bool answered = false;
  Hooked::at_light = [&] {
    for (unsigned i = 0; i != 2 * Hooked::kCallSlots;
         ++i) {  // some of them through the slot that is being left
      Place<Calls> place(scene.domain);
      CHECK(place.attach());
      {
        const Calls::Call in_handler(place.cell);
        answered = in_handler.target() != nullptr;
      }
      CountedCompletion place_done;
      CHECK(place.detach(place_done));
      CHECK(place_done.runs() == 1);
    }
    after_handler = done.runs();
  };
  call.reset();
  CHECK(answered);
  CHECK(after_handler == 0);
  CHECK(done.runs() == 1);
}

TEST_CASE(
    "a detach between a leaver's clearing of its slot and its look at what it owes ends at once, and only "
    "once") {
  Scene scene;
  CountedCompletion done;
  auto call = std::make_unique<Calls::Call>(scene.place.cell);
  int at_once = -1;
  Hooked::at_light = [&] {
    as_other([&] { (void)scene.place.detach(done); });
    at_once = done.runs();
  };
  call.reset();
  CHECK(at_once == 1);
  CHECK(done.runs() == 1);
}

TEST_CASE(
    "a caller that leaves before the detacher's first look is not seen; one that leaves before the second "
    "ends it") {
  Scene scene;
  CountedCompletion done;
  auto call = std::make_unique<Calls::Call>(scene.place.cell);
  SUBCASE("before the first look") {
    Hooked::at_heavy = [&] { call.reset(); };
  }
  SUBCASE("before the second look: what the detacher holds itself keeps it until then") {
    int after_leaving = -1;
    Hooked::at_heavy = [&] {
      Hooked::at_heavy = [&] {
        call.reset();
        after_leaving = done.runs();
      };
    };
    CHECK(scene.place.detach(done));
    CHECK(after_leaving == 0);
    CHECK(done.runs() == 1);
    return;
  }
  SUBCASE("after the second look") {
    CHECK(scene.place.detach(done));
    CHECK(done.runs() == 0);
    call.reset();
    CHECK(done.runs() == 1);
    return;
  }
  CHECK(scene.place.detach(done));
  CHECK(done.runs() == 1);
}

TEST_CASE("a thread that registers while a detacher waits for its barrier sees the detach") {
  Scene scene;
  CountedCompletion done;
  bool refused = false;
  Hooked::at_heavy = [&] { as_other([&] { refused = Calls::Call(scene.place.cell).target() == nullptr; }); };
  CHECK(scene.place.detach(done));
  CHECK(refused);
  CHECK(done.runs() == 1);
}

TEST_CASE(
    "two detaches overlap, each while the other waits for its second barrier, and each ends with its own "
    "last call") {
  Scene scene;
  Place<Calls> second(scene.domain);
  CHECK(second.attach());
  auto first_call = std::make_unique<Calls::Call>(scene.place.cell);
  auto second_call = std::make_unique<Calls::Call>(second.cell);
  CountedCompletion first_done;
  CountedCompletion second_done;
  Hooked::at_heavy = [&] {
    Hooked::at_heavy = [&] {
      // Between the looks of the first detach: the whole of the second, and the last call of the first.
      as_other([&] { (void)second.detach(second_done); });
      first_call.reset();
    };
  };
  CHECK(scene.place.detach(first_done));
  CHECK(first_done.runs() == 1);
  CHECK(second_done.runs() == 0);
  second_call.reset();
  CHECK(second_done.runs() == 1);
}
