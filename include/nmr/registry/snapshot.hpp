#pragma once
#include <cstddef>

#include <nmr/registry/binding_core.hpp>
#include <nmr/registry/registration_core.hpp>

NMR_BEGIN_NAMESPACE

enum class RegistrationState : std::uint8_t { kActive, kDeregistering, kDeregistered };

struct NMR_PUBLIC_TYPE RegistrationInfo {
  ModuleSide side;
  NpiId npi_id;
  ModuleId module_id;
  std::uint32_t number;
  RegistrationState state;
  std::size_t attached;         ///< bindings in state kAttached
  std::size_t references_open;  ///< what deregistration still waits for: bindings, and threads that offer it
};

struct NMR_PUBLIC_TYPE BindingInfo {
  BindingId id;
  ModuleId client;
  ModuleId provider;
  BindingState state;
  /// What keeps each side from being done: holds, a DetachCompletion that is kept, a callback that runs; and
  /// one for all calls in flight together. 0 if it is done, or was never attached.
  std::size_t client_references;
  std::size_t provider_references;
};

/// The elements of a snapshot. Not a std::vector, whose functions would be visible outside the image that takes the
/// snapshot, and others with other settings.
template <class T>
class NMR_PUBLIC_TYPE SnapshotList {
 public:
  SnapshotList() noexcept = default;
  SnapshotList(SnapshotList&& other) noexcept { take(other); }
  SnapshotList& operator=(SnapshotList&& other) noexcept {
    if (this == &other) return *this;
    delete[] first_;
    take(other);
    return *this;
  }
  ~SnapshotList() { delete[] first_; }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] const T* data() const noexcept { return first_; }
  [[nodiscard]] const T* begin() const noexcept { return first_; }
  [[nodiscard]] const T* end() const noexcept { return first_ + size_; }
  /// Precondition  index < size().
  [[nodiscard]] const T& operator[](std::size_t index) const noexcept { return first_[index]; }

 private:
  template <class Calls>
  friend class BasicRegistryCore;

  /// Empties it and makes room. Throws std::bad_alloc.
  void make_room(std::size_t room) {
    delete[] first_;
    first_ = nullptr;
    size_ = room_ = 0;
    first_ = new T[room];
    room_ = room;
  }
  void take(SnapshotList& other) noexcept {
    first_ = other.first_;
    size_ = other.size_;
    room_ = other.room_;
    other.first_ = nullptr;
    other.size_ = other.room_ = 0;
  }
  void add(const T& element) noexcept { first_[size_++] = element; }

  T* first_ = nullptr;
  std::size_t size_ = 0;
  std::size_t room_ = 0;
};

/// A registry as it was at one moment.
struct NMR_PUBLIC_TYPE RegistrySnapshot {
  SnapshotList<RegistrationInfo> registrations;
  SnapshotList<BindingInfo> bindings;
};

NMR_END_NAMESPACE
