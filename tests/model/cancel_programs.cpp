// Programs for waits that are asked to stop beside the end that they wait for. What co_await waits with is the shipped
// one; the coroutine is a frame that is freed as soon as it goes on.
#include <utility>

#include <nmr/adapters/endings.hpp>

#include "model_atomics.hpp"
#include "programs.hpp"

namespace model {
namespace {

using Ref = nmr::BasicRundownRef<ModelAtomics>;
using Sharded = nmr::BasicShardedRundownRef<ModelAtomics>;

struct Registered {
  void (*call)(Registered&) noexcept;
};

/// What std::stop_source and its tokens share, as the standard wants it: whoever removes a callback that another thread
/// is in waits for it.
class StopState {
 public:
  void request() noexcept {
    mutex_.lock();
    asked_ = true;
    calls_ = std::exchange(waits_, nullptr);
    caller_ = ModelAtomics::thread_pointer();
    Registered* const called = calls_;
    mutex_.unlock();
    if (called == nullptr) return;
    called->call(*called);
    mutex_.lock();
    calls_ = nullptr;
    returned_.notify_all();
    mutex_.unlock();
  }
  void add(Registered& callback) noexcept {
    mutex_.lock();
    const bool asked = asked_;
    if (!asked) waits_ = &callback;
    mutex_.unlock();
    if (asked) callback.call(callback);
  }
  void remove(Registered& callback) noexcept {
    mutex_.lock();
    if (waits_ == &callback) waits_ = nullptr;
    while (calls_ == &callback && caller_ != ModelAtomics::thread_pointer()) returned_.wait(mutex_);
    mutex_.unlock();
  }

 private:
  ModelAtomics::Mutex mutex_;
  ModelAtomics::Condition returned_;
  bool asked_ = false;
  Registered* waits_ = nullptr;
  Registered* calls_ = nullptr;
  std::uintptr_t caller_ = 0;
};

struct Token {
  StopState* state;

  template <class F>
  class callback_type : Registered {
   public:
    callback_type(Token token, F f) noexcept : Registered{&run}, state_(token.state), f_(f) {
      state_->add(*this);
    }
    ~callback_type() { state_->remove(*this); }

   private:
    static void run(Registered& self) noexcept { static_cast<callback_type&>(self).f_(); }
    StopState* state_;
    F f_;
  };
};

/// Something that is held once when the threads begin, and whose rundown has begun.
template <class Form>
struct World {
  Form ref;
  Var<int> data{1};
  StopState stop;
  int ended = 0;
  int stopped = 0;
  bool freed = false;

  World() noexcept {
    check(ref.try_acquire(), "nothing has begun");
    (void)ref.begin_rundown();
  }
  void let_go() noexcept {
    data.write(2);
    ref.release();
  }
  void free() noexcept {
    if (!std::exchange(freed, true)) destroy(ref);
  }
};

template <class Form>
class Frame {
 public:
  explicit Frame(World<Form>& world) noexcept
      : world_(world), awaiter_({&world.ref}, Token{&world.stop}, nullptr) {}

  void wait() noexcept {
    if (!awaiter_.await_suspend(Handle{this})) goes_on();
  }

 private:
  struct Handle {
    Frame* frame;
    [[nodiscard]] void* address() const noexcept { return frame; }
    static Handle from_address(void* frame) noexcept { return {static_cast<Frame*>(frame)}; }
    void resume() const noexcept { frame->goes_on(); }
  };

  void goes_on() noexcept {
    World<Form>& world = world_;
    const bool ended = awaiter_.await_resume();
    delete this;
    if (ended) check(world.data.read() == 2, "it goes on after what it has waited for");
    ++(ended ? world.ended : world.stopped);
  }

  World<Form>& world_;
  nmr::BasicAwaiter<nmr::detail::WhenRunDown<Form, ModelAtomics>, Token> awaiter_;
};

template <class Form>
void at_end(Run& run, World<Form>& world) {
  run.at_end([&world] {
    check(world.ended + world.stopped == 1, "exactly one of the two is told, once");
    world.free();
  });
}

// It waits; then it ends and is asked to stop.
template <class Form>
void stopped_beside_the_end(Run& run) {
  auto& world = *new World<Form>;
  (new Frame<Form>(world))->wait();
  run.thread([&] { world.let_go(); });
  run.thread([&] { world.stop.request(); });
  at_end(run, world);
}

// As above, and the owner frees the reference as soon as it is told.
template <class Form>
void freed_by_one_who_polls(Run& run) {
  auto& world = *new World<Form>;
  (new Frame<Form>(world))->wait();
  run.thread([&] { world.let_go(); });
  run.thread([&] { world.stop.request(); });
  run.thread([&] {
    if (world.ref.run_down_already()) world.free();
  });
  at_end(run, world);
}

// Both come while it is being suspended.
template <class Form>
void stopped_while_suspended(Run& run) {
  auto& world = *new World<Form>;
  auto& frame = *new Frame<Form>(world);
  run.thread([&] { frame.wait(); });
  run.thread([&] { world.let_go(); });
  run.thread([&] { world.stop.request(); });
  at_end(run, world);
}

// One of them comes while it is being suspended.
template <class Form, bool stops>
void while_suspended(Run& run) {
  auto& world = *new World<Form>;
  auto& frame = *new Frame<Form>(world);
  run.thread([&] { frame.wait(); });
  run.thread([&] { stops ? world.stop.request() : world.let_go(); });
  run.at_end([&world] {
    check(world.ended + world.stopped == 1, "it has gone on once");
    if (stops) world.let_go();
    world.free();
  });
}

const NamedProgram kPrograms[] = {
    {"co_await: ends while it is suspended", while_suspended<Ref, false>},
    {"co_await: stopped while it is suspended", while_suspended<Ref, true>},
    {"co_await: stopped beside the end", stopped_beside_the_end<Ref>},
    {"co_await: stopped beside the end, freed by one who polls", freed_by_one_who_polls<Ref>},
    {"co_await: suspended, stopped and ended", stopped_while_suspended<Ref>},
    {"co_await, sharded: stopped beside the end", stopped_beside_the_end<Sharded>},
};

}  // namespace

std::span<const NamedProgram> cancel_programs() { return kPrograms; }

}  // namespace model
