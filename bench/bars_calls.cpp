// What a guarded call costs one thread: in a program, in a plug-in, and beside a binding that drains.
#include <dlfcn.h>

#include "bars.hpp"
#include "mechanisms.hpp"
#include "often.hpp"
#include "plugin.hpp"
#include "rounds.hpp"

namespace {

constexpr int kCalls = 30'000;  // in one round of one action: some 60 us
constexpr int kSlowCalls = 5'000;

void in_program(Report& report, std::size_t times) {
  static BareCall bare;
  static GuardedPerThread guarded;
  static CallInCasRundown cas;
  Rounds rounds;
  const auto b = rounds.add(ns_per_call_action(bare, kCalls));
  const auto g = rounds.add(ns_per_call_action(guarded, kCalls));
  const auto c = rounds.add(ns_per_call_action(cas, kSlowCalls));
  rounds.run(times);
  char text[200];
  std::snprintf(text, sizeof text,
                "one thread, ns per call: bare %.2f, guarded %.2f, compare-and-swap word %.2f",
                rounds.middle(b), rounds.middle(g), rounds.middle(c));
  report.note(text);
  report.at_most(1, "guarded call / bare call, one thread", rounds.ratio(g, b), 1.45);
  report.at_most(7, "overhead of a guarded call / of the compare-and-swap word, one thread",
                 rounds.median_of([&](std::size_t i) {
                   return (rounds.at(g, i) - rounds.at(b, i)) / (rounds.at(c, i) - rounds.at(b, i));
                 }),
                 0.30);
}

void in_plugin(Report& report, std::size_t times, const char* path) {
  void* const plugin = path != nullptr ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : nullptr;
  if (plugin == nullptr) return report.note("bar 2 was not measured: give the plug-in with --plugin");
  const auto bare = reinterpret_cast<decltype(&plugin_bare)>(dlsym(plugin, "plugin_bare"));
  const auto guarded = reinterpret_cast<decltype(&plugin_guarded)>(dlsym(plugin, "plugin_guarded"));

  static nmr::CallDomain domain;
  static nmr::Attachment<EchoNpi> binding{kEchoTable, nullptr};
  static nmr::BindingHandle<EchoNpi> handle{domain};
  static std::atomic<const EchoDispatch*> table{kEchoTable};
  (void)handle.attach(binding);
  Rounds rounds;
  const auto b = rounds.add([&, turn = std::size_t{0}]() mutable { return bare(table, kCalls, turn++); });
  const auto g = rounds.add([&, turn = std::size_t{0}]() mutable { return guarded(handle, kCalls, turn++); });
  report.at_most(2, "guarded call / bare call, in a plug-in", rounds.run(times).ratio(g, b), 1.45);
  (void)handle.detach_and_wait();
  dlclose(plugin);
}

void references(Report& report, std::size_t times) {
  static nmr::RundownRef ref;
  static CasRundown cas;
  constexpr int kPairs = 5'000;
  const auto per_pair = [](auto enter_and_leave) {
    const double begin = cpu_ns();
    for (int i = 0; i != kPairs; ++i) enter_and_leave();
    return (cpu_ns() - begin) / kPairs;
  };
  Rounds rounds;
  const auto r = rounds.add([&] {
    return per_pair([] {
      if (ref.try_acquire()) ref.release();
    });
  });
  const auto c = rounds.add([&] {
    return per_pair([] {
      if (cas.enter()) cas.leave();
    });
  });
  report.at_most(8, "RundownRef / compare-and-swap word, enter and leave, one thread",
                 rounds.run(times).ratio(r, c), 0.95);
}

/// Calls through one binding while another of the same domain drains, and while it does not.
void beside_a_drain(Report& report, std::size_t times) {
  struct Bystander {
    nmr::CallDomain domain;
    nmr::Attachment<EchoNpi> binding{kEchoTable, nullptr}, other{kEchoTable, nullptr};
    nmr::BindingHandle<EchoNpi> handle{domain}, other_handle{domain};

    Bystander() {
      (void)handle.attach(binding);
      (void)other_handle.attach(other);
    }
    ~Bystander() {
      (void)handle.detach_and_wait();
      other_handle.detach();
      (void)other.wait_until_detached();
    }
    NMR_ALWAYS_INLINE int call(int value) noexcept {
      const auto guard = handle.try_call();
      return guard ? guard->echo(guard.context(), value) : -1;
    }
  };
  static Bystander quiet, draining;
  auto hold = draining.other_handle.try_call().hold();
  draining.other_handle.detach();
  Rounds rounds;
  const auto without = rounds.add(ns_per_call_action(quiet, kCalls));
  const auto with = rounds.add(ns_per_call_action(draining, kCalls));
  report.at_most(16, "guarded call while another binding drains / without",
                 rounds.run(times).ratio(with, without), 1.05);
  hold.leave();
}

}  // namespace

void call_bars(Report& report, const Options& options) {
  const std::size_t times = options.by_length<std::size_t>(1, 60, 400);
  in_program(report, times);
  in_plugin(report, times, options.plugin);
  references(report, times);
  beside_a_drain(report, times);
}
