// The explorer's own test: the classic small programs, each with what must be found and what must not.
#include <regex>

#include "litmus.hpp"

using namespace model;

namespace {

enum class Fence { kNone, kFull, kHeavy };

template <Fence left, Fence right>
void store_buffering(Run& run) {
  auto& s = *new Shared;
  const auto fence = [](Fence which) {
    if (which == Fence::kFull) ModelAtomics::full_fence();
    if (which == Fence::kHeavy) ModelAtomics::heavy_fence();
  };
  run.thread([&s, fence] {
    s.x.store(1, kRelaxed);
    fence(left);
    s.a = s.y.load(kRelaxed);
  });
  run.thread([&s, fence] {
    s.y.store(1, kRelaxed);
    fence(right);
    s.b = s.x.load(kRelaxed);
  });
  run.at_end([&s] { note({s.a, s.b}); });
}

template <std::memory_order store, std::memory_order load>
void message_passing(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    s.x.store(1, kRelaxed);
    s.y.store(1, store);
  });
  run.thread([&s] {
    s.a = s.y.load(load);
    s.b = s.x.load(kRelaxed);
  });
  run.at_end([&s] { note({s.a, s.b}); });
}

// A fence on a side, or the order that is given.
template <bool left, bool right, std::memory_order store = kRelaxed, std::memory_order load = kRelaxed>
void fence_message_passing(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    s.x.store(1, kRelaxed);
    if (left) ModelAtomics::full_fence();
    s.y.store(1, store);
  });
  run.thread([&s] {
    s.a = s.y.load(load);
    if (right) ModelAtomics::full_fence();
    s.b = s.x.load(kRelaxed);
  });
  run.at_end([&s] { note({s.a, s.b}); });
}

void load_buffering(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    s.a = s.x.load(kRelaxed);
    s.y.store(1, kRelaxed);
  });
  run.thread([&s] {
    s.b = s.y.load(kRelaxed);
    s.x.store(1, kRelaxed);
  });
  run.at_end([&s] { note({s.a, s.b}); });
}

template <bool fenced>
void independent_reads(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] { s.x.store(1, kRelease); });
  run.thread([&s] { s.y.store(1, kRelease); });
  run.thread([&s] {
    s.a = s.x.load(kAcquire);
    if (fenced) ModelAtomics::full_fence();
    s.b = s.y.load(kAcquire);
  });
  run.thread([&s] {
    s.c = s.y.load(kAcquire);
    if (fenced) ModelAtomics::full_fence();
    s.d = s.x.load(kAcquire);
  });
  run.at_end([&s] { note({s.a, s.b, s.c, s.d}); });
}

void read_coherence(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    s.x.store(1, kRelaxed);
    s.x.store(2, kRelaxed);
  });
  run.thread([&s] {
    s.a = s.x.load(kRelaxed);
    s.b = s.x.load(kRelaxed);
  });
  run.at_end([&s] { note({s.a, s.b}); });
}

// A later store of the releasing thread, or a read-modify-write of another, stands between the release and
// the reader.
template <bool by_modify>
void release_sequence(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    s.x.store(1, kRelaxed);
    s.y.store(1, kRelease);
    if (!by_modify) s.y.store(2, kRelaxed);
  });
  if (by_modify) run.thread([&s] { s.y.fetch_add(1, kRelaxed); });
  run.thread([&s] {
    s.a = s.y.load(kAcquire);
    s.b = s.x.load(kRelaxed);
  });
  run.at_end([&s] { note({s.a, s.b}); });
}

}  // namespace

TEST_CASE(
    "store buffering: both may read 0, but not under sequential consistency nor with fences on both sides") {
  constexpr auto kBare = store_buffering<Fence::kNone, Fence::kNone>;
  CHECK_FALSE(allows(kBare, Backend::kSequential, "00"));
  CHECK(allows(kBare, Backend::kTso, "00"));
  CHECK(allows(kBare, Backend::kViews, "00"));
  CHECK_FALSE(allows(store_buffering<Fence::kFull, Fence::kFull>, Backend::kTso, "00"));
  CHECK_FALSE(allows(store_buffering<Fence::kFull, Fence::kFull>, Backend::kViews, "00"));
  CHECK(allows(store_buffering<Fence::kFull, Fence::kFull>, Backend::kViews, "11"));
  CHECK(allows(store_buffering<Fence::kFull, Fence::kNone>, Backend::kTso, "00"));
  CHECK(allows(store_buffering<Fence::kFull, Fence::kNone>, Backend::kViews, "00"));
}

TEST_CASE("store buffering: one heavy fence stands for both") {
  for (const Backend backend : {Backend::kTso, Backend::kViews}) {
    CHECK(outcomes_of(store_buffering<Fence::kNone, Fence::kHeavy>, backend) == Outcomes{"01", "10", "11"});
    CHECK_FALSE(allows(store_buffering<Fence::kHeavy, Fence::kHeavy>, backend, "00"));
  }
}

// Each of these empties its thread's store buffer before the load.
enum class Drain { kModify, kLock, kStore };
template <Drain drain>
void store_buffering_drained(Run& run) {
  auto& s = *new Shared;
  auto& mutex = *new Mutex;
  const auto between = [&s, &mutex](auto& own) {
    if (drain == Drain::kModify) (void)s.z.fetch_add(1, kRelaxed);
    if (drain == Drain::kLock) {
      mutex.lock();
      mutex.unlock();
    }
    if (drain == Drain::kStore) own.store(1, std::memory_order_seq_cst);
  };
  run.thread([&s, between] {
    s.x.store(1, kRelaxed);
    between(s.x);
    s.a = s.y.load(kRelaxed);
  });
  run.thread([&s, between] {
    s.y.store(1, kRelaxed);
    between(s.y);
    s.b = s.x.load(kRelaxed);
  });
  run.at_end([&s] { note({s.a, s.b}); });
}

TEST_CASE(
    "store order: locks, read-modify-writes and seq_cst stores empty the buffer, and sequences need none") {
  CHECK_FALSE(allows(store_buffering_drained<Drain::kModify>, Backend::kTso, "00"));
  CHECK_FALSE(allows(store_buffering_drained<Drain::kLock>, Backend::kTso, "00"));
  CHECK_FALSE(allows(store_buffering_drained<Drain::kStore>, Backend::kTso, "00"));
  CHECK(allows(store_buffering_drained<Drain::kStore>, Backend::kTso, "11"));
  CHECK_FALSE(allows(store_buffering<Fence::kNone, Fence::kHeavy>, Backend::kSequential, "00"));
  CHECK(allows(store_buffering<Fence::kNone, Fence::kHeavy>, Backend::kSequential, "11"));
}

// What sets a program up, and what ends it, stores and then modifies.
void stored_before_and_after(Run& run) {
  auto& s = *new Shared;
  s.x.store(1, kRelaxed);
  (void)s.x.fetch_add(1, kRelaxed);
  run.thread([&s] { s.a = s.x.load(kRelaxed); });
  run.at_end([&s] {
    s.y.store(1, kRelaxed);
    note({s.a, s.y.fetch_add(1, kRelaxed)});
  });
}

TEST_CASE("the setup and the end of a program are done with their stores") {
  for (const Backend backend : {Backend::kSequential, Backend::kTso, Backend::kViews}) {
    CHECK(outcomes_of(stored_before_and_after, backend) == Outcomes{"21"});
  }
}

TEST_CASE("message passing needs release and acquire under views, and nothing on hardware with store order") {
  CHECK_FALSE(allows(message_passing<kRelease, kAcquire>, Backend::kViews, "10"));
  CHECK(allows(message_passing<kRelaxed, kAcquire>, Backend::kViews, "10"));
  CHECK(allows(message_passing<kRelease, kRelaxed>, Backend::kViews, "10"));
  CHECK_FALSE(allows(message_passing<kRelaxed, kRelaxed>, Backend::kTso, "10"));
  CHECK_FALSE(allows(message_passing<kRelaxed, kRelaxed>, Backend::kSequential, "10"));
}

TEST_CASE("message passing by fences needs one on each side, or an order of the other side's access") {
  CHECK_FALSE(allows(fence_message_passing<true, true>, Backend::kViews, "10"));
  CHECK(allows(fence_message_passing<true, true>, Backend::kViews, "11"));
  CHECK(allows(fence_message_passing<true, false>, Backend::kViews, "10"));
  CHECK(allows(fence_message_passing<false, true>, Backend::kViews, "10"));
  CHECK_FALSE(allows(fence_message_passing<true, false, kRelaxed, kAcquire>, Backend::kViews, "10"));
  CHECK_FALSE(allows(fence_message_passing<false, true, kRelease>, Backend::kViews, "10"));
  CHECK(allows(fence_message_passing<false, true, kRelaxed, kAcquire>, Backend::kViews, "10"));
}

TEST_CASE("load buffering is never found: a limit of the explorer, which runs each thread in its order") {
  CHECK_FALSE(allows(load_buffering, Backend::kViews, "11"));
  CHECK(allows(load_buffering, Backend::kViews, "10"));
}

TEST_CASE("independent reads of independent writes may disagree under views unless fences stand between") {
  CHECK(allows(independent_reads<false>, Backend::kViews, "1010"));
  CHECK_FALSE(allows(independent_reads<false>, Backend::kTso, "1010"));
  CHECK_FALSE(allows(independent_reads<true>, Backend::kViews, "1010"));
}

TEST_CASE("reads of one location never go back") {
  CHECK(outcomes_of(read_coherence, Backend::kViews) == Outcomes{"00", "01", "02", "11", "12", "22"});
  CHECK(outcomes_of(read_coherence, Backend::kTso) == Outcomes{"00", "01", "02", "11", "12", "22"});
}

TEST_CASE("a release sequence is continued by read-modify-writes and by nothing else") {
  CHECK_FALSE(allows(release_sequence<true>, Backend::kViews, "20"));
  CHECK(allows(release_sequence<false>, Backend::kViews, "20"));
  CHECK_FALSE(allows(release_sequence<false>, Backend::kViews, "10"));
}

// ---- faults

namespace {

template <std::memory_order store, bool fenced>
void publish(Run& run) {
  auto& g = *new Guarded;
  run.thread([&g] {
    g.data.write(1);
    if (fenced) ModelAtomics::full_fence();
    g.flag.store(1, store);
  });
  run.thread([&g] {
    if (g.flag.load(kAcquire) == 1) check(g.data.read() == 1, "the data is there");
  });
}

// The heavy fence alone gives views, not happens-before: the store after it would have to release.
template <std::memory_order leave>
void quiesce(Run& run) {
  auto& g = *new Guarded;
  auto& open = *new Atomic<int>(1);
  run.thread([&] {
    g.flag.store(1, kRelaxed);
    if (open.load(kAcquire) == 1) (void)g.data.read();
    g.flag.store(0, leave);
  });
  run.thread([&] {
    open.store(0, kRelaxed);
    ModelAtomics::heavy_fence();
    if (g.flag.load(kAcquire) == 0) g.data.free();
  });
}

template <bool under_mutex>
void wake(Run& run) {
  auto& g = *new Guarded;
  run.thread([&g] {
    g.mutex.lock();
    while (!g.ready) g.condition.wait(g.mutex);
    g.mutex.unlock();
  });
  run.thread([&g] {
    if (!under_mutex) g.condition.notify_all();
    g.mutex.lock();
    g.ready = true;
    if (under_mutex) g.condition.notify_all();
    g.mutex.unlock();
  });
}

// The waiter does not look again, or does.
template <bool timed, bool again>
void wake_for_nothing(Run& run) {
  auto& g = *new Guarded;
  run.thread([&g] {
    g.mutex.lock();
    bool in_time = true;
    while (!g.ready && in_time) {
      in_time =
          g.condition.wait_until(g.mutex, timed ? std::int64_t{100} : std::int64_t{nmr::platform::kNever});
      if (!again) break;
    }
    check(g.ready || !in_time, "it is ready, or too late");
    g.mutex.unlock();
  });
  run.thread([&g] {
    g.mutex.lock();
    g.ready = true;
    g.condition.notify_all();
    g.mutex.unlock();
  });
}

template <bool timed>
void wait_in_vain(Run& run) {
  auto& g = *new Guarded;
  run.thread([&g] {
    g.mutex.lock();
    if (timed) {
      while (g.condition.wait_until(g.mutex, 100)) {
      }
    } else {
      g.condition.wait(g.mutex);
    }
    g.mutex.unlock();
  });
}

template <bool same_order>
void two_mutexes(Run& run) {
  auto& first = *new Mutex;
  auto& second = *new Mutex;
  run.thread([&] {
    first.lock();
    second.lock();
    second.unlock();
    first.unlock();
  });
  run.thread([&] {
    (same_order ? first : second).lock();
    (same_order ? second : first).lock();
    second.unlock();
    first.unlock();
  });
}

template <std::memory_order load>
void spin(Run& run) {
  auto& g = *new Guarded;
  run.thread([&g] {
    g.data.write(1);
    g.flag.store(1, kRelease);
  });
  run.thread([&g] {
    while (g.flag.load(load) == 0) ModelAtomics::relax(0);
    g.data.free();
  });
}

void spin_for_nobody(Run& run) {
  auto& g = *new Guarded;
  run.thread([&g] {
    while (g.flag.load(kAcquire) == 0) ModelAtomics::relax(0);
  });
}

template <std::memory_order leave>
void end_an_atomic(Run& run) {
  auto& g = *new Guarded;
  auto& count = *new Atomic<int>(2);
  for (int i = 0; i < 2; ++i) {
    run.thread([&] {
      (void)g.flag.load(kRelaxed);
      if (count.fetch_sub(1, leave) == 1) std::destroy_at(&g.flag);
    });
  }
}

}  // namespace

TEST_CASE("data races are found by clocks, whatever the order of the run") {
  CHECK(fault_of(publish<kRelease, false>) == "");
  CHECK(found(fault_of(publish<kRelaxed, false>), "data race"));
  CHECK(fault_of(publish<kRelaxed, true>) == "");
}

TEST_CASE("a heavy fence does not order plain data by itself") {
  CHECK(fault_of(quiesce<kRelease>) == "");
  CHECK(found(fault_of(quiesce<kRelaxed>), "data race"));
  CHECK(fault_of(quiesce<kRelaxed>, Backend::kTso) == "");
}

TEST_CASE("a wake-up that is lost is a deadlock, and so are two locks taken crosswise") {
  for (const Backend backend : {Backend::kSequential, Backend::kTso, Backend::kViews}) {
    CHECK(fault_of(wake<true>, backend) == "");
    CHECK(found(fault_of(wake<false>, backend), "deadlock"));
    CHECK(fault_of(two_mutexes<true>, backend) == "");
    CHECK(found(fault_of(two_mutexes<false>, backend), "deadlock"));
    CHECK(found(fault_of(wait_in_vain<false>, backend), "deadlock"));
    CHECK(fault_of(wait_in_vain<true>, backend) == "");
    CHECK(found(fault_of(spin_for_nobody, backend), "deadlock"));
  }
}

TEST_CASE("a wait may end for nothing, timed or not, but nobody may rely on it") {
  for (const Backend backend : {Backend::kSequential, Backend::kTso, Backend::kViews}) {
    CHECK(fault_of(wake_for_nothing<false, true>, backend) == "");
    CHECK(fault_of(wake_for_nothing<true, true>, backend) == "");
    CHECK(found(fault_of(wake_for_nothing<false, false>, backend), "it is ready"));
    CHECK(found(fault_of(wake_for_nothing<true, false>, backend), "it is ready"));
    Options options;
    options.backend = backend;
    options.wakes_for_nothing = false;
    CHECK(explore(wake_for_nothing<false, false>, options).fault.empty());
  }
}

TEST_CASE("a fault comes with the run that leads to it, a line for each step: thread, operation, place") {
  Options options;
  options.interrupts = true;  // so that plain accesses are steps
  const Report report = explore(publish<kRelaxed, false>, options);
  CHECK(std::regex_replace(report.trace, std::regex(":[0-9]+\\n"), ":line\n") ==
        "thread 1: write o1  litmus_test.cpp:line\n"
        "thread 1: a0.store(0x1, relaxed)  litmus_test.cpp:line\n"
        "thread 1: finish  engine.cpp:line\n"
        "thread 2: a0.load(acquire) = 0x1  litmus_test.cpp:line\n"
        "thread 2: read o1  litmus_test.cpp:line\n"
        "fault: data race: an access and a write or the making\n");
}

TEST_CASE("a spin ends when what it waits for has been stored, and is a deadlock when nobody will") {
  CHECK(fault_of(spin<kAcquire>) == "");
  CHECK(found(fault_of(spin<kRelaxed>), "data race"));
  CHECK(found(fault_of(spin_for_nobody), "deadlock"));
}

TEST_CASE("an atomic that ends while another thread may still use it is a fault") {
  CHECK(fault_of(end_an_atomic<std::memory_order_acq_rel>) == "");
  CHECK(found(fault_of(end_an_atomic<kRelaxed>), "ends in a race"));
}

// ---- the reduction

namespace {

void two_and_two(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    s.x.store(1, kRelease);
    s.a = s.y.load(kAcquire);
    (void)s.z.fetch_add(1, kRelaxed);
  });
  run.thread([&s] {
    s.y.store(1, kRelaxed);
    int expected = 1;
    (void)s.x.compare_exchange_strong(expected, 2, kAcquire, kRelaxed);
    (void)s.z.fetch_add(2, kRelease);
  });
  run.thread([&s] {
    s.b = s.z.load(kAcquire);
    s.c = s.x.load(kRelaxed);
  });
}

void timed_and_locked(Run& run) {
  auto& g = *new Guarded;
  run.thread([&g] {
    g.mutex.lock();
    (void)g.condition.wait_until(g.mutex, 100);
    const bool ready = g.ready;
    g.mutex.unlock();
    if (ready) (void)g.data.read();
  });
  run.thread([&g] {
    g.data.write(1);
    g.mutex.lock();
    g.ready = true;
    g.condition.notify_all();
    g.mutex.unlock();
  });
}

void interrupted(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    s.x.store(1, kRelaxed);
    s.a = s.y.load(kRelaxed);
  });
  run.thread([&s] {
    s.y.store(1, kRelaxed);
    ModelAtomics::heavy_fence();
    s.b = s.x.load(kRelaxed);
  });
  run.thread([&s] { s.c = s.x.load(kRelaxed); });
}

void spinning(Run& run) {
  auto& s = *new Shared;
  for (int i = 0; i < 2; ++i) {
    run.thread([&s] {
      int unlocked = 0;
      while (!s.x.compare_exchange_strong(unlocked, 1, kAcquire, kRelaxed)) {
        unlocked = 0;
        ModelAtomics::relax(0);
      }
      ++s.a;
      s.x.store(0, kRelease);
    });
  }
  run.thread([&s] { s.y.store(1, kRelaxed); });
}

}  // namespace

TEST_CASE("what the reduction leaves out are runs that it has had in another order") {
  for (const Program program :
       {&store_buffering<Fence::kFull, Fence::kFull>, &independent_reads<false>, &two_and_two,
        &timed_and_locked, &interrupted, &spinning, &wake<true>, &wake_for_nothing<true, true>}) {
    check_reductions(program);
  }
}

namespace {

// Only an interrupt between the last two steps of the first thread lets both read the old value.
void served_after_a_read_that_it_forbids(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    s.a = s.x.load(kRelaxed);
    s.y.store(1, kRelaxed);
  });
  run.thread([&s] {
    s.x.store(1, kRelaxed);
    ModelAtomics::heavy_fence();
    s.b = s.y.load(kRelaxed);
  });
  run.at_end([&s] { note({s.a, s.b}); });
}

// The same where a fence of any kind would forbid the read, by what has been read before; and the barrier cannot begin
// sooner.
void served_after_a_read_that_any_fence_forbids(Run& run) {
  auto& s = *new Shared;
  auto& told = *new Atomic<int>(0);
  run.thread([&s] {
    s.x.store(1, kRelaxed);
    s.z.store(1, kRelease);
  });
  run.thread([&] {
    s.a = s.z.load(kRelaxed);
    told.store(1, kRelaxed);
    s.b = s.x.load(kRelaxed);
    s.y.store(1, kRelaxed);
  });
  run.thread([&] {
    s.c = told.load(kRelaxed);
    ModelAtomics::heavy_fence();
    s.d = s.y.load(kRelaxed);
  });
  run.at_end([&s] { note({s.a, s.b, s.c, s.d}); });
}

}  // namespace

TEST_CASE("an interrupt is served after a read of what it forbids, too") {
  CHECK(outcomes_of(served_after_a_read_that_it_forbids) == Outcomes{"00", "01", "10", "11"});
  CHECK(allows(served_after_a_read_that_any_fence_forbids, Backend::kViews, "1010"));
}
