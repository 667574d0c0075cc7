// Programs for the registry in the hands of modules that break its rules: they destroy their registration in a callback
// of its own, or complete what they have completed. It is reported, and nothing is touched that is gone.
#include "program_memory.hpp"
#include "registry_world.hpp"

/// What the headers report where they know no policy.
void nmr_model_misuse(const nmr::MisuseReport& report) noexcept { model::ModelAtomics::misuse(report); }

namespace model {
namespace {

template <class Calls>
void destroy_itself(Party<Calls>& self) noexcept {
  self.world.core.destroy(*self.registration);
}

/// Says that a registration that was destroyed in a callback has gone all the same. Nobody is told of it.
template <class Calls>
void check_freed(const Party<Calls>& party) {
  check(plain_cell(party.registration)->dead, "it is freed by whoever ends it");
}

/// Says that the registry has gone: it stays, and says nothing, while what was destroyed so is on its lists.
template <class Calls>
void check_registry_freed(const RegistryWorld<Calls>& world) {
  check(plain_cell(&world.core)->dead, "nothing is left in it");
}

// One side destroys its registration while it is asked to detach, and completes later. Once the other side's end is
// told the registry goes.
template <class Calls, bool client_destroys>
void destroyed_when_asked(Run& run) {
  run.expect_misuse();
  auto& world = make_attached<Calls>(run);
  auto& bad = client_destroys ? world.client : world.provider;
  auto& good = client_destroys ? world.provider : world.client;
  bad.in_detach = &destroy_itself<Calls>;
  bad.answer = Answer::kKept;
  world.dies_with_the_last = true;
  world.left.store(1, std::memory_order_relaxed);
  run.thread([&] { good.leave(); });
  run.thread([&] { bad.complete_kept(); });
  run.at_end([&] {
    check(misuse_count() == 1, "it is reported");
    check_freed(bad);
    check_registry_freed(world);
    check(good.ends == 1 && good.bindings == 1, "the other side's end has been told");
  });
}

// The same with a wait for the other side's end, whose thread frees the registry.
template <class Calls>
void destroyed_and_waited_for(Run& run) {
  run.expect_misuse();
  auto& world = make_attached<Calls>(run);
  world.provider.in_detach = &destroy_itself<Calls>;
  world.client.answer = world.provider.answer = Answer::kKept;
  world.dies_with_the_last = true;
  world.left.store(1, std::memory_order_relaxed);
  run.thread([&] { world.client.leave_and_wait(); });
  run.thread([&] { world.client.complete_kept(); });
  run.thread([&] { world.provider.complete_kept(); });
  run.at_end([&] {
    check(misuse_count() == 1, "it is reported");
    check_freed(world.provider);
    check_registry_freed(world);
    check(world.client.ends == 1 && world.client.bindings == 1, "the wait has ended");
  });
}

// Both do so, each on the thread that detaches: one of them by the other's leave.
template <class Calls>
void both_destroyed(Run& run) {
  run.expect_misuse();
  auto& world = make_attached<Calls>(run);
  world.client.in_detach = world.provider.in_detach = &destroy_itself<Calls>;
  world.client.answer = world.provider.answer = Answer::kKept;
  run.thread([&] { (void)world.core.detach(*world.client.registration, BindingId{1}); });
  run.thread([&] { world.client.complete_kept(); });
  run.thread([&] { world.provider.complete_kept(); });
  run.at_end([&] {
    check(misuse_count() == 2, "both are reported");
    check_freed(world.client);
    check_freed(world.provider);
    world.end_registry();
    check(misuse_count() == 2, "nothing else is reported");
    check_registry_freed(world);
  });
}

// The provider has two clients, and its registration is destroyed as the one is asked to detach, while another thread
// ends the other.
template <class Calls>
void destroyed_with_two(Run& run) {
  run.expect_misuse();
  auto& world = *new RegistryWorld<Calls>;
  auto& other_client = *new Party<Calls>(world, ModuleSide::kClient, 1);
  world.client.enter();
  other_client.enter();
  world.provider.enter();
  world.client.in_detach = [](Party<Calls>& self) noexcept { destroy_itself(self.world.provider); };
  run.thread([&] { (void)world.core.detach(*world.provider.registration, BindingId{1}); });
  run.thread([&] { other_client.leave(); });
  run.at_end([&] {
    check(misuse_count() == 1, "it is reported");
    check_freed(world.provider);
    check(other_client.ends == 1 && other_client.bindings == 1, "the other client has ended");
    world.client.leave();
    check(world.client.bindings == 1, "and so does the one");
    world.end_registry();
    check(misuse_count() == 1, "nothing else is reported");
    check_registry_freed(world);
  });
}

// The client destroys its registration in its attach callback, while the provider leaves.
template <class Calls>
void destroyed_when_attached(Run& run) {
  run.expect_misuse();
  auto& world = make<Calls>();
  world.client.in_attach = &destroy_itself<Calls>;
  world.provider.enter();
  run.thread([&] { world.client.enter(); });
  run.thread([&] { world.provider.leave(); });
  run.at_end([&] {
    check(world.provider.ends == 1 && world.provider.bindings <= 1, "it has ended");
    if (misuse_count() == 0) {
      world.client.leave();  // it has not met anybody
    } else {
      check_freed(world.client);
    }
    world.end_registry();
    check(misuse_count() <= 1, "nothing else is reported");
    check_registry_freed(world);
  });
}

// What has been completed is completed again, when the other side, and the registry, may be gone.
template <class Calls>
void completed_twice(Run& run) {
  run.expect_misuse();
  auto& world = make_attached<Calls>(run);
  world.provider.answer = Answer::kKept;
  world.dies_with_the_last = true;
  run.thread([&] { world.client.leave(); });
  run.thread([&] { world.provider.complete_kept(2); });
  run.thread([&] { world.provider.leave(); });
  run.at_end([&] {
    check(misuse_count() == 1, "it is reported");
    end(world, 1, 1);
  });
}

const NamedProgram kPrograms[] = {
    {"registry, one word: destroyed when attached", destroyed_when_attached<OneWord>},
    {"registry, one word: client destroyed when asked", destroyed_when_asked<OneWord, true>},
    {"registry, one word: provider destroyed when asked", destroyed_when_asked<OneWord, false>},
    {"registry, one word: destroyed, and waited for", destroyed_and_waited_for<OneWord>},
    {"registry, one word: both destroyed", both_destroyed<OneWord>},
    {"registry, one word: destroyed with 2 bindings", destroyed_with_two<OneWord>, 2, 4},
    {"registry, one word: completed twice", completed_twice<OneWord>, 2, 4},
};

}  // namespace

std::span<const NamedProgram> registry_misuse_programs() { return kPrograms; }

}  // namespace model
