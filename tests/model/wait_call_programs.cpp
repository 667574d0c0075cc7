// Programs for waits with a time limit on bindings and registrations, beside those who learn of the end in another way.
#include <utility>

#include <nmr/binding/binding_handle.hpp>
#include <nmr/binding/call_hold.hpp>

#include "registry_world.hpp"
#include "wait_world.hpp"

namespace model {
namespace {

using Slots = nmr::BasicPerThreadCalls<TellsWaits<ModelPolicy<1, 2>>>;
using Word = nmr::BasicOneWordCalls<TellsWaits<ModelAtomics>>;

struct AnyNpi {
  struct ProviderDispatch {};
};

/// A binding that one call holds when the threads begin, and whose detach has begun.
template <class Calls>
struct Detached {
  using Attachment = nmr::BasicAttachment<AnyNpi, Calls>;

  WaitsBegun waits;
  typename Calls::Domain domain;
  nmr::BasicBindingHandle<AnyNpi, Calls> handle{domain};
  Attachment binding{nullptr, nullptr};
  nmr::BasicCallHold<AnyNpi, Calls> held;
  Var<int> data{1};
  bool ended = false;

  Detached() noexcept {
    check(binding_attached(), "nothing is attached yet");
    held = handle.try_call().hold();
    check(handle.detach() && !binding.detached(), "a call holds it");
  }
  bool binding_attached() noexcept { return handle.attach(binding) == Status::kSuccess; }
  void let_go() noexcept {
    data.write(2);
    held.leave();
  }
  bool wait() noexcept {
    const Status status = binding.wait_until_detached_for(std::chrono::nanoseconds(100));
    if (status == Status::kTimeout) return false;
    check(status == Status::kSuccess, "this thread is inside of nothing");
    check(data.read() == 2, "the wait is after what was waited for");
    return true;
  }
  bool told(Learns how) noexcept {
    if (!binding.detached()) return false;
    if (how == Learns::kWaitsLate) check(binding.wait_until_detached() == Status::kSuccess, "it is over");
    return true;
  }
  void end() noexcept {
    if (!std::exchange(ended, true)) destroy(binding);
  }
};

template <class Calls, Learns how>
void freed(Run& run) {
  auto& it = *new Detached<Calls>;
  run.thread([&] { it.let_go(); });
  run.thread([&] { it.wait(); });
  run.thread([&] {
    if (it.waits.all(1) && it.told(how)) it.end();
  });
  run.at_end([&] { it.end(); });
}

// Attached again for as long as it takes, by one who is told so by attach() alone.
template <class Calls>
void attached_again(Run& run) {
  auto& it = *new Detached<Calls>;
  run.thread([&] { it.let_go(); });
  run.thread([&] { it.wait(); });
  run.thread([&] {
    if (it.binding_attached()) check(it.handle.detach(), "nobody else detaches it");
  });
  run.at_end([&] {
    check(it.binding.detached(), "nobody is inside");
    it.end();
  });
}

// A registration whose end one waits for with a limit, and another without, who frees it.
void registration_freed(Run& run) {
  auto& world = make_attached<Word>(run);
  auto& waits = *new WaitsBegun;
  world.provider.answer = Answer::kKept;
  world.client.leave_untold();
  run.thread([&] { world.provider.complete_kept(); });
  run.thread([&] {
    const Status status = world.core.wait(*world.client.registration, 100);
    check(status == Status::kSuccess || status == Status::kTimeout, "this thread is in no callback");
  });
  run.thread([&] {
    if (waits.all(1)) world.client.wait();
  });
  run.at_end([&] {
    if (world.client.ends == 0) world.client.wait();
    world.provider.leave();
    end(world, 1, 1);
  });
}

const NamedProgram kPrograms[] = {
    {"binding, one word: timed wait, freed by one who polls", freed<Word, Learns::kPolls>},
    {"binding, one word: timed wait, freed by one who waits", freed<Word, Learns::kWaitsLate>},
    {"binding, one word: timed wait, attached again", attached_again<Word>, 3},
    {"binding: timed wait, freed by one who polls", freed<Slots, Learns::kPolls>, -1, -1, without_barrier()},
    {"binding: timed wait, attached again", attached_again<Slots>, 2, 3, without_barrier()},
    {"registration, one word: timed wait, freed by a wait",
     registration_freed,
     2,
     2,
     {},
     NamedProgram::kNone},
};

}  // namespace

std::span<const NamedProgram> wait_call_programs() { return kPrograms; }

}  // namespace model
