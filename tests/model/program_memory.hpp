#pragma once
/// The memory that programs under test live in: a heap and a stack for each thread, at the same addresses in
/// every run.
#include <cstddef>
#include <cstdint>

#include "basics.hpp"

namespace model {

enum : std::size_t { kStackSize = 64 * 1024, kHeapSize = 1024 * 1024 };

struct alignas(4096) ProgramMemory {
  std::byte heap[kHeapSize];
  std::byte stacks[kMaxThreads][kStackSize];
};
extern ProgramMemory program_memory;

/// Says whether the code that runs is the program's and not the explorer's: what it allocates then comes from
/// a heap that is forgotten after each run, so that runs that are given up leak nothing.
extern bool program_running;
void forget_heap() noexcept;

/// What happened to a byte of it, as the start of plain accesses of any size.
struct PlainCell {
  std::uint32_t run;
  ThreadId writer;
  bool dead;
  Time written;
  Time read[kMaxThreads];
};

/// Returns the cell of an address, or null if it is not the program's.
[[nodiscard]] PlainCell* plain_cell(const void* address) noexcept;

/// Ends the life of a piece of memory that is not deleted: any access that it does not come after is a fault,
/// and so is any later one.
void retire(const void* memory, std::size_t size) noexcept;

}  // namespace model
