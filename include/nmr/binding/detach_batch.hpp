#pragma once
#include <nmr/binding/binding_handle.hpp>
#include <nmr/platform/completion.hpp>

NMR_BEGIN_NAMESPACE

/// Detaches many handles of one domain with one barrier, where to detach each for itself takes one for each: a host
/// that shuts down, or a module that many handles go to. A registry does that by itself for what it deregisters.
///
///   nmr::DetachBatch batch(domain);
///   for (Handle& handle : handles) batch.add(handle);
///   batch.detach();
///
/// Lifetime      of one thread, and within the domain's. Each attachment stays until its detach has ended, as with
///               BindingHandle::detach(); to wait for that before this has run detach() is to wait for oneself.
template <CallsPolicy Calls>
class NMR_PUBLIC_TYPE DetachBatch {
 public:
  using Domain = typename Calls::Domain;
  using Atomics = typename Calls::Atomics;

  NMR_LOCAL explicit DetachBatch(Domain& domain) noexcept : domain_(domain) {}
  DetachBatch(const DetachBatch&) = delete;
  DetachBatch& operator=(const DetachBatch&) = delete;
  /// Detaches what was added since.
  NMR_LOCAL ~DetachBatch() { detach(); }

  /// Takes out what is attached, to be detached by detach(). Until then calls may still get in to it. `done` runs
  /// exactly once, as that of BindingHandle::detach().
  ///
  /// Returns       false if nothing was attached; then `done` has run.
  /// Progress      lock-free; never waits, allocates nothing. From callbacks and inside calls; not from a signal handler.
  /// Precondition  the handle was made with the batch's domain, and `done` is not in use (trapped; then nothing is
  ///               taken out, and this returns false).
  template <Npi N>
  NMR_LOCAL bool add(BasicBindingHandle<N, Calls>& handle, Completion& done) noexcept {
    if (!belongs(handle) || done.given_twice<Atomics>("add")) return false;
    Target* const target = take_out(handle);
    if (target == nullptr) return done.run(), false;
    target->refs().begin_rundown(done);
    return true;
  }
  /// As above, without being told: Attachment::wait_until_detached() and detached() say when the last call has left.
  template <Npi N>
  NMR_LOCAL bool add(BasicBindingHandle<N, Calls>& handle) noexcept {
    if (!belongs(handle)) return false;
    Target* const target = take_out(handle);
    if (target == nullptr) return false;
    target->refs().begin_rundown();
    return true;
  }

  /// Refuses calls to all that was added. Then the batch is empty, and may be filled again.
  ///
  /// Progress      as BindingHandle::detach() of one: blocking for one barrier, or two if somebody is inside, and for
  ///               the domain's mutex. Runs the completions of those that nobody is inside of. Does nothing if nothing
  ///               was added.
  /// Ordering      a call that begins after this has returned is refused, or goes to what was attached since.
  /// Lifetime      touches nothing once completions may have been entered.
  NMR_LOCAL void detach() noexcept {
    Target* const list = list_;
    list_ = nullptr;
    if (list != nullptr) Calls::close(domain_, list);
  }

 private:
  using Target = typename Calls::Target;

  template <Npi N>
  [[nodiscard]] NMR_LOCAL bool belongs(BasicBindingHandle<N, Calls>& handle) const noexcept {
    if (&handle.cell().domain() == &domain_) return true;
    Atomics::misuse({"DetachBatch", "add", "the handle was made with another domain", this});
    return false;
  }
  template <Npi N>
  [[nodiscard]] NMR_LOCAL Target* take_out(BasicBindingHandle<N, Calls>& handle) noexcept {
    Target* const target = handle.cell().remove_any();
    if (target != nullptr) {
      target->link_to_close(list_);
      list_ = target;
    }
    return target;
  }

  Domain& domain_;
  Target* list_ = nullptr;
};

template <AtomicsPolicy Atomics>
DetachBatch(BasicCallDomain<Atomics>&) -> DetachBatch<BasicPerThreadCalls<Atomics>>;

NMR_END_NAMESPACE
