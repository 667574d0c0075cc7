#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include <nmr/platform/std_atomics.hpp>
#include <nmr/wdk/support/once/immortal.hpp>
#include <nmr/wdk/support/once/irql.hpp>
#include <nmr/wdk/support/pool.h>
#include <nmr/wdk/support/verifier.hpp>

NMR_BEGIN_NAMESPACE
namespace wdk {

/// Of memory that is about to be freed: reports those that are held in it, as far as that is known (rundown_verified.h).
void forget_rundown_references(const void* memory, std::size_t bytes, const char* function,
                               const void* caller) noexcept;

/// The blocks that are allocated. What is known of one is kept apart from it.
class Pool {
 public:
  struct Block {
    PVOID memory;
    SIZE_T bytes;
    ULONG tag;
    bool paged;
    const void* caller;
    Block* next;
  };
  struct Request {
    SIZE_T bytes;
    ULONG tag;
    bool paged;
    bool zeroed;
    bool cache_aligned;
  };

  [[nodiscard]] PVOID allocate(const Request& request, const char* function, const void* caller) noexcept {
    if (!at_most(request.paged ? APC_LEVEL : DISPATCH_LEVEL, "pool", function, nullptr, caller))
      return nullptr;
    const SIZE_T line = kCacheLine;
    if (request.bytes > ~SIZE_T{0} - line) return nullptr;
    const SIZE_T bytes = request.bytes == 0 ? 1 : request.bytes;
    PVOID const memory = request.cache_aligned ? std::aligned_alloc(line, (bytes + line - 1) / line * line)
                                               : std::malloc(bytes);
    if (memory == nullptr) return nullptr;
    if (!remember({memory, request.bytes, request.tag, request.paged, caller, nullptr})) {
      std::free(memory);
      return nullptr;
    }
    if (request.zeroed) std::memset(memory, 0, bytes);
    return memory;
  }

  /// Tag 0 frees what has any.
  void free(PVOID memory, ULONG tag, const char* function, const void* caller) noexcept {
    const char* wrong = nullptr;
    SIZE_T bytes = 0;
    {
      LockGuard lock(mutex_);
      Block** const link = find(memory);
      Block* const found = *link;
      if (found == nullptr) {
        wrong = "not allocated, or freed already";
      } else if (tag != 0 && found->tag != tag) {
        wrong = "freed with another tag than it was allocated with";
      } else if (this_thread().irql > (found->paged ? APC_LEVEL : DISPATCH_LEVEL)) {
        wrong = "freed at too high a level: paged memory above APC_LEVEL, other above DISPATCH_LEVEL";
      } else {
        *link = found->next;
        bytes = found->bytes;
        delete found;
      }
    }
    if (wrong == nullptr) {
      forget_rundown_references(memory, bytes, function, caller);
      return std::free(memory);
    }
    char where[80];
    std::snprintf(where, sizeof where, "%s, called at %p", function, caller);
    report_misuse({"pool", where, wrong, memory});
  }

  /// Calls `f` with each block that has this tag, or with all for tag 0.
  template <class F>
  void for_each(ULONG tag, F f) {
    LockGuard lock(mutex_);
    for (const Block* block : buckets_) {
      for (; block != nullptr; block = block->next) {
        if (tag == 0 || block->tag == tag) f(*block);
      }
    }
  }

 private:
  enum : std::size_t { kBuckets = 1024 };

  [[nodiscard]] bool remember(const Block& block) noexcept {
    auto* const kept = new (std::nothrow) Block(block);
    if (kept == nullptr) return false;
    LockGuard lock(mutex_);
    kept->next = nullptr;
    *find(block.memory) = kept;
    return true;
  }
  /// Returns what points at a block, or at null where it would be.
  [[nodiscard]] Block** find(PVOID memory) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    Block** link = &buckets_[(address >> 4 ^ address >> 14) % kBuckets];
    while (*link != nullptr && (*link)->memory != memory) link = &(*link)->next;
    return link;
  }

  platform::Mutex mutex_;
  Block* buckets_[kBuckets]{};
};

[[nodiscard]] inline Pool::Request request_of(POOL_TYPE type, SIZE_T bytes, ULONG tag, bool zeroed) noexcept {
  const unsigned bits = static_cast<unsigned>(type);
  return {bytes, tag, (bits & PagedPool) != 0, zeroed, (bits & NonPagedPoolCacheAligned) != 0};
}

PoolUse pool_in_use(ULONG tag) {
  PoolUse use{0, 0};
  immortal<Pool>().for_each(tag, [&](const Pool::Block& block) {
    ++use.blocks;
    use.bytes += block.bytes;
  });
  return use;
}

std::size_t report_pool_leaks(ULONG tag) {
  Pool::Block* leaks = nullptr;  // copies, to be reported without the lock; those that there is memory for
  immortal<Pool>().for_each(tag, [&](const Pool::Block& block) {
    auto* const copy = new (std::nothrow) Pool::Block(block);
    if (copy == nullptr) return;
    copy->next = leaks;
    leaks = copy;
  });
  std::size_t count = 0;
  while (leaks != nullptr) {
    Pool::Block* const block = platform::take(leaks);
    leaks = block->next;
    char name[5]{};
    std::memcpy(name, &block->tag, 4);
    for (char& letter : name) letter = letter == 0 || (letter >= ' ' && letter <= '~') ? letter : '?';
    char where[96];
    std::snprintf(where, sizeof where, "allocation of %zu bytes, tag %s, called at %p", block->bytes, name,
                  block->caller);
    report_misuse({"pool", where, "not freed", block->memory});
    delete block;
    ++count;
  }
  return count;
}

}  // namespace wdk
NMR_END_NAMESPACE

PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag) {
  const POOL_FLAGS kinds = Flags & (POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED);
  if (NumberOfBytes == 0 || Tag == 0 || kinds == 0 || (kinds & (kinds - 1)) != 0) {
    nmr_wdk_misuse("pool", "ExAllocatePool2", "wants bytes, a tag, and one kind of pool", nullptr);
    return nullptr;
  }
  const nmr::wdk::Pool::Request request{NumberOfBytes, Tag, (Flags & POOL_FLAG_PAGED) != 0,
                                        (Flags & POOL_FLAG_UNINITIALIZED) == 0,
                                        (Flags & POOL_FLAG_CACHE_ALIGNED) != 0};
  return nmr::wdk::immortal<nmr::wdk::Pool>().allocate(request, "ExAllocatePool2",
                                                       __builtin_return_address(0));
}
PVOID ExAllocatePoolZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  return nmr::wdk::immortal<nmr::wdk::Pool>().allocate(
      nmr::wdk::request_of(PoolType, NumberOfBytes, Tag, true), "ExAllocatePoolZero",
      __builtin_return_address(0));
}
PVOID ExAllocatePoolUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  return nmr::wdk::immortal<nmr::wdk::Pool>().allocate(
      nmr::wdk::request_of(PoolType, NumberOfBytes, Tag, false), "ExAllocatePoolUninitialized",
      __builtin_return_address(0));
}
PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  return nmr::wdk::immortal<nmr::wdk::Pool>().allocate(
      nmr::wdk::request_of(PoolType, NumberOfBytes, Tag, false), "ExAllocatePoolWithTag",
      __builtin_return_address(0));
}
PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes) {
  const ULONG none = 0x656E6F4E;  // 'None', as the pool shows it
  return nmr::wdk::immortal<nmr::wdk::Pool>().allocate(
      nmr::wdk::request_of(PoolType, NumberOfBytes, none, false), "ExAllocatePool",
      __builtin_return_address(0));
}
VOID ExFreePool(PVOID P) {
  nmr::wdk::immortal<nmr::wdk::Pool>().free(P, 0, "ExFreePool", __builtin_return_address(0));
}
VOID ExFreePoolWithTag(PVOID P, ULONG Tag) {
  nmr::wdk::immortal<nmr::wdk::Pool>().free(P, Tag, "ExFreePoolWithTag", __builtin_return_address(0));
}
