#pragma once
/// Pages of memory that can be protected: whoever does then what he must not faults, on the spot and without a sanitizer.
#if defined(_WIN32)
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <cstddef>
#include <cstdlib>

class Pages {
 public:
#if defined(_WIN32)
  explicit Pages(std::size_t bytes) : bytes_(bytes) {
    memory_ = VirtualAlloc(nullptr, bytes_, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (memory_ == nullptr) std::abort();
  }
  ~Pages() { VirtualFree(memory_, 0, MEM_RELEASE); }

  void allow_writing() const { protect(PAGE_READWRITE); }
  void allow_reading() const { protect(PAGE_READONLY); }
  void allow_nothing() const { protect(PAGE_NOACCESS); }
#else
  explicit Pages(std::size_t bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    bytes_ = (bytes + page - 1) / page * page;
    memory_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) std::abort();
  }
  ~Pages() { munmap(memory_, bytes_); }

  void allow_writing() const { protect(PROT_READ | PROT_WRITE); }
  void allow_reading() const { protect(PROT_READ); }
  void allow_nothing() const { protect(PROT_NONE); }
#endif
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  [[nodiscard]] void* memory() const noexcept { return memory_; }

 private:
#if defined(_WIN32)
  void protect(DWORD protection) const {
    DWORD before = 0;
    if (VirtualProtect(memory_, bytes_, protection, &before) == 0) std::abort();
  }
#else
  void protect(int protection) const {
    if (mprotect(memory_, bytes_, protection) != 0) std::abort();
  }
#endif

  std::size_t bytes_ = 0;
  void* memory_ = nullptr;
};
