// How many cache lines go from one processor to another for a call and for a detach, as threads and
// processors grow. No clock and no second processor is needed to know: a policy in place of the atomics
// follows who has read and written which line last.
//
// In each round every thread enters, then every thread leaves, so that all calls overlap. A thread has a
// processor of its own. Spins on a lock that is taken are not counted, which flatters those that have one.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <nmr/calls.hpp>
#include <nmr/rundown.hpp>

#include "baselines.hpp"

namespace {

/// Which processors have a line, in one of the usual protocols: many to read, or one to write.
class Lines {
 public:
  void act_as(unsigned processor) noexcept { processor_ = processor; }
  [[nodiscard]] unsigned processor() const noexcept { return processor_; }

  void read(const void* address) { fetched_ += line(address).insert(processor_).second ? 1 : 0; }
  void write(const void* address) {
    auto& holders = line(address);
    if (holders.size() == 1 && holders.contains(processor_)) return;
    ++fetched_;
    holders = {processor_};
  }

  /// Returns how many lines have come from elsewhere since the last time.
  std::uint64_t take() noexcept { return std::exchange(fetched_, 0); }

 private:
  std::unordered_set<unsigned>& line(const void* address) {
    return holders_[reinterpret_cast<std::uintptr_t>(address) / nmr::kCacheLine];
  }

  std::unordered_map<std::uintptr_t, std::unordered_set<unsigned>> holders_;
  unsigned processor_ = 0;
  std::uint64_t fetched_ = 0;
};

Lines* g_lines = nullptr;

template <class T>
class TracedAtomic {
 public:
  constexpr TracedAtomic() noexcept = default;
  constexpr TracedAtomic(T value) noexcept : value_(value) {}  // as std::atomic: not explicit
  TracedAtomic(const TracedAtomic&) = delete;
  TracedAtomic& operator=(const TracedAtomic&) = delete;

  T load(std::memory_order) const noexcept {
    g_lines->read(this);
    return value_;
  }
  void store(T value, std::memory_order) noexcept { written() = value; }
  T exchange(T value, std::memory_order) noexcept { return std::exchange(written(), value); }
  T fetch_add(T value, std::memory_order) noexcept { return std::exchange(written(), value_ + value); }
  T fetch_sub(T value, std::memory_order) noexcept { return std::exchange(written(), value_ - value); }
  T fetch_or(T value, std::memory_order) noexcept { return std::exchange(written(), value_ | value); }
  T fetch_and(T value, std::memory_order) noexcept { return std::exchange(written(), value_ & value); }
  bool compare_exchange_strong(T& expected, T value, std::memory_order, std::memory_order) noexcept {
    if (value_ != expected) return expected = load(std::memory_order_relaxed), false;
    written() = value;
    return true;
  }
  bool compare_exchange_weak(T& expected, T value, std::memory_order good, std::memory_order bad) noexcept {
    return compare_exchange_strong(expected, value, good, bad);
  }

 private:
  T& written() noexcept {
    g_lines->write(this);
    return value_;
  }

  T value_{};
};

struct Traced : nmr::StdAtomics {
  template <class T>
  using Atomic = TracedAtomic<T>;
  static bool try_enable_heavy_fence() noexcept { return true; }
  static void heavy_fence() noexcept {}
  static std::uintptr_t thread_pointer() noexcept {
    return 0x7f0000000000 + g_lines->processor() * 0x801000u;
  }
  static unsigned processor_count() noexcept { return processors; }
  static inline unsigned processors = 1;
};

// ---- what is compared: enter(thread) and leave(thread) --------------------------------------------------------

template <class Gate>
struct Gated {
  explicit Gated(unsigned) {}
  bool enter(unsigned) { return gate->enter(); }
  void leave(unsigned) { gate->leave(); }
  struct alignas(2 * nmr::kCacheLine) Padded : Gate {};
  std::unique_ptr<Padded> gate = std::make_unique<Padded>();
};

template <class Ref>
struct Referenced {
  explicit Referenced(unsigned threads) : guards(threads) {}
  bool enter(unsigned thread) { return static_cast<bool>(guards[thread] = nmr::try_guard(*ref)); }
  void leave(unsigned thread) { guards[thread].reset(); }
  struct alignas(2 * nmr::kCacheLine) Padded : Ref {};
  std::unique_ptr<Padded> ref = std::make_unique<Padded>();
  std::vector<decltype(nmr::try_guard(*ref))> guards;
};

template <class Calls>
struct Called {
  using Target = typename Calls::Target;
  explicit Called(unsigned threads) : calls(threads) {
    (void)target->open();
    (void)cell.install(*target);
  }
  ~Called() {
    if (!cell.empty()) detach();
  }
  Called(const Called&) = delete;
  Called& operator=(const Called&) = delete;
  bool enter(unsigned thread) {
    calls[thread] = std::make_unique<typename Calls::Call>(cell);
    return calls[thread]->target() != nullptr;
  }
  void leave(unsigned thread) { calls[thread].reset(); }
  void detach() {
    auto* const removed = cell.remove_any();
    removed->refs().begin_rundown();
    Calls::close(*domain, static_cast<Target*>(removed));
  }

  std::unique_ptr<typename Calls::Domain> domain = std::make_unique<typename Calls::Domain>();
  std::unique_ptr<Target> target = std::make_unique<Target>();
  alignas(2 * nmr::kCacheLine) typename Calls::Cell cell{*domain};
  std::vector<std::unique_ptr<typename Calls::Call>> calls;
};

// ---- counting ------------------------------------------------------------------------------------------------

constexpr unsigned kThreads[] = {1, 2, 8, 64, 256};

template <class Scheme>
void round(Scheme& scheme, unsigned threads) {
  for (unsigned i = 0; i != threads; ++i) g_lines->act_as(i), (void)scheme.enter(i);
  for (unsigned i = 0; i != threads; ++i) g_lines->act_as(i), scheme.leave(i);
}

template <class Scheme>
void lines_of_a_call(const char* name) {
  std::printf("%-28s", name);
  for (const unsigned threads : kThreads) {
    Lines lines;
    g_lines = &lines;
    Traced::processors = threads;
    Scheme scheme(threads);
    for (int i = 0; i != 3; ++i) round(scheme, threads);
    (void)lines.take();
    constexpr unsigned kRounds = 10;
    for (unsigned i = 0; i != kRounds; ++i) round(scheme, threads);
    std::printf(" %7.2f", static_cast<double>(lines.take()) / kRounds / threads);
  }
  std::printf("\n");
}

/// The lines that the detacher fetches, and those that the callers have to fetch again for their next call.
void lines_of_a_detach() {
  using Scheme = Called<nmr::BasicPerThreadCalls<Traced>>;
  std::uint64_t callers[std::size(kThreads)];
  std::printf("%-28s", "detacher, a detach");
  for (std::size_t k = 0; k != std::size(kThreads); ++k) {
    Lines lines;
    g_lines = &lines;
    Scheme scheme(kThreads[k]);
    for (int i = 0; i != 3; ++i) round(scheme, kThreads[k]);
    lines.act_as(kThreads[k]);
    (void)lines.take();
    scheme.detach();
    std::printf(" %7.0f", static_cast<double>(lines.take()));
    round(scheme, kThreads[k]);
    callers[k] = lines.take();
  }
  std::printf("\n%-28s", "callers, after it, each");
  for (std::size_t k = 0; k != std::size(kThreads); ++k) {
    std::printf(" %7.2f", static_cast<double>(callers[k]) / kThreads[k]);
  }
  std::printf("\n");
}

}  // namespace

int main() {
  std::printf("%-28s", "lines fetched for, threads:");
  for (const unsigned threads : kThreads) std::printf(" %7u", threads);
  std::printf("\n");
  lines_of_a_call<Called<nmr::BasicPerThreadCalls<Traced>>>("guarded call");
  lines_of_a_call<Referenced<nmr::BasicShardedRundownRef<Traced>>>("ShardedRundownRef");
  lines_of_a_call<Referenced<nmr::BasicRundownRef<Traced>>>("RundownRef");
  lines_of_a_call<Called<nmr::BasicOneWordCalls<Traced>>>("guarded call, one word");
  lines_of_a_call<Gated<BasicCasRundown<Traced>>>("compare-and-swap rundown");
  lines_of_a_call<Gated<BasicSpinLockCounter<Traced>>>("spin lock and counter");
  lines_of_a_detach();
}
