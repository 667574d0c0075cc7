// What [exec.scope.simple.counting] and [exec.scope.concepts] say (P3149R11), rule by rule. No implementation of
// std::execution is asked.
#include <doctest/doctest.h>

#include <concepts>
#include <utility>

#include "rundown/forms.hpp"
#include "task.hpp"

namespace {

struct AnySender {};

template <class T>
concept ScopeToken = std::copyable<T> && requires(const T token, AnySender sender) {
  { token.try_associate() } -> std::same_as<bool>;
  { token.disassociate() } noexcept -> std::same_as<void>;
  { token.wrap(std::move(sender)) } -> std::same_as<AnySender&&>;
};
static_assert(ScopeToken<nmr::RundownScope::Token>);
static_assert(ScopeToken<nmr::ShardedRundownScope::Token>);
static_assert(!std::movable<nmr::RundownScope>);
static_assert(noexcept(std::declval<nmr::RundownScope&>().get_token()));
static_assert(noexcept(std::declval<nmr::RundownScope&>().close()));
static_assert(noexcept(std::declval<nmr::RundownScope&>().join()));

template <class Scope>
Task joins(Scope& scope, int& joined) {
  co_await scope.join();
  ++joined;
}

}  // namespace

TEST_CASE_TEMPLATE("R181: a scope keeps the rules of simple_counting_scope", Scope, nmr::RundownScope,
                   nmr::BasicRundownScope<ManyShards>) {
  Scope scope;
  const auto token = scope.get_token();
  const auto copy = token;
  int joined = 0;

  SUBCASE("unused, joined: it completes at once, and nobody is associated any more") {
    joins(scope, joined);
    CHECK(joined == 1);
    CHECK(!token.try_associate());
    joins(scope, joined);  // joined: at once again
    CHECK(joined == 2);
  }
  SUBCASE("unused, closed: refused, and joined at once") {
    scope.close();
    scope.close();  // no effect
    CHECK(!token.try_associate());
    joins(scope, joined);
    CHECK(joined == 1);
  }
  SUBCASE("open, closed: refused by each token; joined when the last has gone, all that have registered") {
    REQUIRE(token.try_associate());
    REQUIRE(copy.try_associate());
    scope.close();
    CHECK(!token.try_associate());
    CHECK(!copy.try_associate());
    joins(scope, joined);
    joins(scope, joined);
    token.disassociate();
    CHECK(joined == 0);
    copy.disassociate();
    CHECK(joined == 2);
    scope.close();  // joined: no effect
    CHECK(!token.try_associate());
  }
  SUBCASE("open, joined: here it closes") {
    REQUIRE(token.try_associate());
    joins(scope, joined);
    CHECK(!token.try_associate());
    CHECK(joined == 0);
    token.disassociate();
    CHECK(joined == 1);
  }
  SUBCASE("open, all gone: goes on, and may be destroyed") {
    REQUIRE(token.try_associate());
    token.disassociate();
    REQUIRE(token.try_associate());
    token.disassociate();
    CHECK(joined == 0);
  }
}
