// Programs for a client of several providers: which place is called while providers come and go in them.
#include <nmr/calls/one_word_calls.hpp>
#include <nmr/failover/failover_places.hpp>

#include "call_world.hpp"
#include "programs.hpp"

namespace model {
namespace {

using Word = nmr::BasicOneWordCalls<ModelAtomics>;
using Slots = nmr::BasicPerThreadCalls<ModelPolicy<1, 2>>;

struct AnyNpi {
  static constexpr nmr::NpiId kId{{1, 2, 3, {4}}};
  struct ProviderDispatch {};
};

/// A provider, freed when its last call has left, and the place that it is in. What a client does in its callbacks.
template <class Calls>
struct ComesAndGoes {
  using Places = nmr::detail::FailoverPlaces<AnyNpi, Calls>;

  void come(Places& in, std::int64_t rank) noexcept {
    places = &in;
    typename Places::Taken taken(in);
    check(taken.get()->handle.attach(attachment) == nmr::Status::kSuccess, "the place is free");
    place = &taken.keep();
    in.come(*place, rank);
  }
  void go() noexcept {
    (void)place->handle.detach(cleaned_up);
    places->go(*place);
  }

  nmr::BasicAttachment<AnyNpi, Calls> attachment{nullptr, this};
  Var<int> data{1};
  Places* places = nullptr;
  typename Places::Place* place = nullptr;
  int ends = 0;
  nmr::Completion cleaned_up{[](nmr::Completion&, void* self) noexcept {
                               auto& provider = *static_cast<ComesAndGoes*>(self);
                               ++provider.ends;
                               provider.data.free();
                               destroy(provider.attachment);
                               provider.places->give_back(*provider.place);
                             },
                             this};
};

template <class Calls>
struct World {
  using Places = nmr::detail::FailoverPlaces<AnyNpi, Calls>;

  /// Returns the provider that was called, null if there was none.
  const ComesAndGoes<Calls>* call() noexcept {
    const auto guard = places.enter();
    return use(guard);
  }
  const ComesAndGoes<Calls>* wait_and_call() noexcept {
    const auto guard = places.enter_until(nmr::platform::kNever);
    return use(guard);
  }
  static const ComesAndGoes<Calls>* use(const typename Places::Guard& guard) noexcept {
    if (!guard) return nullptr;
    auto& provider = *static_cast<ComesAndGoes<Calls>*>(guard.context());
    check(provider.data.read() == 1, "what is called is whole");
    return &provider;
  }
  void end(int ended) noexcept {
    int ends = 0;
    for (auto& provider : providers) ends += provider.ends;
    check(ends == ended, "each end is told once");
    destroy(places);
    destroy(domain);
  }

  typename Calls::Domain domain;
  Places places{domain, false};
  ComesAndGoes<Calls> providers[3];
};

template <class Calls>
World<Calls>& make_world(Run& run) {
  auto& it = *new World<Calls>;
  run.set_up_as(pointer(0));
  it.call();  // registers the thread
  run.set_up_as(0);
  return it;
}

// There is one all along, though not the same: the next comes before the last one goes.
template <class Calls, int after>
void handed_over(Run& run) {
  auto& it = make_world<Calls>(run);
  it.providers[0].come(it.places, 1);
  run.thread([&] { check(it.call() != nullptr, "one was there all along"); }, pointer(0));
  run.thread([&] {
    for (int i = 1; i <= after; ++i) {
      it.providers[i].come(it.places, i + 1);
      it.providers[i - 1].go();
    }
  });
  run.at_end([&] {
    it.providers[after].go();
    it.end(after + 1);
  });
}

// Two stand by while the best one goes.
template <class Calls>
void best_goes(Run& run) {
  auto& it = make_world<Calls>(run);
  for (int i = 0; i < 3; ++i) it.providers[i].come(it.places, i);
  run.thread(
      [&] {
        const auto* const called = it.call();
        check(called == &it.providers[2] || called == &it.providers[1], "the best of those that are there");
      },
      pointer(0));
  run.thread([&] { it.providers[2].go(); });
  run.at_end([&] {
    for (int i = 0; i < 2; ++i) it.providers[i].go();
    it.end(3);
  });
}

// The first one comes while somebody waits for it; then it goes, and another takes its place.
template <class Calls>
void waited_for(Run& run) {
  auto& it = make_world<Calls>(run);
  run.thread([&] { check(it.wait_and_call() != nullptr, "a wait ends with a provider"); }, pointer(0));
  run.thread([&] { it.providers[0].come(it.places, 0); });
  run.at_end([&] {
    it.providers[0].go();
    it.end(1);
  });
}

template <class Calls>
void waits_ended(Run& run) {
  auto& it = make_world<Calls>(run);
  auto& told = *new int(0);
  auto& completion =
      *new nmr::Completion([](nmr::Completion&, void* runs) noexcept { ++*static_cast<int*>(runs); }, &told);
  run.thread([&] { (void)it.wait_and_call(); }, pointer(0));
  run.thread([&] {
    if (it.places.provided_or_link(completion)) completion.run();
  });
  run.thread([&] { it.places.end_waits(); });
  run.at_end([&] {
    check(told == 1, "it is told once");
    it.end(0);
  });
}

// A place is given to another while a caller is on its way to who was there.
template <class Calls>
void place_of_another(Run& run) {
  auto& it = make_world<Calls>(run);
  it.providers[0].come(it.places, 0);
  run.thread([&] { (void)it.call(); }, pointer(0));
  run.thread([&] {
    it.providers[0].go();
    it.providers[1].come(it.places, 0);
  });
  run.at_end([&] {
    it.providers[1].go();
    it.end(2);
  });
}

const NamedProgram kPrograms[] = {
    {"failover, one word: handed over", handed_over<Word, 1>},
    {"failover, one word: handed over twice", handed_over<Word, 2>},
    {"failover, one word: the best one goes", best_goes<Word>},
    {"failover, one word: waited for", waited_for<Word>},
    {"failover, one word: waits ended", waits_ended<Word>},
    {"failover, one word: place of another", place_of_another<Word>},
    {"failover: handed over", handed_over<Slots, 1>, -1, -1, with_barrier()},
    {"failover: the best one goes", best_goes<Slots>, -1, -1, with_barrier()},
    {"failover: place of another", place_of_another<Slots>, 1, -1, with_barrier()},
};

}  // namespace

std::span<const NamedProgram> failover_programs() { return kPrograms; }

}  // namespace model
