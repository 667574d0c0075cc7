// Providers that come and go while threads call: no call meets one that has gone, and each binding ends once.
#include <array>
#include <memory>

#include "modules/adder.hpp"
#include "platform/threads.hpp"

namespace {

/// Counts how its bindings begin and end.
template <class Calls>
class Watched : public Adder {
 public:
  Watched(AdderRegistry<Calls>& registry, std::uint64_t id)
      : Adder(1000),
        provider_(registry, nmr::ModuleId(id), {nmr::member<&Watched::add>(), nullptr}, *this,
                  {.attached = nmr::member<&Watched::attached>(),
                   .detaching = nmr::member<&Watched::detaching>(),
                   .detached = nmr::member<&Watched::detached>()}) {}
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  [[nodiscard]] bool registered() const { return provider_.status() == Status::kSuccess; }
  void attached(const typename AdderProvider<Calls>::Offer&) { ++counts()[0]; }
  void detaching(nmr::DetachCompletion) noexcept { ++counts()[1]; }
  void detached() noexcept { ++counts()[2]; }

  static std::array<std::atomic<int>, 3>& counts() {
    static std::array<std::atomic<int>, 3> all{};
    return all;
  }

 private:
  AdderProvider<Calls> provider_;
};

}  // namespace

TEST_CASE_TEMPLATE("load: calls in flight keep what they call, while providers come, are replaced and go",
                   Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
  constexpr int kRounds = 300;
  constexpr int kCallers = 2;
  const int missed_before = Adder::missed();
  for (auto& count : Watched<Calls>::counts()) count = 0;
  std::atomic<bool> stop = false;
  std::atomic<int> served = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> wrong = 0;
  AdderRegistry<Calls> registry;
  {
    AdderClient<Calls> client(registry, nmr::ModuleId(1));
    Threads callers(kCallers, [&](int thread) {
      for (int value = thread; !stop; value = (value + 1) & 0xFFFF) {
        const auto result = client.template call<kAdd>(value);
        result ? ++served : ++refused;
        if (result && *result != value + 1000) ++wrong;
      }
    });
    std::unique_ptr<Watched<Calls>> current;
    for (int round = 0; round != kRounds; ++round) {
      const int before = served;
      auto next = std::make_unique<Watched<Calls>>(registry, std::uint64_t{2} + static_cast<unsigned>(round));
      CHECK(next->registered());
      if (round % 3 == 0) current.reset();
      current = std::move(next);
      if (round % 8 == 0) spin_until([&] { return served != before; });
      if (round % 5 == 0) {
        current.reset();
        const int none = refused;
        spin_until([&] { return refused != none; });
      }
    }
    current.reset();
    stop = true;
  }
  CHECK(wrong == 0);
  CHECK(Adder::missed() == missed_before);
  CHECK(served > 0);
  const auto& counts = Watched<Calls>::counts();
  CHECK(counts[0] == kRounds);
  CHECK(counts[1] == kRounds);
  CHECK(counts[2] == kRounds);
}

TEST_CASE_TEMPLATE("load: clients that come and go with their calls, at providers that do too", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  constexpr int kRounds = 100;
  const int missed_before = Adder::missed();
  for (auto& count : Watched<Calls>::counts()) count = 0;
  std::atomic<int> wrong = 0;
  AdderRegistry<Calls> registry;
  {
    Threads threads;
    for (int thread = 0; thread != 2; ++thread) {
      threads.add([&](int which) {
        for (int round = 0; round != kRounds; ++round) {
          AdderClient<Calls> client(registry, nmr::ModuleId(1));
          for (int value = 0; value != 20; ++value) {
            const auto result = client.template call<kAdd>(value + which);
            if (result && result != value + which + 1000) ++wrong;
          }
        }
      });
    }
    threads.add([&](int) {
      for (int round = 0; round != kRounds; ++round) {
        const Watched<Calls> provider(registry, 2);
        dawdle(round * 10);
      }
    });
  }
  CHECK(wrong == 0);
  CHECK(Adder::missed() == missed_before);
  const auto& counts = Watched<Calls>::counts();
  CHECK(counts[1] == counts[0]);
  CHECK(counts[2] == counts[0]);
  CHECK(registry.snapshot().registrations.empty());
}
