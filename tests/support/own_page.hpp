#pragma once
/// An object in pages of its own, that are taken away when it ends: whoever touches it then faults.
#include <memory>
#include <new>
#include <utility>

#include <nmr/platform/completion.hpp>

#include "support/pages.hpp"

template <class T>
class OwnPage {
 public:
  template <class... Arguments>
  explicit OwnPage(Arguments&&... arguments)
      : object_(new(pages_.memory()) T(std::forward<Arguments>(arguments)...)) {}
  OwnPage(const OwnPage&) = delete;
  OwnPage& operator=(const OwnPage&) = delete;
  ~OwnPage() {
    if (object_ != nullptr) end();
  }

  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  [[nodiscard]] bool ended() const noexcept { return object_ == nullptr; }

  void end() noexcept {
    std::destroy_at(std::exchange(object_, nullptr));
    pages_.allow_nothing();
  }

  /// From here on whoever writes to it faults.
  void lock() const noexcept { pages_.allow_reading(); }
  void unlock() const noexcept { pages_.allow_writing(); }

 private:
  Pages pages_{sizeof(T)};
  T* object_;
};

/// Ends an object, and takes its pages away.
template <class T>
struct EndsPage : nmr::Completion {
  explicit EndsPage(OwnPage<T>& which) noexcept : Completion(&end, this), page(which) {}
  static void end(Completion&, void* self) noexcept { static_cast<EndsPage*>(self)->page.end(); }
  OwnPage<T>& page;
};
