#pragma once
#include <cstddef>
#include <cstdint>
#include <new>

#include <nmr/platform/pointer.hpp>
#include <nmr/platform/thread_pointer.hpp>
#include <nmr/rundown/rundown_ref.hpp>

NMR_BEGIN_NAMESPACE

/// A RundownRef whose count is spread over cache lines, for objects that many processors enter at once
/// (EX_RUNDOWN_REF_CACHE_AWARE). A reference may be taken from one shard and given back to another: only the sum of the
/// shards counts, and a single shard may go negative.
///
/// How it ends: the centre, itself a RundownRef, is opened with kBias references, the bias. To close a shard moves what
/// it holds to the centre. A release that finds its shard closed goes to the centre. Whoever closes the last open shard
/// takes the bias away. Only from then on the centre can reach zero: it is an ordinary RundownRef now.
///
/// It takes three cache lines, one for each shard and one more. No function but the constructors allocates;
/// make_in_place() does without.
///
/// Lifetime      as RundownRef: may be destroyed once it has told that it has run down.
template <ShardedPolicy Atomics>
class NMR_PUBLIC_TYPE BasicShardedRundownRef {
  using Centre = BasicRundownRef<Atomics>;
  using Word = std::uintptr_t;
  enum : Word { kClosed = 1, kOneRef = 2 };

 public:
  /// Returns the most references that may be held at a time.
  [[nodiscard]] NMR_LOCAL static constexpr std::size_t max_refs() noexcept { return Centre::max_refs() / 2; }

  /// Born active with one shard for each processor, or as many as asked for: rounded up to a power of two, at most 256.
  /// Allocates them (ExAllocateCacheAwareRundownProtection): see allocated().
  NMR_LOCAL BasicShardedRundownRef() noexcept : BasicShardedRundownRef(Atomics::processor_count()) {}
  NMR_LOCAL explicit BasicShardedRundownRef(std::size_t shards) noexcept
      : BasicShardedRundownRef(BornRunDown{}, shards) {
    if (allocated()) reinitialize();
  }

  /// Born run down, as one that has run down: refuses until reinitialize(). Allocates the shards all the same.
  struct BornRunDown {};
  NMR_LOCAL explicit BasicShardedRundownRef(BornRunDown) noexcept
      : BasicShardedRundownRef(BornRunDown{}, Atomics::processor_count()) {}
  NMR_LOCAL BasicShardedRundownRef(BornRunDown, std::size_t shards) noexcept
      : centre_(typename Centre::BornRunDown{}) {
    const std::size_t count = rounded(shards);
    // Not aligned, which few kernels have to give. What lies on one line with any of the words is ours all the same.
    auto* const memory = new (std::nothrow_t{}) Shard[count + 1];
    if (memory == nullptr) return;
    shards_ = memory + 1;
    shard_mask_ = count - 1;
  }

  /// Returns how much memory a reference takes that has its shards behind it, one for each processor or as many as
  /// asked for.
  [[nodiscard]] NMR_LOCAL static std::size_t bytes_in_place() noexcept {
    return bytes_in_place(Atomics::processor_count());
  }
  /// As above.
  [[nodiscard]] NMR_LOCAL static constexpr std::size_t bytes_in_place(std::size_t shards) noexcept {
    return sizeof(BasicShardedRundownRef) + rounded(shards) * sizeof(Shard);
  }
  /// Makes one in memory of the caller's, with as many shards behind it as there is room for, a power of two
  /// (ExInitializeRundownProtectionCacheAware).
  ///
  /// Returns       the reference, active; or null if there is no room for one shard: then nothing was made.
  /// Progress      a pass over the shards; allocates nothing.
  /// Lifetime      its destructor frees nothing; memory may be given up without it where nobody is inside.
  /// Precondition  `memory` is aligned as the type is.
  NMR_LOCAL static BasicShardedRundownRef* make_in_place(void* memory, std::size_t bytes) noexcept {
    if (bytes < bytes_in_place(1)) return nullptr;
    std::size_t shards = 1;
    while (shards < kMaxShards && bytes_in_place(shards * 2) <= bytes) shards *= 2;
    auto* const ref = new (platform::At{memory}) BasicShardedRundownRef(InPlace{});
    auto* const place = static_cast<unsigned char*>(memory) + sizeof(BasicShardedRundownRef);
    for (std::size_t i = 0; i < shards; ++i) new (platform::At{place + i * sizeof(Shard)}) Shard;
    ref->shards_ = reinterpret_cast<Shard*>(place);
    ref->shard_mask_ = shards - 1;
    ref->reinitialize();
    return ref;
  }

  BasicShardedRundownRef(const BasicShardedRundownRef&) = delete;
  BasicShardedRundownRef& operator=(const BasicShardedRundownRef&) = delete;

  /// Frees the shards.
  /// Precondition  no reference is held (trapped, unless the policy leaves out such checks) and nobody waits (trapped).
  NMR_LOCAL ~BasicShardedRundownRef() {
    if (!rundown_begun() && !centre_.completions_.empty())
      misuse("~ShardedRundownRef", "destroyed while somebody waits for it to run down");
    // Not run down: closing it here finds out what is still held. The centre's own destructor reports that.
    if (!centre_.run_down_already()) begin_rundown();
    if (allocated() && !in_place_) delete[] (shards_ - 1);
  }

  /// Returns false if there was no memory for the shards. Then *this is run down and stays so.
  [[nodiscard]] NMR_LOCAL bool allocated() const noexcept { return shards_ != &never_open_; }

  /// Takes `n` references, all or none. n = 0 only asks.
  ///
  /// Returns       true: the protected object stays usable until release(n). false: rundown has begun, or the shards
  ///               could not be allocated. While begin_rundown() runs some shards may refuse and some not yet.
  /// Progress      lock-free: tries again where another thread has changed the shard's count. A refused call runs no
  ///               completion.
  /// Ordering      true happens-after the reinitialize() that last opened *this, if any.
  /// Precondition  no more than max_refs() are held then (trapped, and refused, where the sum of the shards shows it).
  [[nodiscard]] NMR_LOCAL bool try_acquire(std::size_t n = 1) noexcept {
    if (n > max_refs()) [[unlikely]]
      return misuse("try_acquire", "more references than max_refs()"), false;
    // A compare-and-swap, not an add with an undo. Between the two the shard may be closed, opened and closed again:
    // then the undo could not tell whether its add has been moved to the centre.
    auto& word = shard().word;
    Word seen = word.load(order::relaxed);  // relaxed: validated by the CAS
    do {
      if ((seen & kClosed) != 0) return false;
      if (over_limit(seen, n)) [[unlikely]]
        return misuse("try_acquire", "more references than max_refs()"), false;
      // [rd:14] acquire CAS, pairs with [rd:18].
    } while (!word.compare_exchange_weak(seen, seen + n * kOneRef, order::acquire, order::relaxed));
    return true;
  }

  /// Takes `n` more references on behalf of one that the caller holds already; succeeds while draining too.
  /// Progress      wait-free; runs no completion.
  /// Precondition  a reference is held. Trapped only once rundown has begun, where the count shows it.
  NMR_LOCAL void duplicate(std::size_t n = 1) noexcept {
    if (n > max_refs()) [[unlikely]]
      return misuse("duplicate", "more references than max_refs()");
    // relaxed: the reference that is held orders it. A closed shard's count is dead, so it goes to the
    // centre.
    if ((shard().word.fetch_add(n * kOneRef, order::relaxed) & kClosed) != 0) centre_.duplicate(n);
  }

  /// Gives back `n` references, whichever thread took them. The last one out, once rundown has begun, runs the
  /// completions.
  ///
  /// Progress      as RundownRef::release(): wait-free, but for the completions.
  /// Ordering      everything before it happens-before the completion.
  /// Lifetime      as RundownRef::release(): *this may be gone on return.
  /// Precondition  that many references are held (trapped where the sum shows it, by the end of the rundown).
  NMR_LOCAL void release(std::size_t n = 1) noexcept {
    if (n > max_refs()) [[unlikely]]
      return misuse("release", "more references than max_refs()");
    // [rd:15] release RMW, pairs with [rd:16]; a closed shard's count is dead, and the centre's release
    // orders.
    if ((shard().word.fetch_sub(n * kOneRef, order::release) & kClosed) != 0) [[unlikely]]
      centre_.release(n);
  }

  /// As RundownRef::begin_rundown(). From its return on try_acquire() refuses on every shard.
  /// Progress      as there, and a pass over the shards.
  NMR_LOCAL RundownState begin_rundown(Completion& completion) noexcept {
    return completion.begin_use<Atomics>("begin_rundown") ? begin(&completion) : centre_.join(nullptr);
  }
  /// As above, without a completion.
  NMR_LOCAL RundownState begin_rundown() noexcept { return begin(nullptr); }
  /// As RundownRef::when_run_down().
  /// Progress      as there.
  NMR_LOCAL RundownState when_run_down(Completion& completion) noexcept {
    return centre_.when_run_down(completion);
  }
  /// As RundownRef::take_back().
  /// Progress      as there.
  [[nodiscard]] NMR_LOCAL bool take_back(BasicRetractableCompletion<Atomics>& completion) noexcept {
    return centre_.take_back(completion);
  }

  /// As RundownRef::wait_for_rundown().
  NMR_LOCAL void wait_for_rundown() noexcept { centre_.wait_for_rundown(); }
  /// As RundownRef::wait_for_rundown_for().
  template <class Duration>
  [[nodiscard]] NMR_LOCAL bool wait_for_rundown_for(const Duration& timeout) noexcept {
    return centre_.wait_for_rundown_for(timeout);
  }
  /// As RundownRef::wait_for_rundown_until().
  template <class TimePoint>
  [[nodiscard]] NMR_LOCAL bool wait_for_rundown_until(const TimePoint& deadline) noexcept {
    return centre_.wait_for_rundown_until(deadline);
  }
  /// As RundownRef::run_down(), and a pass over the shards.
  NMR_LOCAL void run_down() noexcept {
    BasicEvent<Atomics> event;
    if (begin_rundown(event) == RundownState::kPending) event.wait();
  }

  /// As RundownRef::rundown_begun(), run_down_already(), rundown_completed(). Returns true before a first reinitialize()
  /// where it was born run down, or the shards could not be allocated.
  [[nodiscard]] NMR_LOCAL bool rundown_begun() const noexcept { return centre_.rundown_begun(); }
  [[nodiscard]] NMR_LOCAL bool run_down_already() const noexcept { return centre_.run_down_already(); }
  /// As RundownRef::rundown_completed().
  NMR_LOCAL void rundown_completed() noexcept { centre_.rundown_completed(); }

  /// As RundownRef::reinitialize().
  /// Progress      as there, and a pass over the shards. Allocates nothing.
  /// Precondition  as there; and the shards could be allocated (trapped).
  NMR_LOCAL void reinitialize() noexcept {
    if (!allocated()) return misuse("reinitialize", "its shards could not be allocated");
    if (!centre_.run_down_already()) return misuse("reinitialize", "it has not run down");
    open_shards_.store(shard_mask_ + 1,
                       order::relaxed);  // relaxed: nobody begins meanwhile; [rd:18] publishes
    centre_.reinitialize();
    (void)centre_.try_acquire(kBias);
    // [rd:18] release, pairs with [rd:14]. No add is lost: closed shards take none, and the releases that a
    // shard saw while closed had all gone to the centre before it ran down.
    for (std::size_t i = 0; i <= shard_mask_; ++i) shards_[i].word.store(0, order::release);
  }

 private:
  enum : std::size_t { kMaxShards = 256, kBias = Centre::max_refs() / 2 };

  struct Shard {
    NMR_LOCAL Shard() noexcept = default;
    AtomicOf<Atomics, Word> word{kClosed};
    static_assert(sizeof(word) < kCacheLine, "the policy's Atomic<uintptr_t> is to be a word, and no more");
    [[maybe_unused]] unsigned char apart[kCacheLine - sizeof(word)] = {};
  };

  struct InPlace {};
  NMR_LOCAL explicit BasicShardedRundownRef(InPlace) noexcept
      : in_place_(true), centre_(typename Centre::BornRunDown{}) {}

  NMR_LOCAL static constexpr std::size_t rounded(std::size_t shards) noexcept {
    std::size_t count = 1;
    while (count < shards && count < kMaxShards) count *= 2;
    return count;
  }

  NMR_LOCAL Shard& shard() const noexcept {
    // Thread pointers lie a stack size apart. To multiply spreads them, into the high bits: those are taken. Of a small
    // word no more than eight are well mixed.
    constexpr unsigned kBits = sizeof(Word) * 8;
    const Word thread = platform::kThreadPointerKnown ? Atomics::thread_pointer() : platform::stack_place();
    const Word mixed = thread * static_cast<Word>(0x9E3779B97F4A7C15u);
    return shards_[(mixed >> (kBits - (kBits > 32 ? 16 : 8))) & shard_mask_];
  }

  NMR_LOCAL RundownState begin(Completion* completion) noexcept {
    const bool first = centre_.hold_open();
    if (first) centre_.set_begun();
    // Also where another has begun: only a thread that has seen each shard closed may say that every shard refuses.
    for (std::size_t i = 0; i <= shard_mask_; ++i) {
      // [rd:16] acquire RMW, pairs with [rd:15]: what was done under references that were given back here.
      // Those that were not are moved, and ordered by the centre.
      const Word found = shards_[i].word.fetch_or(kClosed, order::acquire);
      if ((found & kClosed) == 0) close_shard(found);
    }
    return first ? centre_.end_begin(completion) : centre_.join(completion);
  }

  NMR_LOCAL void close_shard(Word found) noexcept {
    // Modulo the word: a shard may have drifted far below or above 0, and the sum is right all the same.
    centre_.move_in(found >> 1);
    // [rd:17] acq_rel RMW, pairs with itself: every shard's count has been moved before the bias goes, and
    // what was done under references given back in any of them happens-before that.
    if (open_shards_.fetch_sub(1, order::acq_rel) != 1) return;
    const std::size_t held = centre_.approximate_refs();
    if (held < kBias) {
      misuse("release", "more references than are held");
      centre_.move_in(kBias - held);
    }
    centre_.release(kBias);
  }

  /// A shard alone says little: references taken here may have been given back elsewhere.
  [[nodiscard]] NMR_LOCAL bool over_limit(Word seen, std::size_t n) const noexcept {
    const auto limit = static_cast<std::intptr_t>(max_refs());
    if (static_cast<std::intptr_t>(seen) / 2 + static_cast<std::intptr_t>(n) <= limit) [[likely]]
      return false;
    Word sum = 0;
    for (std::size_t i = 0; i <= shard_mask_; ++i) {
      sum += shards_[i].word.load(order::relaxed) / kOneRef;  // relaxed: an estimate
    }
    const Word half = ~Word{0} / kOneRef / 2;
    sum &= ~Word{0} / kOneRef;
    return sum <= half && sum + n > max_refs();
  }

  NMR_COLD NMR_LOCAL void misuse(const char* operation, const char* rule) const noexcept {
    Atomics::misuse({"ShardedRundownRef", operation, rule, this});
  }

  Shard never_open_;
  Shard* shards_ = &never_open_;
  std::size_t shard_mask_ = 0;
  AtomicOf<Atomics, std::size_t> open_shards_{0};
  const bool in_place_ = false;  // the shards are the caller's memory
  alignas(kCacheLine) Centre centre_;
};

NMR_END_NAMESPACE
