// Plain accesses of programs and of the headers in them. Programs are compiled as for the thread sanitizer,
// but linked with these functions instead of its runtime: so the compiler tells of each access, and the
// explorer's clocks judge it.
#include <cstring>

#include "engine.hpp"

namespace model {
namespace {

PlainCell cells[sizeof(ProgramMemory)];

enum class Access { kRead, kWrite, kEnd };

void access(const void* address, std::size_t size, Access how) noexcept {
  if (!program_running) return;
  check(reinterpret_cast<std::uintptr_t>(address) >= 4096, "what is followed is an address");
  for (std::size_t offset = 0; offset < size; offset += 8) {
    const void* const at = static_cast<const std::byte*>(address) + offset;
    if (PlainCell* const cell = plain_cell(at)) {
      Engine::get().plain_access(*cell, how != Access::kRead, how == Access::kEnd);
    }
  }
}

}  // namespace

PlainCell* plain_cell(const void* address) noexcept {
  const auto at =
      reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(&program_memory);
  return at < sizeof(ProgramMemory) ? &cells[at] : nullptr;
}

void retire(const void* memory, std::size_t size) noexcept {
  // Each byte: accesses are known by where they start.
  for (std::size_t i = 0; i < size; ++i) access(static_cast<const std::byte*>(memory) + i, 1, Access::kEnd);
}

}  // namespace model

// A real thread sanitizer has these itself, and is told of all code: under it no program of plain accesses runs.
#ifndef __SANITIZE_THREAD__

// The names are the compilers'.
#define NMR_MODEL_ACCESS(name, size, how) \
  void name(void* address) { model::access(address, size, model::Access::how); }
#define NMR_MODEL_ACCESSES(size)                             \
  NMR_MODEL_ACCESS(__tsan_read##size, size, kRead)           \
  NMR_MODEL_ACCESS(__tsan_write##size, size, kWrite)         \
  NMR_MODEL_ACCESS(__tsan_unaligned_read##size, size, kRead) \
  NMR_MODEL_ACCESS(__tsan_unaligned_write##size, size, kWrite)

extern "C" {
NMR_MODEL_ACCESSES(1)
NMR_MODEL_ACCESSES(2)
NMR_MODEL_ACCESSES(4)
NMR_MODEL_ACCESSES(8)
NMR_MODEL_ACCESSES(16)
void __tsan_read_range(void* address, std::size_t size) {
  model::access(address, size, model::Access::kRead);
}
void __tsan_write_range(void* address, std::size_t size) {
  model::access(address, size, model::Access::kWrite);
}
void* __tsan_memset(void* to, int value, std::size_t size) {
  model::access(to, size, model::Access::kWrite);
  return std::memset(to, value, size);
}
void* __tsan_memcpy(void* to, const void* from, std::size_t size) {
  model::access(from, size, model::Access::kRead);
  model::access(to, size, model::Access::kWrite);
  return std::memcpy(to, from, size);
}
void* __tsan_memmove(void* to, const void* from, std::size_t size) {
  model::access(from, size, model::Access::kRead);
  model::access(to, size, model::Access::kWrite);
  return std::memmove(to, from, size);
}
void __tsan_vptr_update(void** address, void*) {
  model::access(address, sizeof(void*), model::Access::kWrite);
}
void __tsan_vptr_read(void** address) { model::access(address, sizeof(void*), model::Access::kRead); }
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_init() {}
}

#endif
