// Programs for what may still run when an end is told: post(), completions of the same end, and calls through what was
// abandoned. Whoever is told frees what they use.
#include "program_memory.hpp"
#include "registry_world.hpp"

namespace model {
namespace {

/// An executor whose post() is not over when the other thread has been handed the completion, or has run it here. The
/// end of its registration frees it.
struct Slow : nmr::Executor {
  explicit Slow(bool runs_here) noexcept
      : Executor{[](nmr::Executor& self, nmr::Completion& completion) noexcept {
          auto& slow = static_cast<Slow&>(self);
          slow.here ? completion.run() : slow.posted.store(&completion, std::memory_order_release);
          (void)slow.posts.read();
        }},
        here(runs_here) {}
  void run_one() noexcept {
    nmr::Completion* completion = nullptr;
    while ((completion = posted.load(std::memory_order_acquire)) == nullptr) ModelAtomics::relax(0);
    posted.store(nullptr, std::memory_order_relaxed);  // before the next is posted: this one does it
    completion->run();
  }
  const bool here;
  Atomic<nmr::Completion*> posted{nullptr};
  Var<int> posts{0};
};

/// Leaves a client that has an executor of either kind, so that the provider's completion is all that is left.
template <class Calls>
RegistryWorld<Calls>& make_posting(Run& run, Slow& of_client, Slow* of_provider = nullptr) {
  auto& world = make<Calls>();
  run.set_up_as(0);
  world.client.executor = &of_client;
  world.provider.executor = of_provider;
  world.provider.answer = Answer::kKept;
  world.provider.enter();
  world.client.enter();
  world.client.leave_untold();
  if (!of_client.here) of_client.run_one();
  return world;
}

// Another thread runs what is posted, and frees the executor as soon as it is told of the end.
template <class Calls, bool also_of_provider>
void posted(Run& run) {
  auto& slow = *new Slow(false);
  auto& here = *new Slow(true);
  auto& world = make_posting<Calls>(run, slow, also_of_provider ? &here : nullptr);
  run.thread([&] { world.provider.complete_kept(); });
  run.thread([&] {
    slow.run_one();
    world.client.wait();
    slow.posts.free();
    if (also_of_provider) {
      world.provider.leave_and_wait();
      here.posts.free();
    }
  });
  run.at_end([&] {
    if (!also_of_provider) world.provider.leave();
    end(world, 1, 1);
  });
}

// The executor runs it inside post(), and another thread waits for the end.
template <class Calls>
void posted_here(Run& run) {
  auto& here = *new Slow(true);
  auto& world = make_posting<Calls>(run, here);
  run.thread([&] { world.provider.complete_kept(); });
  run.thread([&] {
    world.client.wait();
    here.posts.free();
  });
  run.at_end([&] {
    world.provider.leave();
    end(world, 1, 1);
  });
}

// The executor waits for the client's end inside its post(): it is told that this is itself. The thread has nothing else
// to do with the client, and the last step that it posts leaves no other trace of it.
template <class Calls>
void waits_where_it_posts(Run& run) {
  static RegistryWorld<Calls>* where;
  struct Waits : nmr::Executor {
    Waits() noexcept
        : Executor{[](nmr::Executor&, nmr::Completion& completion) noexcept {
            completion.run();
            (void)where->core.deregister(*where->client.registration, nullptr);
            check(where->client.try_wait() == Status::kPossibleDeadlock, "this post is in its way");
          }} {}
  };
  auto& world = make<Calls>();
  where = &world;
  world.client.executor = new Waits;
  world.provider.enter();
  world.client.enter();
  run.thread([&] { world.provider.leave_untold(); });
  run.at_end([&] {
    world.client.wait();
    world.provider.wait();
    end(world, 1, 1);
  });
}

/// A completion that uses what a test frees, and waits for somebody's end.
template <class Calls>
struct Told : nmr::Completion {
  Told() noexcept
      : Completion(
            [](nmr::Completion&, void* self) noexcept {
              auto& told = *static_cast<Told*>(self);
              told.data.write(1);
              if (told.waits_for != nullptr) check(told.waits_for->try_wait() == Status::kSuccess, "it ends");
              told.data.write(2);
            },
            this) {}
  Var<int> data{0};
  Party<Calls>* waits_for = nullptr;
};

// A wait that returns frees what the completion of the same end uses, on whichever thread that runs. The thread that
// waits may have told of another end before.
template <class Calls, bool has_told>
void told_and_waited_for(Run& run) {
  auto& world = make_attached<Calls>(run);
  auto& other_client = *new Party<Calls>(world, ModuleSide::kClient, 1);
  if (has_told) {
    other_client.agrees = Agrees::kNo;
    other_client.enter();
  }
  auto& told = *new Told<Calls>;
  world.provider.answer = Answer::kKept;
  check(world.core.deregister(*world.client.registration, &told) == Status::kPending, "it is there");
  run.thread([&] { world.provider.complete_kept(); });
  run.thread([&] {
    if (has_told) other_client.leave_untold();
    world.client.wait();
    told.data.free();
  });
  run.at_end([&] {
    if (has_told) other_client.wait();
    world.provider.leave();
    end(world, 1, 1);
  });
}

// The completions of two ends, told on two threads, wait for each other's.
template <class Calls>
void each_told_waits_for_the_other(Run& run) {
  auto& world = *new RegistryWorld<Calls>;
  auto& other_client = *new Party<Calls>(world, ModuleSide::kClient, 1);
  auto& told = *new std::array<Told<Calls>, 2>;
  world.provider.enter();
  world.client.answer = other_client.answer = Answer::kKept;
  world.client.enter();
  other_client.enter();
  told[0].waits_for = &other_client;
  told[1].waits_for = &world.client;
  (void)world.core.deregister(*world.client.registration, &told[0]);
  (void)world.core.deregister(*other_client.registration, &told[1]);
  run.thread([&] { world.client.complete_kept(); });
  run.thread([&] { other_client.complete_kept(); });
  run.at_end([&] {
    world.client.wait();
    other_client.wait();
    world.provider.leave();
    end(world, 1, 2);
  });
}

/// Says that a piece of memory has been freed.
void check_gone(const void* memory) { check(plain_cell(memory)->dead, "it is freed by the last"); }
void check_stays(const void* memory) { check(!plain_cell(memory)->dead, "it is freed by nobody"); }

// The client is abandoned while another thread ends it.
template <class Calls>
void abandoned(Run& run) {
  auto& world = make_attached<Calls>(run);
  world.provider.answer = Answer::kKept;
  world.client.leave_untold();
  auto& registration = *world.client.registration;
  run.thread([&] { world.provider.complete_kept(); });
  run.thread([&] { world.core.abandon(*world.client.registration); });
  run.at_end([&] {
    check_gone(&registration);
    world.provider.leave();
    world.end_registry();
    check(world.provider.bindings == 1, "the other side ends as usual");
  });
}

// All is abandoned, the registry too, with a call in progress: what has been called is whole until that has left, and
// then nothing is left but the registry, whose records the call looks at on its way out.
template <class Calls, bool registry_says_so>
void abandoned_with_a_call(Run& run) {
  auto& world = make_attached<Calls>(run, 1);
  auto& entered = *new Atomic<bool>(false);
  constexpr bool of_threads = std::is_same_v<Calls, PerThread>;
  auto& core = world.core;
  run.thread(
      [&] {
        typename Calls::Call call(world.cell);
        check(call.target() != nullptr, "it is attached");
        entered.store(true, std::memory_order_release);
        static_cast<Context*>(static_cast<nmr::detail::AttachmentCore<Calls>&>(*call.target()).context())
            ->use();
      },
      pointer(0));
  run.thread([&] {
    while (!entered.load(std::memory_order_acquire)) ModelAtomics::relax(0);
    if (registry_says_so) core.abandon();
    for (auto* const party : {&world.client, &world.provider}) {
      registry_says_so ? core.destroy(*party->registration) : core.abandon(*party->registration);
    }
    if (of_threads) world.end_registry();
  });
  run.at_end([&] {
    if (!of_threads) world.end_registry();  // the word is in the handle, which stays for the call
    check_stays(&core);
    check_gone(world.client.registration);
    check_gone(world.provider.registration);
  });
}

// Two registrations are abandoned with a call in progress for each, and the registry.
template <class Calls>
void two_abandoned(Run& run) {
  auto& world = make_attached<Calls>(run);
  world.client.answer = world.provider.answer = Answer::kKept;
  auto& core = world.core;
  core.abandon(*world.client.registration);
  core.abandon(*world.provider.registration);
  run.thread([&] { world.client.complete_kept(); });
  run.thread([&] { world.provider.complete_kept(); });
  run.thread([&] { world.end_registry(); });
  run.at_end([&] {
    check_stays(&core);
    check_gone(world.client.registration);
    check_gone(world.provider.registration);
  });
}

// What runs as a thread registers, or deregisters, waits for that registration: of the peer, which the provider's
// completion does here.
template <class Calls, bool registers>
void waits_where_it_registers(Run& run) {
  auto& world = make<Calls>();
  struct Waits : nmr::Completion {
    explicit Waits(RegistryWorld<Calls>& where) noexcept
        : Completion(
              [](nmr::Completion&, void* self) noexcept {
                auto& client = static_cast<Waits*>(self)->world.client;
                const Status begun = client.world.core.deregister(*client.registration, nullptr);
                check(begun == Status::kPending || begun == Status::kInvalidDeviceState, "it is there");
                check(client.try_wait() == Status::kPossibleDeadlock, "this thread is in its way");
              },
              this),
          world(where) {}
    RegistryWorld<Calls>& world;
  };
  static Waits* waits;
  waits = new Waits(world);
  world.provider.enter();
  if (registers) {
    world.client.agrees = Agrees::kNo;
    world.client.in_attach = [](Party<Calls>& self) noexcept {
      (void)self.world.core.deregister(*self.world.provider.registration, waits);
    };
    run.thread([&] { world.client.enter(); });
  } else {
    world.provider.in_detach = [](Party<Calls>& self) noexcept {
      (void)self.world.core.deregister(*self.registration, waits);
    };
    world.client.enter();
    run.thread([&] { world.client.leave_untold(); });
  }
  run.at_end([&] {
    world.client.wait();
    world.provider.wait();
    end(world, registers ? 0 : 1, registers ? 0 : 1);
  });
}

/// A completion of a handle's, which runs with what ends the client's side of the binding, and waits for that.
template <class Calls>
struct WaitsForClient : nmr::Completion {
  explicit WaitsForClient(RegistryWorld<Calls>& where) noexcept
      : Completion(
            [](nmr::Completion&, void* self) noexcept {
              auto& waits = *static_cast<WaitsForClient*>(self);
              auto& client = waits.world.client;
              (void)client.world.core.deregister(*client.registration, nullptr);
              waits.status = client.try_wait();
            },
            this),
        world(where) {}
  /// Detaches the client's handle, unless somebody else has taken out what is in it.
  void detach_handle() noexcept {
    auto* const target = world.cell.remove_any();
    if (target == nullptr) return;
    target->refs().begin_rundown(*this);
    Calls::close(world.core.call_domain(), target);
  }
  RegistryWorld<Calls>& world;
  Status status = Status::kPending;
};

// It comes first, and this thread has yet to go on.
template <class Calls>
void waits_before_it_goes_on(Run& run) {
  auto& world = make_attached<Calls>(run);
  auto& waits = *new WaitsForClient<Calls>(world);
  waits.detach_handle();
  world.client.answer = Answer::kKept;
  run.thread([&] { world.client.complete_kept(); });
  run.thread([&] { (void)world.core.detach(*world.provider.registration, BindingId{1}); });
  run.at_end([&] {
    check(waits.status == Status::kPossibleDeadlock, "this thread is in its way");
    world.client.wait();
    world.provider.leave();
    end(world, 1, 1);
  });
}

// It may come last, when the client's side has gone on, on the thread that has yet to ask the provider; or on the other,
// which is in nobody's way.
template <class Calls>
void waits_between_the_sides(Run& run) {
  auto& world = make_attached<Calls>(run);
  auto& waits = *new WaitsForClient<Calls>(world);
  run.thread([&] { waits.detach_handle(); });
  run.thread([&] { world.provider.leave_untold(); });
  run.at_end([&] {
    if (waits.status == Status::kPending) world.client.leave_untold();
    world.client.wait();
    world.provider.wait();
    end(world, 1, 1);
  });
}

// A thread that has gone on with its side waits for the other's, which is another thread's to go on with.
template <class Calls>
void waits_when_it_has_gone_on(Run& run) {
  auto& world = make_attached<Calls>(run);
  world.client.answer = Answer::kKept;
  run.thread([&] { world.client.complete_kept(); });
  run.thread([&] { world.provider.leave_and_wait(); });
  run.at_end([&] {
    world.client.leave();
    end(world, 1, 1);
  });
}

const NamedProgram kPrograms[] = {
    {"registry, one word: posted", posted<OneWord, false>, 3, -1},
    {"registry, one word: posted to both", posted<OneWord, true>, 2, 3},
    {"registry, one word: posted, run there", posted_here<OneWord>, 3, -1},
    {"registry, one word: waits where it posts", waits_where_it_posts<OneWord>},
    {"registry, one word: told, and waited for", told_and_waited_for<OneWord, false>, 3, -1},
    {"registry, one word: told another, and waits", told_and_waited_for<OneWord, true>, 2, 3},
    {"registry, one word: told, each waits", each_told_waits_for_the_other<OneWord>, 2, 3},
    {"registry, one word: abandoned", abandoned<OneWord>, 3, -1},
    {"registry, one word: abandoned with a call", abandoned_with_a_call<OneWord, false>, 2, 3},
    {"registry, one word: 2 abandoned", two_abandoned<OneWord>, 2, 3},
    {"registry, one word: waits where it registers", waits_where_it_registers<OneWord, true>},
    {"registry, one word: waits where it deregisters", waits_where_it_registers<OneWord, false>},
    {"registry, one word: waits before it goes on", waits_before_it_goes_on<OneWord>, 3, -1},
    {"registry, one word: waits between the sides", waits_between_the_sides<OneWord>, 2, 3},
    {"registry, one word: waits when it has gone on", waits_when_it_has_gone_on<OneWord>, 3, -1},
    {"registry: abandoned with a call", abandoned_with_a_call<PerThread, true>, 2, 3, without_barrier()},
    {"registry: abandoned with a call, barrier", abandoned_with_a_call<PerThread, false>, 2, 3,
     with_barrier()},
};

}  // namespace

std::span<const NamedProgram> registry_end_programs() { return kPrograms; }

}  // namespace model
