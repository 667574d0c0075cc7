#include "support/alloc.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(_WIN32)
#include <malloc.h>
#endif

namespace {

// Relaxed throughout: a counter that ordered the threads which allocate would hide their data races.
constexpr auto kRelaxed = std::memory_order_relaxed;
std::atomic<std::size_t> made{0};
std::atomic<std::size_t> freed{0};
std::atomic<std::size_t> fail_at{0};  // a value of `made`; 0 is never

constexpr std::size_t kDefault = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

// What is aligned further than that. On Windows it is also freed in another way.
void* allocate_aligned(std::size_t size, std::size_t alignment) noexcept {
#if defined(_WIN32)
  return _aligned_malloc(size, alignment);
#else
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
#endif
}
void free_aligned(void* block) noexcept {
#if defined(_WIN32)
  _aligned_free(block);
#else
  std::free(block);
#endif
}

void* try_allocate(std::size_t size, std::size_t alignment) noexcept {
  if (made.fetch_add(1, kRelaxed) + 1 == fail_at.load(kRelaxed)) {
    freed.fetch_add(1, kRelaxed);
    return nullptr;
  }
  if (size == 0) size = 1;
  void* const block = alignment <= kDefault ? std::malloc(size) : allocate_aligned(size, alignment);
  if (block == nullptr) freed.fetch_add(1, kRelaxed);
  return block;
}

void* allocate(std::size_t size, std::size_t alignment) {
  void* const block = try_allocate(size, alignment);
  if (block != nullptr) return block;
#ifdef __cpp_exceptions
  throw std::bad_alloc();
#else
  std::abort();  // as the standard library does
#endif
}

void release(void* block, std::size_t alignment = kDefault) noexcept {
  if (block == nullptr) return;
  freed.fetch_add(1, kRelaxed);
  alignment <= kDefault ? std::free(block) : free_aligned(block);
}

std::size_t bytes(std::align_val_t alignment) noexcept { return static_cast<std::size_t>(alignment); }

}  // namespace

namespace alloc {

std::size_t made() noexcept { return ::made.load(kRelaxed); }
std::size_t live() noexcept { return ::made.load(kRelaxed) - freed.load(kRelaxed); }

FailNth::FailNth(std::size_t nth) noexcept { fail_at.store(::made.load(kRelaxed) + nth, kRelaxed); }
FailNth::~FailNth() { fail_at.store(0, kRelaxed); }
bool FailNth::happened() const noexcept { return ::made.load(kRelaxed) >= fail_at.load(kRelaxed); }

}  // namespace alloc

// Every form: the standard's own array and nothrow forms would come here too, but not those of a sanitizer.
void* operator new(std::size_t size) { return allocate(size, kDefault); }
void* operator new[](std::size_t size) { return allocate(size, kDefault); }
void* operator new(std::size_t size, std::align_val_t alignment) { return allocate(size, bytes(alignment)); }
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate(size, bytes(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return try_allocate(size, kDefault); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return try_allocate(size, kDefault);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return try_allocate(size, bytes(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return try_allocate(size, bytes(alignment));
}
void operator delete(void* block) noexcept { release(block); }
void operator delete[](void* block) noexcept { release(block); }
void operator delete(void* block, std::size_t) noexcept { release(block); }
void operator delete[](void* block, std::size_t) noexcept { release(block); }
void operator delete(void* block, std::align_val_t alignment) noexcept { release(block, bytes(alignment)); }
void operator delete[](void* block, std::align_val_t alignment) noexcept { release(block, bytes(alignment)); }
void operator delete(void* block, std::size_t, std::align_val_t alignment) noexcept {
  release(block, bytes(alignment));
}
void operator delete[](void* block, std::size_t, std::align_val_t alignment) noexcept {
  release(block, bytes(alignment));
}
void operator delete(void* block, const std::nothrow_t&) noexcept { release(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { release(block); }
void operator delete(void* block, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  release(block, bytes(alignment));
}
void operator delete[](void* block, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  release(block, bytes(alignment));
}
