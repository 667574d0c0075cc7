#pragma once
/// A std::future of an end. A header of its own, for hosts: with g++ a std::promise has a symbol that keeps the image that
/// uses it mapped for good, whatever this library does; a plug-in that is to be unloaded has a SharedEvent.
#include <future>

#include <nmr/adapters/ending.hpp>

NMR_BEGIN_NAMESPACE
namespace detail {

/// A completion that keeps a promise, and frees itself.
template <class Value>
class PromisedEnd : public Completion {
 public:
  NMR_LOCAL PromisedEnd() : Completion(&keep, this) {}
  NMR_LOCAL ~PromisedEnd() {}

  NMR_LOCAL std::future<Value> future() { return promise_.get_future(); }
  template <class... Values>
  NMR_LOCAL static void keep(PromisedEnd* self, Values... value) noexcept {
    std::promise<Value> promise;
    promise.swap(self->promise_);
    delete self;
    promise.set_value(value...);
  }

 private:
  NMR_LOCAL static void keep(Completion&, void* self) noexcept {
    if constexpr (std::is_void_v<Value>)
      keep(static_cast<PromisedEnd*>(self));
    else
      keep(static_cast<PromisedEnd*>(self), Value::kSuccess);
  }

  std::promise<Value> promise_;
};

}  // namespace detail

/// Gives the completion now, and returns a future of the end: of nothing, or of the Status, as co_await gives it. It is
/// made ready on the last one out.
///
/// Returns       the future; ready if it has ended, or if the completion was refused.
/// Progress      that of the function which takes the completion. Allocates the completion and what a promise allocates,
///               before it gives anything: what that throws passes, and nothing has begun. To make it ready allocates
///               nothing and takes the mutex of the standard library's.
/// Lifetime      the future may be destroyed at any time; a wait for it is a cancellation point where the system's is.
template <EndSource Source>
auto to_future(const Ending<Source>& end) {
  using Value = typename Ending<Source>::Awaiter::Result;
  Source source = end.source();
  auto* const promised = new detail::PromisedEnd<Value>;
  std::future<Value> future = promised->future();
  if constexpr (std::is_void_v<Value>) {
    (void)source.give(*promised);
  } else {
    const Value status = source.give(*promised);
    if (status != Status::kSuccess && status != Status::kPending)
      detail::PromisedEnd<Value>::keep(promised, status);
  }
  return future;
}

NMR_END_NAMESPACE
