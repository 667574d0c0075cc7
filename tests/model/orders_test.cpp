// Stores to one atomic in another order than they ran in: what the views allow, and what fences, coherence and the
// atomicity of read-modify-writes leave of it.
//
// In the headers only the guess of a CallCell shows it, which is stored by any thread that has changed the cell, or found
// it changed; who reads it asks the cell. All other plain stores come after what they replace:
//
//   a slot's target        stored by its owner, which has stored there last or has read that the slot is free again; by
//                          the thread that leaves a call of the owner's, with the guard handed over; or under the mutex
//   a list of completions  the store that unlinks, and that which closes, by whoever has set the mark that keeps others off
//   the installed mark     by whoever has the turn to install
//   reopened shards        after the end of all who counted there
//   owners and the index   under the domain's mutex
//   who is in a callback   by the thread that has claimed it, or under the registry's mutex
//
// Searches without a bound try all orders of all of them.
#include "litmus.hpp"

using namespace model;

namespace {

template <bool fenced>
void between() {
  if constexpr (fenced) ModelAtomics::full_fence();
}

// Two write both in opposite orders. Noted is what is there at the end.
template <bool fenced>
void two_writes_each(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    s.x.store(1, kRelease);
    between<fenced>();
    s.y.store(2, kRelease);
  });
  run.thread([&s] {
    s.y.store(1, kRelease);
    between<fenced>();
    s.x.store(2, kRelease);
  });
  run.at_end([&s] { note({s.x.load(kRelaxed), s.y.load(kRelaxed)}); });
}

// What is stored after the flag was seen is there at the end, or not ("S" in the literature).
template <std::memory_order store, std::memory_order load>
void stored_after_seen(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    s.x.store(2, kRelaxed);
    s.y.store(1, store);
  });
  run.thread([&s] {
    s.a = s.y.load(load);
    s.x.store(1, kRelaxed);
  });
  run.at_end([&s] { note({s.a, s.x.load(kRelaxed)}); });
}

// A read-modify-write of another thread reads what was there before a store that it comes after ("R" with one).
enum class Modify { kAdd, kExchangeIf };
template <Modify modify, bool released>
void modified_after_seen(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    s.x.store(5, kRelaxed);
    s.y.store(1, released ? kRelease : kRelaxed);
  });
  run.thread([&s] {
    s.a = s.y.load(kAcquire);
    if (modify == Modify::kAdd) {
      s.b = s.x.fetch_add(2, kRelaxed);
    } else {
      s.b = 0;
      (void)s.x.compare_exchange_strong(s.b, 2, kRelaxed, kRelaxed);
    }
  });
  run.at_end([&s] { note({s.a, s.b, s.x.load(kRelaxed)}); });
}

void two_modify_one_stores(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] { s.a = s.x.fetch_add(1, kRelaxed); });
  run.thread([&s] { s.b = s.x.fetch_add(1, kRelaxed); });
  run.thread([&s] { s.x.store(5, kRelaxed); });
  run.at_end([&s] { note({s.a, s.b, s.x.load(kRelaxed)}); });
}

// All see one order of the stores to an atomic, whatever it is, and no thread's own go back.
void seen_by_two(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    s.x.store(1, kRelaxed);
    s.a = s.x.load(kRelaxed);
  });
  run.thread([&s] {
    s.x.store(2, kRelaxed);
    s.b = s.x.load(kRelaxed);
  });
  run.thread([&s] {
    s.c = s.x.load(kRelaxed);
    s.d = s.x.load(kRelaxed);
  });
  run.at_end([&s] { note({s.a, s.b, s.c, s.d, s.x.load(kRelaxed)}); });
}

// A reader spins until it sees the last store, whichever that is.
void spun_for(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    s.x.store(1, kRelaxed);
    s.y.store(1, kRelease);
  });
  run.thread([&s] { s.x.store(2, kRelaxed); });
  run.thread([&s] {
    while (s.y.load(kAcquire) == 0) ModelAtomics::relax(0);
    s.a = s.x.load(kRelaxed);
    s.b = s.x.exchange(3, kRelaxed);
  });
  run.at_end([&s] { note({s.a, s.b, s.x.load(kRelaxed)}); });
}

// A barrier of one side: what the other stored before it has the earlier place.
template <bool heavy>
void two_writes_and_a_barrier(Run& run) {
  auto& s = *new Shared;
  run.thread([&s] {
    s.x.store(1, kRelaxed);
    s.y.store(2, kRelaxed);
  });
  run.thread([&s] {
    s.y.store(1, kRelaxed);
    if (heavy) ModelAtomics::heavy_fence();
    s.x.store(2, kRelaxed);
  });
  run.at_end([&s] { note({s.x.load(kRelaxed), s.y.load(kRelaxed)}); });
}

Outcomes in_the_order_they_ran(Program program) {
  Options options;
  options.interrupts = true;
  options.orders = false;
  Outcomes outcomes;
  CHECK(explore_noting(program, options, outcomes).complete);
  return outcomes;
}

}  // namespace

TEST_CASE(
    "stores to one atomic may have another order than they ran in, unless fences or what was seen forbid "
    "it") {
  CHECK(outcomes_of(two_writes_each<false>) == Outcomes{"11", "12", "21", "22"});
  CHECK(outcomes_of(two_writes_each<true>) == Outcomes{"12", "21", "22"});
  CHECK(in_the_order_they_ran(two_writes_each<false>) == Outcomes{"12", "21", "22"});
  CHECK(outcomes_of(two_writes_and_a_barrier<false>) == Outcomes{"11", "12", "21", "22"});
  CHECK(outcomes_of(two_writes_and_a_barrier<true>) == Outcomes{"12", "21", "22"});
  CHECK_FALSE(allows(two_writes_each<false>, Backend::kTso, "11"));

  CHECK(outcomes_of(stored_after_seen<kRelease, kAcquire>) == Outcomes{"01", "02", "11"});
  CHECK(allows(stored_after_seen<kRelaxed, kAcquire>, Backend::kViews, "12"));
  CHECK(allows(stored_after_seen<kRelease, kRelaxed>, Backend::kViews, "12"));
  CHECK(in_the_order_they_ran(stored_after_seen<kRelaxed, kRelaxed>) == Outcomes{"01", "02", "11"});
}

TEST_CASE("a read-modify-write may read an old value, which what it stores comes right after") {
  CHECK(outcomes_of(modified_after_seen<Modify::kAdd, false>) == Outcomes{"005", "057", "105", "157"});
  CHECK(outcomes_of(modified_after_seen<Modify::kAdd, true>) == Outcomes{"005", "057", "157"});
  CHECK(allows(modified_after_seen<Modify::kExchangeIf, false>, Backend::kViews, "105"));
  CHECK_FALSE(allows(modified_after_seen<Modify::kExchangeIf, true>, Backend::kViews, "105"));
  CHECK(outcomes_of(two_modify_one_stores) == Outcomes{"015", "105", "056", "506", "567", "657"});
}

TEST_CASE("all threads see the stores to one atomic in one order") {
  const Outcomes outcomes = outcomes_of(seen_by_two);
  for (const std::string& each : outcomes) {
    const char a = each[0], b = each[1], c = each[2], d = each[3], last = each[4];
    CHECK_FALSE((a == '2' && b == '1'));
    CHECK(last == (a == '2' ? '2' : b == '1' ? '1' : last));
    if (c != '0' && d != '0' && c != d) CHECK(last == d);
    CHECK_FALSE((c != '0' && d == '0'));
  }
  CHECK(outcomes.count("12122") == 1);
  CHECK(outcomes.count("12121") == 0);
  CHECK(outcomes_of(spun_for) == Outcomes{"112", "113", "123", "223"});
}

TEST_CASE("the reductions leave out no order of stores") {
  for (const Program program :
       {&two_writes_each<false>, &two_writes_each<true>, &stored_after_seen<kRelaxed, kAcquire>,
        &modified_after_seen<Modify::kAdd, false>, &modified_after_seen<Modify::kExchangeIf, false>,
        &two_modify_one_stores, &seen_by_two, &spun_for, &two_writes_and_a_barrier<true>}) {
    check_reductions(program);
  }
}
