#pragma once
#include <nmr/adapters/awaiter.hpp>

NMR_BEGIN_NAMESPACE

/// An end that a coroutine waits for: what is to be done with its completion, which is done when it is awaited and not
/// before. A value, made by the functions of endings.hpp. A std::future of it is to_future(), at a stop request it is begun
/// by BeginOnStop.
///
///   co_await begin_rundown(ref);                     goes on where the last reference is given back
///   co_await begin_rundown(ref).on(executor);        goes on where the executor runs it
///   co_await when_run_down(ref).or_stopped(token);   true: it has run down. false: asked to stop, and unlinked
///
/// Lifetime      what it names stays until its completion has been given; else as for that completion.
template <EndSource S>
class [[nodiscard("co_await it")]] NMR_PUBLIC_TYPE Ending {
 public:
  using Source = S;
  using Awaiter = BasicAwaiter<Source, platform::NeverStops>;

  NMR_LOCAL explicit constexpr Ending(const Source& source) noexcept : source_(source) {}

  /// Goes on on the last one out; at once if nobody is inside. co_await gives nothing, or a Status where one tells
  /// whether the completion was taken: kSuccess if it has ended.
  NMR_LOCAL Awaiter operator co_await() const noexcept { return on(nullptr); }
  /// Returns what is awaited to go on where the executor runs it; a completion that is refused goes on at once.
  [[nodiscard]] NMR_LOCAL Awaiter on(Executor& executor) const noexcept { return on(&executor); }

  /// Returns what is awaited to go on at a request to stop as well, on the thread that makes it; or on the executor.
  /// co_await gives true if it has ended: exactly one of the two is told. What was begun goes on.
  template <class Token>
    requires RetractableSource<S>
  [[nodiscard]] NMR_LOCAL BasicAwaiter<Source, Token> or_stopped(const Token& token) const noexcept {
    return {source_, token, nullptr};
  }
  /// As above.
  template <class Token>
    requires RetractableSource<S>
  [[nodiscard]] NMR_LOCAL BasicAwaiter<Source, Token> or_stopped(const Token& token,
                                                                 Executor& executor) const noexcept {
    return {source_, token, &executor};
  }

  /// Returns the source, for other styles of waiting.
  [[nodiscard]] NMR_LOCAL const Source& source() const noexcept { return source_; }

 private:
  NMR_LOCAL Awaiter on(Executor* executor) const noexcept { return {source_, {}, executor}; }

  Source source_;
};

NMR_END_NAMESPACE
