#pragma once
#include <nmr/adapters/ending.hpp>

NMR_BEGIN_NAMESPACE

namespace detail {
/// As StopsAwaiter.
template <class Source>
struct BeginsEnd {
  Source source;
  Completion* done;
  void operator()() noexcept { (void)source.give(*done); }
};
}  // namespace detail

/// Begins an end when it is asked to stop: BeginOnStop begins(token, begin_rundown(ref), done). At once if that was
/// asked before.
///
/// The completion is given on the thread that asks to stop, and runs as wherever it is given: there, or on the last one
/// out. If nobody asks, it is never given. If it is refused, it does not run.
///
/// Lifetime      once destroyed it begins nothing: the destructor waits for a begin on another thread, not for the end.
///               The completion may destroy it, on either thread.
template <EndSource Source, class Token>
class [[nodiscard]] NMR_PUBLIC_TYPE BeginOnStop {
 public:
  NMR_LOCAL BeginOnStop(const Token& token, const Ending<Source>& end, Completion& done) noexcept
      : callback_(token, Begin{end.source(), &done}) {}
  BeginOnStop(const BeginOnStop&) = delete;
  BeginOnStop& operator=(const BeginOnStop&) = delete;
  NMR_LOCAL ~BeginOnStop() {}

 private:
  using Begin = detail::BeginsEnd<Source>;

  platform::StopCallbackOf<Token, Begin> callback_;
};

template <EndSource Source, class Token>
BeginOnStop(const Token&, const Ending<Source>&, Completion&) -> BeginOnStop<Source, Token>;

NMR_END_NAMESPACE
