#pragma once
/// One place that calls go through, and what its handle does to it.
#include <nmr/calls.hpp>

/// Returns the slot that a call of this thread finds at the first look, through a cell made now; or null.
template <class Atomics>
auto* first_look(nmr::BasicCallDomain<Atomics>& domain) noexcept {
  return domain.find_slot(domain.next_lane(), Atomics::thread_pointer());
}

template <class Calls>
struct Place {
  using Target = typename Calls::Target;

  explicit Place(typename Calls::Domain& its_domain) : domain(its_domain), cell(its_domain) {}

  /// Puts the target in, and detaches what was there.
  [[nodiscard]] bool attach() {
    if (!target.open()) return false;
    auto* const replaced = cell.install(target);
    if (replaced == nullptr) return true;
    replaced->refs().begin_rundown();
    Calls::close(domain, replaced);
    return true;
  }

  /// Takes the target out: `done` runs when the last call has left.
  [[nodiscard]] bool detach(nmr::Completion& done) {
    Target* const removed = cell.remove_any();
    if (removed == nullptr) return false;
    removed->refs().begin_rundown(done);
    Calls::close(domain, removed);
    return true;
  }

  typename Calls::Domain& domain;
  Target target;
  typename Calls::Cell cell;
};
