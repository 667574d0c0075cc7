// Calls inside of calls, each through another binding.
#include <algorithm>
#include <array>
#include <memory>

#include "bars.hpp"
#include "mechanisms.hpp"
#include "often.hpp"
#include "rounds.hpp"

namespace {

constexpr std::size_t kDeepest = 256;

class Nest {
 public:
  Nest() {
    for (auto& place : places_) {
      place = std::make_unique<Place>(domain_);
      (void)place->handle.attach(place->binding);
    }
  }
  ~Nest() {
    for (auto& place : places_) (void)place->handle.detach_and_wait();
  }
  Nest(const Nest&) = delete;
  Nest& operator=(const Nest&) = delete;

  /// Runs `f` inside of calls through the first `depth` handles. Returns false if one was refused.
  template <class F>
  bool inside(std::size_t depth, F f) {
    if (depth == 0) return f(), true;
    const auto guard = places_[depth - 1]->handle.try_call();
    return guard && inside(depth - 1, f);
  }

  /// Returns the CPU time of one call as the one that is `depth` deep; from 1.
  double ns_at(std::size_t depth, int times, std::size_t turn) {
    double ns = 0;
    if (!inside(depth - 1, [&] { ns = ns_per_call(*places_.back(), times, turn); })) std::abort();
    return ns;
  }

 private:
  struct Place {
    explicit Place(nmr::CallDomain& domain) : handle(domain) {}
    NMR_ALWAYS_INLINE int call(int value) noexcept {
      const auto guard = handle.try_call();
      return guard ? guard->echo(guard.context(), value) : -1;
    }
    nmr::Attachment<EchoNpi> binding{kEchoTable, nullptr};
    nmr::BindingHandle<EchoNpi> handle;
  };

  nmr::CallDomain domain_;
  std::array<std::unique_ptr<Place>, kDeepest> places_;
};

}  // namespace

void nesting_bars(Report& report, const Options& options) {
  Nest nest;
  std::size_t refused = 0;
  for (std::size_t depth = 1; depth <= kDeepest; ++depth) refused += nest.inside(depth, [] {}) ? 0 : 1;
  report.at_most(11, "calls refused, nested 1 to 256 deep", static_cast<double>(refused), 0, Report::kExact);

  Rounds rounds;
  std::array<std::size_t, 4> levels{};
  for (std::size_t i = 0; i != levels.size(); ++i) {
    levels[i] =
        rounds.add([&nest, i, turn = std::size_t{0}]() mutable { return nest.ns_at(i + 1, 30'000, turn++); });
  }
  rounds.run(options.by_length<std::size_t>(1, 100, 400));
  for (std::size_t i = 1; i != levels.size(); ++i) {
    report.at_most(11, "call " + std::to_string(i + 1) + " deep / call 1 deep",
                   rounds.ratio(levels[i], levels[0]), 1.15);
  }
  char text[100];
  std::snprintf(text, sizeof text, "ns per call: 1 deep %.2f, 4 deep %.2f, 64 deep %.0f",
                rounds.middle(levels[0]), rounds.middle(levels[3]), nest.ns_at(64, 10'000, 0));
  report.note(text);
}
