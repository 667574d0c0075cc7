#include <cstdlib>
#include <new>

#include "engine.hpp"

namespace model {
namespace {

enum : std::size_t { kHeapSize = 8 * 1024 * 1024 };
alignas(4096) std::byte heap[kHeapSize];
std::size_t heap_used = 0;

void* allocate(std::size_t size, std::size_t alignment) noexcept {
  if (!program_running) {
    void* const memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (memory == nullptr) std::abort();
    return memory;
  }
  const std::size_t at = (heap_used + alignment - 1) / alignment * alignment;
  if (at + size > kHeapSize) std::abort();
  heap_used = at + size;
  return heap + at;
}

}  // namespace

bool program_running = false;
void forget_heap() noexcept { heap_used = 0; }
bool on_heap(const void* address) noexcept {
  const auto* byte = static_cast<const std::byte*>(address);
  return byte >= heap && byte < heap + kHeapSize;
}

}  // namespace model

void* operator new(std::size_t size) { return model::allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return model::allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return model::allocate(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return model::allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  if (!model::on_heap(memory)) std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { operator delete(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { operator delete(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { operator delete(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept { operator delete(memory); }
