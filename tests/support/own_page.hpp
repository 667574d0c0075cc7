#pragma once
/// An object in pages of its own, that are taken away when it ends: whoever touches it then faults, on the spot and
/// without a sanitizer.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include <nmr/platform/completion.hpp>

template <class T>
class OwnPage {
 public:
  template <class... Arguments>
  explicit OwnPage(Arguments&&... arguments) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    bytes_ = (sizeof(T) + page - 1) / page * page;
    pages_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages_ == MAP_FAILED) std::abort();
    object_ = new (pages_) T(std::forward<Arguments>(arguments)...);
  }
  OwnPage(const OwnPage&) = delete;
  OwnPage& operator=(const OwnPage&) = delete;
  ~OwnPage() {
    if (object_ != nullptr) end();
    munmap(pages_, bytes_);
  }

  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  [[nodiscard]] bool ended() const noexcept { return object_ == nullptr; }

  void end() noexcept {
    std::destroy_at(std::exchange(object_, nullptr));
    protect(PROT_NONE);
  }

  /// From here on whoever writes to it faults.
  void lock() const noexcept { protect(PROT_READ); }
  void unlock() const noexcept { protect(PROT_READ | PROT_WRITE); }

 private:
  void protect(int protection) const noexcept {
    if (mprotect(pages_, bytes_, protection) != 0) std::abort();
  }

  std::size_t bytes_ = 0;
  void* pages_ = nullptr;
  T* object_ = nullptr;
};

/// Ends an object, and takes its pages away.
template <class T>
struct EndsPage : nmr::Completion {
  explicit EndsPage(OwnPage<T>& which) noexcept : Completion(&end, this), page(which) {}
  static void end(Completion&, void* self) noexcept { static_cast<EndsPage*>(self)->page.end(); }
  OwnPage<T>& page;
};
