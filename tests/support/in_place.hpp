#pragma once
/// An object that a test ends before others that use it: its memory stays, so that what they still do to it harms
/// nobody.
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

template <class T>
class InPlace {
 public:
  template <class... Arguments>
  explicit InPlace(Arguments&&... arguments)
      : object_(new(memory_) T(std::forward<Arguments>(arguments)...)) {}
  InPlace(const InPlace&) = delete;
  InPlace& operator=(const InPlace&) = delete;
  ~InPlace() {
    if (object_ != nullptr) end();
  }

  T& operator*() noexcept { return *object_; }
  T* operator->() noexcept { return object_; }

  void end() noexcept { std::destroy_at(std::exchange(object_, nullptr)); }
  /// From here on nobody ends it.
  void forget() noexcept { object_ = nullptr; }

 private:
  alignas(T) std::byte memory_[sizeof(T)];
  T* object_;
};
