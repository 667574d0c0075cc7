#pragma once
#include <cstddef>

#include <nmr/registry/registry_state.hpp>

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
  friend struct BasicListing;

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

template <class Calls>
[[nodiscard]] RegistrationInfo info_of(const BasicRegistrationCore<Calls>& r) noexcept {
  const auto state = !r.deregistering            ? RegistrationState::kActive
                     : r.open.run_down_already() ? RegistrationState::kDeregistered
                                                 : RegistrationState::kDeregistering;
  return {r.side,     r.module.instance.npi_id, r.module.instance.module_id, r.module.instance.number, state,
          r.attached, r.open.approximate_refs()};
}
template <class Calls>
[[nodiscard]] BindingInfo info_of(const BasicBindingCore<Calls>& b) noexcept {
  return {b.id,
          b.client.registration.module.instance.module_id,
          b.provider.registration.module.instance.module_id,
          b.state,
          b.client.outgoing.refs().approximate_refs(),
          b.provider.outgoing.refs().approximate_refs()};
}

/// Takes what a registry has into a snapshot.
template <class Calls>
struct BasicListing {
  using State = BasicRegistryState<Calls>;

  /// Empties it and makes room. Throws std::bad_alloc.
  static void make_room(RegistrySnapshot& all, std::size_t registrations, std::size_t bindings) {
    all.registrations.make_room(registrations);
    all.bindings.make_room(bindings);
  }
  /// Returns whether there was room. Counts what there is.
  static bool copy_into(RegistrySnapshot& all, State& state, std::size_t& registrations,
                        std::size_t& bindings) noexcept {
    LockGuard lock(state.mutex);
    const typename State::RegistrationList* const lists[] = {&state.clients, &state.providers};
    registrations = bindings = 0;
    for (const auto* list : lists) {
      for (const auto* r = list->first; r != nullptr; r = r->next) ++registrations;
    }
    for (const auto* client = state.clients.first; client != nullptr; client = client->next) {
      for (const auto* b = client->first_binding; b != nullptr; b = b->client.next) ++bindings;
    }
    if (registrations > all.registrations.room_ || bindings > all.bindings.room_) return false;
    for (const auto* list : lists) {
      for (const auto* r = list->first; r != nullptr; r = r->next) all.registrations.add(info_of(*r));
    }
    for (const auto* client = state.clients.first; client != nullptr; client = client->next) {
      for (const auto* b = client->first_binding; b != nullptr; b = b->client.next)
        all.bindings.add(info_of(*b));
    }
    return true;
  }
};

NMR_END_NAMESPACE
