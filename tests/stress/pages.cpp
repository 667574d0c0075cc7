#include "stress/pages.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <thread>

namespace {

/// As the machine code, where there is none.
int answer_without_page(void* context, int value) {
  const auto& self = *static_cast<const volatile StressContext*>(context);
  for (int turns = self.turns; turns > 1;) turns = turns - 1;
  return self.key + value;
}

#if defined(__linux__) && defined(__x86_64__)
constexpr unsigned char kCode[] = {
    0x8b, 0x4f, 0x04,  // mov turns(%rdi),%ecx
    0xff, 0xc9,        // 1: dec %ecx
    0x75, 0xfc,        // jne 1b
    0x8b, 0x07,        // mov key(%rdi),%eax
    0x01, 0xf0,        // add %esi,%eax
    0xc3,              // ret
};
#elif defined(__linux__) && defined(__aarch64__)
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

void protect(void* page, std::size_t size, int protection) noexcept {
  if (mprotect(page, size, protection) != 0) std::abort();
}

/// Overwrites pages and gives them back to the system. Nothing else comes to lie there: they stay reserved.
void unmap(std::byte* pages, std::size_t size) noexcept {
  protect(pages, size, PROT_READ | PROT_WRITE);  // code cannot be run from here on
  std::memset(pages, 0xDB, size);
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  if (mmap(pages, size, PROT_NONE, kFlags, -1, 0) == MAP_FAILED) std::abort();
}

/// Puts the code at the beginning of a page. Returns false if the system refuses to run it.
bool make_code(std::byte* page, std::size_t size) noexcept {
  protect(page, size, PROT_READ | PROT_WRITE);
  std::memcpy(page, kCode, sizeof kCode);
  __builtin___clear_cache(reinterpret_cast<char*>(page), reinterpret_cast<char*>(page + sizeof kCode));
  return mprotect(page, size, PROT_READ | PROT_EXEC) == 0;
}

/// Returns pages for code, or null for a processor or system that there is none for.
std::byte* map_code([[maybe_unused]] std::size_t bytes, [[maybe_unused]] std::size_t page_size) {
#if defined(NMR_NO_MACHINE_CODE)
  MESSAGE("no machine code of its own: functions stay when their module goes");
  return nullptr;
#else
  std::byte* const code = map(bytes);
  // Without it no storm would find a call that runs into code that is gone.
  REQUIRE_MESSAGE(make_code(code, page_size), "executable pages are refused");
  return code;
#endif
}

}  // namespace

ModulePages::ModulePages(std::size_t count)
    : page_size_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
      bytes_(count * page_size_),
      data_(map(bytes_)),
      code_(map_code(bytes_, page_size_)),
      back_(count) {
  for (std::size_t i = 0; i != count; ++i) away_.push_back(data_ + i * page_size_);
  unmap(data_, bytes_);
  if (code_ != nullptr) unmap(code_, bytes_);
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
  if (code_ != nullptr && !make_code(code_of(page), page_size_)) std::abort();
  return page;
}

StressNpi::ProviderDispatch ModulePages::table_of(const void* page) const noexcept {
  if (code_ == nullptr) return {&answer_without_page};
  return {reinterpret_cast<int (*)(void*, int)>(code_of(page))};
}

void ModulePages::take_away(void* page) noexcept {
  if (code_ != nullptr) unmap(code_of(page), page_size_);
  unmap(static_cast<std::byte*>(page), page_size_);
  const std::lock_guard lock(mutex_);
  away_[back_++ % away_.size()] = page;
}

std::byte* ModulePages::code_of(const void* page) const noexcept {
  return code_ + (static_cast<const std::byte*>(page) - data_);
}
