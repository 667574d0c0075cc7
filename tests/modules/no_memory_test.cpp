// Memory that runs out while a module registers: status() says so, and nothing is left of it.
#include "modules/adder.hpp"
#include "support/alloc.hpp"

namespace {

/// The nth allocation fails while it lives.
struct Failing {
  explicit Failing(std::size_t nth, bool& whether_it_has) : fail(nth), happened(whether_it_has) {}
  Failing(const Failing&) = delete;
  Failing& operator=(const Failing&) = delete;
  ~Failing() { happened = fail.happened(); }
  alloc::FailNth fail;
  bool& happened;
};

/// Makes each allocation of a module's constructor fail, in turn. Returns how many there are.
template <class Make, class Expect>
std::size_t fail_each_allocation(Make make, Expect expect_refused) {
  for (std::size_t nth = 1;; ++nth) {
    const alloc::Scope scope;
    {
      bool happened = false;
      auto module = [&] {
        const Failing failing(nth, happened);
        return make();
      }();
      if (!happened) {
        CHECK(module.status() == Status::kSuccess);
        return nth - 1;
      }
      CHECK(module.status() == Status::kInsufficientResources);
      expect_refused(module);
    }
    CHECK(scope.live() == 0);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("no memory to register: a status, calls are refused, and no peer is asked", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  AdderRegistry<Calls> registry;
  Adder adder(1);
  AdderClient<Calls> peer(registry, nmr::ModuleId(1));
  (void)peer.template call<kAdd>(1);  // the first call of a thread allocates
  const auto provide = [&] {
    return AdderProvider<Calls>(registry, nmr::ModuleId(2),
                                {nmr::member<&Adder::add>(), nmr::member<&Adder::grow>()}, adder);
  };
  const std::size_t of_provider = fail_each_allocation(provide, [&](auto& provider) {
    CHECK_FALSE(provider.registration());
    CHECK_FALSE(peer.template call<kAdd>(1));
  });
  CHECK(of_provider >= 2);  // the registration, and a binding
  const AdderProvider<Calls> provider = provide();
  const std::size_t of_client =
      fail_each_allocation([&] { return AdderClient<Calls>(registry, nmr::ModuleId(3)); },
                           [](auto& client) { CHECK_FALSE(client.template call<kAdd>(1)); });
  CHECK(of_client >= 2);
  CHECK(peer.template call<kAdd>(1) == 2);
}
