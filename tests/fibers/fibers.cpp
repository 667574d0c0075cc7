// Fibers that come back from a switch on another thread: between calls, with a guard, inside a call, in a callback, in
// a completion. What a thread is inside of shows whose slots calls are in.
#include <ucontext.h>

#include <memory>
#include <utility>

#include "moves.hpp"

namespace {

/// Runs a function that may stop in the middle, and be gone on with by another thread.
class Fiber {
 public:
  template <class F>
  explicit Fiber(F& body) : run_([](void* f) { (*static_cast<F*>(f))(); }), body_(&body) {
    getcontext(&inside_);
    inside_.uc_stack.ss_sp = stack_.get();
    inside_.uc_stack.ss_size = kStackSize;
    inside_.uc_link = &outside_;
    starting = this;
    makecontext(&inside_, [] { starting->run_(starting->body_); }, 0);
  }
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Goes on with it, until it stops or ends. Not in line: as where a scheduler is another library's.
  [[gnu::noinline]] void resume() {
    starting = this;
    swapcontext(&outside_, &inside_);
  }
  [[gnu::noinline]] void stop() { swapcontext(&inside_, &outside_); }

 private:
  static constexpr std::size_t kStackSize = 256 * 1024;
  static inline Fiber* starting = nullptr;

  std::unique_ptr<char[]> stack_{new char[kStackSize]};
  void (*run_)(void*);
  void* body_;
  ucontext_t inside_{};
  ucontext_t outside_{};
};

Fiber* fiber = nullptr;  // the one of the test that is running
void stop() { fiber->stop(); }

/// Runs a fiber's body to its first stop here, from there to the next one elsewhere, and so on, `turns` times.
template <class F>
void run_in_turns(F body, int turns) {
  Fiber its(body);
  fiber = &its;
  for (int turn = 0; turn != turns; ++turn) {
    if (turn % 2 == 0) {
      its.resume();
    } else {
      elsewhere([&] { its.resume(); });
    }
  }
}

int stop_and_echo(void*, int value) {
  stop();
  return value + 1;
}
constexpr EchoNpi::ProviderDispatch kPlain{&echo};
constexpr EchoNpi::ProviderDispatch kStops{&stop_and_echo};

/// The guard's own thread is inside, another is not.
void expect_inside(Handle& handle, Attachment& binding) {
  const auto guard = handle.try_call();
  CHECK(guard && guard->echo(nullptr, 1) == 2);
  CHECK(says_inside(binding));
  elsewhere([&] { CHECK(!says_inside(binding)); });
}

/// Call, switch, call: what the second call's thread is must be found out anew.
[[gnu::noinline]] void call_switch_call(Handle& handle, Attachment& binding) {
  {
    const auto guard = handle.try_call();
    CHECK(guard && guard->echo(nullptr, 1) == 2);
  }
  stop();
  const auto guard = handle.try_call();
  CHECK(guard && guard->echo(nullptr, 2) == 3);
  CHECK(says_inside(binding));
}

/// The same in a loop, whose constants a compiler takes out of it.
[[gnu::noinline]] void call_in_a_loop(Handle& handle, Attachment& binding, int turns) {
  for (int i = 0; i != turns; ++i) {
    {
      const auto guard = handle.try_call();
      if (!guard || guard->echo(nullptr, i) != i + 1 || !says_inside(binding)) ++failures;
    }
    if (i + 1 != turns) stop();
  }
}

void calls_on_many_threads() {
  nmr::CallDomain domain;
  Handle handle(domain);
  Attachment binding(&kPlain, nullptr);
  CHECK(handle.attach(binding) == Status::kSuccess);
  run_in_turns(
      [&] {
        call_switch_call(handle, binding);
        CHECK(!says_inside(binding));
      },
      2);
  CHECK(!says_inside(binding));
  // All turns elsewhere: more threads, whose thread pointers come back.
  auto body = [&] { call_in_a_loop(handle, binding, 9); };
  Fiber its(body);
  fiber = &its;
  for (int turn = 0; turn != 9; ++turn) {
    if (turn % 3 == 0) {
      its.resume();
    } else {
      elsewhere([&] { its.resume(); });
    }
    // Where the fiber has a guard no more, nobody is inside, wherever it was.
    CHECK(!says_inside(binding));
  }
  CHECK(handle.detach_and_wait() == Status::kSuccess);
}

/// A guard is left on another thread than it was made on: until then its maker is inside, then nobody.
void guard_left_elsewhere() {
  nmr::CallDomain domain;
  Handle handle(domain);
  Attachment binding(&kPlain, nullptr);
  Count done;
  CHECK(handle.attach(binding) == Status::kSuccess);
  auto body = [&] {
    auto outer = handle.try_call();
    auto inner = handle.try_call();
    CHECK(outer && inner);
    stop();
    CHECK(!says_inside(binding));  // on this thread nothing was entered
    outer.leave();  // in any order
    {
      const auto own = handle.try_call();
      CHECK(own && says_inside(binding));
    }
    stop();
    CHECK(!handle.try_call());
    CHECK(done.runs == 0);
  };
  Fiber its(body);
  fiber = &its;
  its.resume();
  CHECK(says_inside(binding));
  elsewhere([&] { its.resume(); });
  CHECK(says_inside(binding));  // the inner one
  expect_inside(handle, binding);
  CHECK(handle.detach(done));
  CHECK(done.runs == 0 && !handle.try_call());
  elsewhere([&] { its.resume(); });
  CHECK(done.runs == 1 && binding.detached() && !says_inside(binding));
  CHECK(handle.attach(binding) == Status::kSuccess);
  expect_inside(handle, binding);
  CHECK(handle.detach_and_wait() == Status::kSuccess);
}

/// A fiber is gone on with elsewhere inside the callee, with a detach in between.
void moves_inside_a_call() {
  for (const bool detached_inside : {false, true}) {
    nmr::CallDomain domain;
    Handle handle(domain);
    Attachment binding(&kStops, nullptr);
    Count done;
    CHECK(handle.attach(binding) == Status::kSuccess);
    auto body = [&] {
      const auto guard = handle.try_call();
      CHECK(guard && guard->echo(nullptr, 1) == 2);
      const auto again = handle.try_call();
      CHECK(static_cast<bool>(again) != detached_inside);
    };
    Fiber its(body);
    fiber = &its;
    its.resume();
    CHECK(says_inside(binding));
    if (detached_inside) CHECK(handle.detach(done));
    CHECK(done.runs == 0);
    elsewhere([&] { its.resume(); });
    CHECK(!says_inside(binding));
    CHECK(done.runs == (detached_inside ? 1 : 0));
    CHECK(handle.detach_and_wait() == Status::kSuccess);
    CHECK(binding.detached());
  }
}

/// More guards than a thread has slots for, and holds, all left elsewhere.
void many_guards_and_holds() {
  nmr::CallDomain domain;
  Handle handle(domain);
  Attachment binding(&kPlain, nullptr);
  Count done;
  CHECK(handle.attach(binding) == Status::kSuccess);
  run_in_turns(
      [&] {
        auto a = handle.try_call(), b = handle.try_call(), c = handle.try_call(), d = handle.try_call();
        auto e = handle.try_call(), f = handle.try_call(), g = handle.try_call(), h = handle.try_call();
        nmr::CallHold<EchoNpi> hold = d.hold();
        stop();
        CHECK(a && b && c && !d && e && f && g && h && hold);
        CHECK(handle.detach(done) && done.runs == 0);
        auto second = f.hold();
        for (auto* each : {&a, &b, &c, &e, &g, &h}) each->leave();
        CHECK(done.runs == 0);
        stop();
        hold.leave();
        CHECK(done.runs == 0);
        stop();
        second.leave();
        CHECK(done.runs == 1);
      },
      4);
  CHECK(binding.detached());
}

/// A completion that runs inside a leaver's, or a refused caller's, way out.
void moves_in_a_completion() {
  nmr::CallDomain domain;
  Handle handle(domain);
  Handle other(domain);
  Attachment binding(&kPlain, nullptr);
  Attachment second(&kPlain, nullptr);
  CHECK(handle.attach(binding) == Status::kSuccess);
  CHECK(other.attach(second) == Status::kSuccess);
  nmr::Completion stops([](nmr::Completion&, void*) noexcept { stop(); }, nullptr);
  run_in_turns(
      [&] {
        {
          const auto guard = handle.try_call();
          CHECK(guard && handle.detach(stops));
        }
        const auto guard = other.try_call();
        CHECK(guard && says_inside(second) && !says_inside(binding));
      },
      2);
  CHECK(!says_inside(second) && binding.detached());
  CHECK(other.detach_and_wait() == Status::kSuccess);
}

using Registry = nmr::NmrRegistry<EchoNpi>;

/// Two modules whose callbacks all stop where they are told to.
struct Modules {
  explicit Modules(Registry& its) : registry(its), calls(its.call_domain()) {
    provider.module_id = nmr::ModuleId(std::uint64_t{1});
    provider.attach_client = [](void* self, nmr::ClientOffer<EchoNpi>& offer) {
      stop();
      const Status status = offer.accept(static_cast<Modules*>(self)->callbacks, self, &kPlain);
      stop();
      return status;
    };
    provider.detach_client = [](void*, nmr::DetachCompletion) noexcept { stop(); };
    provider.cleanup_binding_context = [](void*) noexcept { stop(); };
    client.module_id = nmr::ModuleId(std::uint64_t{2});
    client.attach_provider = [](void* self, nmr::ProviderOffer<EchoNpi>& offer) {
      static constexpr EchoNpi::ClientDispatch kTable{&stop_and_echo};
      stop();
      const Status status = offer.accept(static_cast<Modules*>(self)->calls, self, &kTable);
      stop();
      return status;
    };
    client.detach_provider = [](void* self, nmr::DetachCompletion done) noexcept {
      static_cast<Modules*>(self)->kept = std::move(done);
      stop();
    };
    client.cleanup_binding_context = [](void*) noexcept { stop(); };
  }

  Registry& registry;
  Handle calls;
  nmr::BindingHandle<nmr::CallbacksOf<EchoNpi>> callbacks{registry.call_domain()};
  nmr::ProviderModule<EchoNpi> provider;
  nmr::ClientModule<EchoNpi> client;
  nmr::DetachCompletion kept;
};

/// Everything that a registry calls back is gone on with elsewhere; attach, enumeration, detach and the wait work.
void moves_in_callbacks() {
  Registry registry;
  Modules modules(registry);
  bool over = false;
  auto body = [&] {
    nmr::ProviderRegistration<EchoNpi> provider;
    nmr::ClientRegistration<EchoNpi> client;
    CHECK(registry.register_provider(modules.provider, &modules, provider) == Status::kSuccess);
    CHECK(registry.register_client(modules.client, &modules, client) == Status::kSuccess);
    int calls = 0;
    client.for_each_provider([&](auto& guard) {
      calls += guard->echo(nullptr, 0);
      stop();
      calls += guard->echo(nullptr, 0);
    });
    provider.for_each_client([&](auto& guard) { calls += guard->echo(nullptr, 0); });
    CHECK(calls == 3);
    {
      const auto guard = modules.calls.try_call();
      CHECK(guard && provider.deregister() == Status::kPending);
      stop();
    }
    stop();
    CHECK(!modules.calls.try_call());
    modules.kept.complete();
    CHECK(provider.wait_for_deregister_complete() == Status::kSuccess);
    CHECK(client.deregister() == Status::kPending);
    CHECK(client.wait_for_deregister_complete() == Status::kSuccess);
    CHECK(registry.snapshot().registrations.size() == 2 && registry.snapshot().bindings.empty());
    over = true;
  };
  Fiber its(body);
  fiber = &its;
  for (int turn = 0; !over && turn != 100; ++turn) {
    if (turn % 2 == 0) {
      its.resume();
    } else {
      elsewhere([&] { its.resume(); });
    }
  }
  CHECK(over);
}

}  // namespace

int main() {
  calls_on_many_threads();
  guard_left_elsewhere();
  moves_inside_a_call();
  many_guards_and_holds();
  moves_in_a_completion();
  moves_in_callbacks();
  return failures != 0;
}
