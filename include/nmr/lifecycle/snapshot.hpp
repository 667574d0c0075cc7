#pragma once
#include <cstddef>
#include <new>
#include <type_traits>
#include <nmr/platform/pointer.hpp>

#include <nmr/lifecycle/registry_state.hpp>

NMR_BEGIN_NAMESPACE

namespace detail {
template <CallsPolicy Calls>
struct Listing;
}

enum class RegistrationState : std::uint8_t { kActive, kDeregistering, kDeregistered };

/// Returns its name, or null for what is no state.
[[nodiscard]] constexpr const char* to_string(RegistrationState state) noexcept {
  switch (state) {
    case RegistrationState::kActive: return "kActive";
    case RegistrationState::kDeregistering: return "kDeregistering";
    case RegistrationState::kDeregistered: return "kDeregistered";
  }
  return nullptr;
}

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
  NMR_LOCAL SnapshotList() noexcept = default;
  NMR_LOCAL SnapshotList(SnapshotList&& other) noexcept { take(other); }
  NMR_LOCAL SnapshotList& operator=(SnapshotList&& other) noexcept {
    if (this == &other) return *this;
    ::operator delete(first_);
    take(other);
    return *this;
  }
  NMR_LOCAL ~SnapshotList() { ::operator delete(first_); }

  [[nodiscard]] NMR_LOCAL std::size_t size() const noexcept { return size_; }
  [[nodiscard]] NMR_LOCAL bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] NMR_LOCAL const T* data() const noexcept { return first_; }
  [[nodiscard]] NMR_LOCAL const T* begin() const noexcept { return first_; }
  [[nodiscard]] NMR_LOCAL const T* end() const noexcept { return first_ + size_; }
  /// Precondition  index < size().
  [[nodiscard]] NMR_LOCAL const T& operator[](std::size_t index) const noexcept { return first_[index]; }

 private:
  template <CallsPolicy Calls>
  friend struct detail::Listing;

  /// Empties it and makes room. Throws std::bad_alloc.
  NMR_LOCAL void make_room(std::size_t room) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= alignof(std::max_align_t));
    ::operator delete(first_);
    first_ = nullptr;
    size_ = room_ = 0;
    first_ = static_cast<T*>(::operator new(room * sizeof(T)));
    room_ = room;
  }
  NMR_LOCAL void take(SnapshotList& other) noexcept {
    first_ = other.first_;
    size_ = other.size_;
    room_ = other.room_;
    other.first_ = nullptr;
    other.size_ = other.room_ = 0;
  }
  NMR_LOCAL void add(const T& element) noexcept { new (platform::At{first_ + size_++}) T(element); }

  T* first_ = nullptr;
  std::size_t size_ = 0;
  std::size_t room_ = 0;
};

/// A registry as it was at one moment.
struct NMR_PUBLIC_TYPE RegistrySnapshot {
  NMR_LOCAL RegistrySnapshot() noexcept = default;
  NMR_LOCAL RegistrySnapshot(RegistrySnapshot&&) noexcept = default;
  NMR_LOCAL RegistrySnapshot& operator=(RegistrySnapshot&&) noexcept = default;
  NMR_LOCAL ~RegistrySnapshot() = default;

  SnapshotList<RegistrationInfo> registrations;
  SnapshotList<BindingInfo> bindings;
};

namespace detail {

template <CallsPolicy Calls>
[[nodiscard]] RegistrationInfo info_of(const RegistrationCore<Calls>& r) noexcept {
  const auto state = !r.deregistering            ? RegistrationState::kActive
                     : r.open.run_down_already() ? RegistrationState::kDeregistered
                                                 : RegistrationState::kDeregistering;
  return {r.side,     r.module.instance.npi_id, r.module.instance.module_id, r.module.instance.number, state,
          r.attached, r.open.approximate_refs()};
}
template <CallsPolicy Calls>
[[nodiscard]] BindingInfo info_of(const BindingCore<Calls>& b) noexcept {
  return {b.id,
          b.client.registration.module.instance.module_id,
          b.provider.registration.module.instance.module_id,
          b.state,
          b.client.outgoing.refs().approximate_refs(),
          b.provider.outgoing.refs().approximate_refs()};
}

/// Takes what a registry has into a snapshot.
template <CallsPolicy Calls>
struct Listing {
  using State = RegistryState<Calls>;

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

}  // namespace detail
NMR_END_NAMESPACE
