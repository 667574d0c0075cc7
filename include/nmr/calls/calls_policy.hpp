#pragma once
#include <concepts>

#include <nmr/calls/call_target.hpp>
#include <nmr/platform/std_atomics.hpp>

NMR_BEGIN_NAMESPACE

/// A way to count calls in flight, as the floors above use it: PerThreadCalls, OneWordCalls, or one of your own.
///
///   Target   what calls go to: a BasicCallTarget, whose references keep it, with what the way needs besides
///   Domain   what handles share that can meet; tells an image of another version its own, at the front
///   Cell     the place of one handle: empty, or with one target in it
///   Call     one call through a cell, entered by its constructor; refused where it has no target
///
/// What is wanted of them, beyond the names:
///
///   - A call that has a target keeps that from running down until the call has left. A call has none if it begins
///     after remove() and close() of the target, or is refused.
///   - The end of a call happens-before the completions of its target. install() happens-before each call that it lets
///     in, so whoever has a target sees all that was done before it was put in.
///   - leave() empties the call first, and touches nothing after completions have run in it.
///   - install(), remove() and remove_any() give each target that they take out to one thread alone. install() and
///     remove_any() link it for close(); who calls remove() links it.
///   - close() closes a whole list. It never waits for calls and allocates nothing. It drops the one reference that all
///     calls of a target are together (BasicCallTarget::open()), once they have left.
///   - inside() and for_each_inside() say what this thread has called and not left, as far as that can be known.
///   - None of it holds a lock while a completion or `visit` runs.
template <class C>
concept CallsPolicy =
    AtomicsPolicy<typename C::Atomics> &&
    std::derived_from<typename C::Target, BasicCallTarget<typename C::Atomics>> &&
    std::default_initializable<typename C::Domain> &&
    std::constructible_from<typename C::Domain, WithoutBarrier> &&
    std::constructible_from<typename C::Cell, typename C::Domain&> &&
    std::constructible_from<typename C::Call, typename C::Cell&> &&
    std::constructible_from<typename C::Call, typename C::Cell&, IfPrepared> &&
    requires(typename C::Domain& domain, typename C::Cell& cell, const typename C::Cell& place,
             typename C::Call& call, typename C::Target& target,
             void (*visit)(BasicCallTarget<typename C::Atomics>&)) {
      { domain.layout_version() } noexcept -> std::same_as<unsigned>;
      { domain.prepare_thread() } noexcept -> std::same_as<bool>;
      { domain.forget_this_thread() } noexcept -> std::same_as<bool>;
      { domain.for_each_inside(visit) } noexcept;
      { place.domain() } noexcept -> std::same_as<typename C::Domain&>;
      { place.empty() } noexcept -> std::same_as<bool>;
      { cell.install(target) } noexcept -> std::same_as<typename C::Target*>;
      { cell.remove(target) } noexcept -> std::same_as<bool>;
      { cell.remove_any() } noexcept -> std::same_as<typename C::Target*>;
      { call.target() } noexcept -> std::same_as<typename C::Target*>;
      { call.leave() } noexcept;
      { call.hold() } noexcept -> std::same_as<typename C::Target&>;
      { C::close(domain, &target) } noexcept;
      { C::inside(domain, target) } noexcept -> std::same_as<bool>;
    };

NMR_END_NAMESPACE
