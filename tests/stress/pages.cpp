#include "stress/pages.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <thread>

namespace {

/// As the machine code, for processors that there is none for, and systems that let no program make any.
int answer_without_page(void* context, int value) {
  const auto& self = *static_cast<const volatile StressContext*>(context);
  for (int turns = self.turns; turns > 1;) turns = turns - 1;
  return self.key + value;
}

#if defined(__x86_64__)
constexpr unsigned char kCode[] = {
    0x8b, 0x4f, 0x04,  // mov turns(%rdi),%ecx
    0xff, 0xc9,        // 1: dec %ecx
    0x75, 0xfc,        // jne 1b
    0x8b, 0x07,        // mov key(%rdi),%eax
    0x01, 0xf0,        // add %esi,%eax
    0xc3,              // ret
};
#elif defined(__aarch64__)
constexpr unsigned kCode[] = {
    0xb9400402,  // ldr w2,[x0,#4]
    0x71000442,  // 1: subs w2,w2,#1
    0x54ffffe1,  // b.ne 1b
    0xb9400000,  // ldr w0,[x0]
    0x0b010000,  // add w0,w0,w1
    0xd65f03c0,  // ret
};
#else
constexpr unsigned char kCode[] = {0};
#define NMR_NO_MACHINE_CODE
#endif
static_assert(offsetof(StressContext, key) == 0 && offsetof(StressContext, turns) == 4);

std::byte* map(std::size_t bytes) {
  void* const pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(pages != MAP_FAILED);
  return static_cast<std::byte*>(pages);
}

/// Returns pages that each begin with the code, or null if such may not be.
std::byte* map_code([[maybe_unused]] std::size_t bytes, [[maybe_unused]] std::size_t page_size) {
#if !defined(NMR_NO_MACHINE_CODE)
  std::byte* const code = map(bytes);
  for (std::size_t at = 0; at < bytes; at += page_size) std::memcpy(code + at, kCode, sizeof kCode);
  __builtin___clear_cache(reinterpret_cast<char*>(code), reinterpret_cast<char*>(code + bytes));
  if (mprotect(code, bytes, PROT_READ | PROT_EXEC) == 0) return code;
  munmap(code, bytes);
#endif
  MESSAGE("no machine code of its own: functions stay when their module goes");
  return nullptr;
}

void protect(void* page, std::size_t size, int protection) noexcept {
  if (mprotect(page, size, protection) != 0) std::abort();
}

}  // namespace

ModulePages::ModulePages(std::size_t count)
    : page_size_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
      bytes_(count * page_size_),
      data_(map(bytes_)),
      code_(map_code(bytes_, page_size_)),
      back_(count) {
  for (std::size_t i = 0; i != count; ++i) away_.push_back(data_ + i * page_size_);
  protect(data_, bytes_, PROT_NONE);
  if (code_ != nullptr) protect(code_, bytes_, PROT_NONE);
}

ModulePages::~ModulePages() {
  munmap(data_, bytes_);
  if (code_ != nullptr) munmap(code_, bytes_);
}

void* ModulePages::take() {
  void* page = nullptr;
  while (page == nullptr) {
    {
      const std::lock_guard lock(mutex_);
      if (taken_ != back_) page = away_[taken_++ % away_.size()];
    }
    if (page == nullptr) std::this_thread::yield();  // all are still on their way out
  }
  protect(page, page_size_, PROT_READ | PROT_WRITE);
  if (code_ != nullptr) protect(code_of(page), page_size_, PROT_READ | PROT_EXEC);
  return page;
}

StressNpi::ProviderDispatch ModulePages::table_of(const void* page) const noexcept {
  if (code_ == nullptr) return {&answer_without_page};
  return {reinterpret_cast<int (*)(void*, int)>(code_of(page))};
}

void ModulePages::take_away(void* page) noexcept {
  std::memset(page, 0xDB, page_size_);
  if (code_ != nullptr) protect(code_of(page), page_size_, PROT_NONE);
  protect(page, page_size_, PROT_NONE);
  const std::lock_guard lock(mutex_);
  away_[back_++ % away_.size()] = page;
}

std::byte* ModulePages::code_of(const void* page) const noexcept {
  return code_ + (static_cast<const std::byte*>(page) - data_);
}
