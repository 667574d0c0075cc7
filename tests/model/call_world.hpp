#pragma once
/// What the programs for the call path are made of: services that end themselves when their last call has left.
#include <nmr/calls/one_word_calls.hpp>
#include <nmr/calls/per_thread_calls.hpp>

#include "model_atomics.hpp"

namespace model {

/// Something to call. Its completion ends the data and the target itself, so any touch that it does not come after is
/// a fault.
template <class Calls>
struct Service : Calls::Target {
  using Target = typename Calls::Target;

  Var<int> data{1};
  int completions = 0;
  nmr::Completion done{[](nmr::Completion&, void* self) noexcept { static_cast<Service*>(self)->end(); }, this};

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
  int refused = 0;

  void attach(Cell& to, Service<Calls>& service) noexcept {
    check(service.open(), "it is not in use");
    if (auto* const before = to.install(service)) close(*static_cast<Target*>(before));
  }
  /// Detaches whatever is there.
  void detach(Cell& from) noexcept {
    if (auto* const target = from.remove_any()) close(*static_cast<Target*>(target));
  }
  void close(Target& target) noexcept {
    (void)target.refs().begin_rundown(static_cast<Service<Calls>&>(target).done);
    Calls::close(domain, &target);
  }
  void call(Cell& through) noexcept {
    Call call(through);
    if (auto* const target = call.target()) {
      service(*target).use();
    } else {
      ++refused;
    }
  }
  static Service<Calls>& service(Target& target) noexcept { return static_cast<Service<Calls>&>(target); }
};

}  // namespace model
