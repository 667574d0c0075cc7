#pragma once
/// What the programs for the call path are made of: services that end themselves when their last call has
/// left.
#include <nmr/calls/one_word_calls.hpp>
#include <nmr/calls/per_thread_calls.hpp>

#include "model_atomics.hpp"

namespace model {

/// Something to call. Its completion ends the data and the target itself, so any touch that it does not come
/// after is a fault.
template <class Calls>
struct Service : Calls::Target {
  using Target = typename Calls::Target;

  Var<int> data{1};
  int completions = 0;
  nmr::Completion done{[](nmr::Completion&, void* self) noexcept { static_cast<Service*>(self)->end(); },
                       this};

  void end() noexcept {
    ++completions;
    data.free();
    static_cast<Target*>(this)->~Target();
    retire(static_cast<Target*>(this), sizeof(Target));
  }
  void use() noexcept { check(data.read() == 1, "what is called is whole"); }
};

template <class Calls>
struct World {
  using Domain = typename Calls::Domain;
  using Cell = typename Calls::Cell;
  using Call = typename Calls::Call;
  using Target = typename Calls::Target;

  Domain domain;
  Cell cell{domain}, other_cell{domain};
  Service<Calls> first, second, third;

  void attach(Cell& to, Service<Calls>& service) noexcept {
    check(service.open(), "it is not in use");
    service.data.write(1);  // as whatever prepares what is called
    if (Target* const replaced = to.install(service)) close(*replaced);
  }
  /// Detaches whatever is there.
  void detach(Cell& from) noexcept {
    if (auto* const target = from.remove_any()) close(*static_cast<Target*>(target));
  }
  void close(Target& target) noexcept {
    (void)target.refs().begin_rundown(static_cast<Service<Calls>&>(target).done);
    Calls::close(domain, &target);
  }
  /// Returns false if it was refused.
  bool call(Cell& through) noexcept {
    Call call(through);
    if (call.target() == nullptr) return false;
    service(*call.target()).use();
    return true;
  }
  static Service<Calls>& service(Target& target) noexcept { return static_cast<Service<Calls>&>(target); }
};

/// The thread pointer of the nth thread.
constexpr std::uintptr_t pointer(unsigned thread) { return 0x10000 + thread * 0x1000u; }

/// Makes a world with one service attached, in which the first `registered` threads have called before.
template <class Calls>
World<Calls>& make_world(Run& run, unsigned registered) {
  auto& world = *new World<Calls>;
  for (unsigned i = 0; i < registered; ++i) {
    run.set_up_as(pointer(i));
    check(!world.call(world.other_cell), "nothing is there yet");
  }
  run.set_up_as(0);
  world.attach(world.cell, world.first);
  return world;
}

/// Makes a call of the first thread's that the program's threads are to leave.
template <class Calls>
typename World<Calls>::Call& called_in_set_up(Run& run, World<Calls>& world) {
  run.set_up_as(pointer(0));
  return *new typename World<Calls>::Call(world.cell);
}

template <class Calls>
void end(World<Calls>& world, int first, int second = 0) {
  check(world.first.completions == first && world.second.completions == second,
        "each completion has run once");
  destroy(world.cell);
  destroy(world.other_cell);
  destroy(world.domain);
}

/// The options of a program that uses the process-wide barrier, and of one that has to do without.
inline Options with_barrier() {
  Options options;
  options.interrupts = true;
  return options;
}

inline Options without_barrier() {
  Options options;
  options.heavy_fence = false;
  return options;
}

}  // namespace model
