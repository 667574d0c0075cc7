// Programs for handles that are detached together, with one barrier; and for attachments that have completions of their own.
#include <nmr/binding/detach_batch.hpp>
#include <nmr/calls/one_word_calls.hpp>

#include "call_world.hpp"
#include "programs.hpp"

namespace model {
namespace {

using Slots = nmr::BasicPerThreadCalls<ModelPolicy<1, 2>>;
using Word = nmr::BasicOneWordCalls<ModelAtomics>;

struct AnyNpi {
  struct ProviderDispatch {};
};

/// A module that is freed once its end has been told: its attachment, and what is called.
template <class Calls>
struct FreedWhenTold {
  virtual void free() noexcept { destroy(attachment); }

  nmr::BasicAttachment<AnyNpi, Calls> attachment{nullptr, this};
  Var<int> data{1};
  int ends = 0;
  nmr::Completion told{[](nmr::Completion&, void* self) noexcept {
                         auto& module = *static_cast<FreedWhenTold*>(self);
                         ++module.ends;
                         module.data.free();
                         module.free();
                       },
                       this};
};

template <class Calls>
struct TwoHandles {
  using Handle = nmr::BasicBindingHandle<AnyNpi, Calls>;

  typename Calls::Domain domain;
  Handle handles[2] = {Handle(domain), Handle(domain)};
  FreedWhenTold<Calls> modules[2];

  static void call(Handle& handle) noexcept {
    auto guard = handle.try_call();
    if (!guard) return;
    auto& module = *static_cast<FreedWhenTold<Calls>*>(guard.context());
    check(module.data.read() == 1, "what is called is whole");
  }
  void detach_both() noexcept {
    nmr::DetachBatch<Calls> batch(domain);
    for (int i = 0; i < 2; ++i) check(batch.add(handles[i], modules[i].told), "nobody else detaches it");
    batch.detach();
  }
};

// A thread calls through one handle, or through one after the other, while another detaches both.
template <class Calls, int called>
void detached_together(Run& run) {
  auto& it = *new TwoHandles<Calls>;
  run.set_up_as(pointer(0));
  it.call(it.handles[0]);  // registers the thread
  for (int i = 0; i < 2; ++i)
    check(it.handles[i].attach(it.modules[i].attachment) == nmr::Status::kSuccess, "nothing is attached yet");
  run.set_up_as(0);
  run.thread(
      [&] {
        for (int i = 0; i < called; ++i) it.call(it.handles[i]);
      },
      pointer(0));
  run.thread([&] { it.detach_both(); });
  run.at_end([&] {
    for (const auto& module : it.modules) check(module.ends == 1, "each end is told once");
    for (auto& handle : it.handles) destroy(handle);
    destroy(it.domain);
  });
}

/// A module whose attachment has that completion as its own.
template <class Calls>
struct FreesItself : FreedWhenTold<Calls> {
  void free() noexcept override { destroy(own); }

  nmr::BasicAttachment<AnyNpi, Calls> own{nullptr, this, this->told};
};

// A thread calls while another replaces what it may be inside of, and then detaches that too. Whoever does so passes no
// completion on.
template <class Calls>
void replaced_by_whomever(Run& run) {
  struct World {
    typename Calls::Domain domain;
    nmr::BasicBindingHandle<AnyNpi, Calls> handle{domain};
    FreesItself<Calls> modules[2];
  };
  auto& it = *new World;
  run.set_up_as(pointer(0));
  TwoHandles<Calls>::call(it.handle);  // registers the thread
  check(it.handle.attach(it.modules[0].own) == nmr::Status::kSuccess, "nothing is attached yet");
  run.set_up_as(0);
  run.thread([&] { TwoHandles<Calls>::call(it.handle); }, pointer(0));
  run.thread([&] {
    check(it.handle.attach(it.modules[1].own) == nmr::Status::kSuccess, "the next is free");
    check(it.handle.detach(), "it is attached");
  });
  run.at_end([&] {
    for (const auto& module : it.modules) check(module.ends == 1, "each end is told once");
    destroy(it.handle);
    destroy(it.domain);
  });
}

// The end of what was detached is told while another thread attaches. Who is told attaches too, in the completion: each
// of them gets its turn.
template <class Calls>
void attached_when_told(Run& run) {
  struct World {
    typename Calls::Domain domain;
    nmr::BasicBindingHandle<AnyNpi, Calls> handle{domain};
    FreedWhenTold<Calls> next[2];
    nmr::Completion told{[](nmr::Completion&, void* self) noexcept {
                           auto& world = *static_cast<World*>(self);
                           check(world.handle.attach(world.next[0].attachment) == nmr::Status::kSuccess,
                                 "the next is free");
                         },
                         this};
    nmr::BasicAttachment<AnyNpi, Calls> first{nullptr, nullptr, told};
  };
  auto& it = *new World;
  check(it.handle.attach(it.first) == nmr::Status::kSuccess, "nothing is attached yet");
  run.thread([&] { (void)it.handle.try_call(); });
  run.thread([&] {
    check(it.handle.detach(), "it is attached");
    check(it.handle.attach(it.next[1].attachment) == nmr::Status::kSuccess, "the next is free");
  });
  run.at_end([&] {
    check(it.first.detached(), "its end has been told");
    check(it.next[0].attachment.detached() != it.next[1].attachment.detached(), "one has replaced the other");
    check(it.handle.detach(), "which is attached");
    for (auto& next : it.next) destroy(next.attachment);
    destroy(it.first);
    destroy(it.handle);
    destroy(it.domain);
  });
}

const NamedProgram kPrograms[] = {
    {"2 handles, one word: 1 called, detached together", detached_together<Word, 1>},
    {"2 handles, one word: both called, detached together", detached_together<Word, 2>},
    {"2 handles: 1 called, detached together", detached_together<Slots, 1>, -1, -1, with_barrier()},
    {"2 handles: both called, detached together", detached_together<Slots, 2>, -1, -1, with_barrier()},
    {"own completions, one word: called, replaced, detached", replaced_by_whomever<Word>},
    {"own completions, one word: attached when told", attached_when_told<Word>},
    {"own completions: called, replaced, detached", replaced_by_whomever<Slots>, 1, -1, with_barrier()},
    {"2 handles, real fences: both called, together", detached_together<Slots, 2>, -1, -1, without_barrier()},
};

}  // namespace

std::span<const NamedProgram> binding_programs() { return kPrograms; }

}  // namespace model
