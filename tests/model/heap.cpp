#include <cstdlib>
#include <new>

#include "program_memory.hpp"

namespace model {

ProgramMemory program_memory;
bool program_running = false;

namespace {

std::size_t heap_used = 0;

bool on_heap(const void* address) noexcept {
  const auto* byte = static_cast<const std::byte*>(address);
  return byte >= program_memory.heap && byte < program_memory.heap + kHeapSize;
}

void* allocate(std::size_t size, std::size_t alignment) noexcept {
  if (!program_running) {
    void* const memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (memory == nullptr) std::abort();
    return memory;
  }
  const std::size_t at = (heap_used + alignment - 1) / alignment * alignment;
  if (at + size > kHeapSize) std::abort();
  heap_used = at + size;
  return program_memory.heap + at;
}

void release(void* memory, std::size_t size) noexcept {
  if (!on_heap(memory)) return std::free(memory);
  if (program_running) retire(memory, size);
}

}  // namespace

void forget_heap() noexcept { heap_used = 0; }

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
void operator delete(void* memory) noexcept { model::release(memory, 0); }
void operator delete(void* memory, std::size_t size) noexcept { model::release(memory, size); }
void operator delete(void* memory, std::align_val_t) noexcept { model::release(memory, 0); }
void operator delete(void* memory, std::size_t size, std::align_val_t) noexcept {
  model::release(memory, size);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept { model::release(memory, 0); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  model::release(memory, 0);
}
