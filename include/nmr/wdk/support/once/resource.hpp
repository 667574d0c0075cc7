#pragma once
#include <nmr/platform/std_atomics.hpp>
#include <nmr/wdk/support/once/irql.hpp>
#include <nmr/wdk/support/once/parking.hpp>
#include <nmr/wdk/support/resource.h>

NMR_BEGIN_NAMESPACE
namespace wdk {

/// What is done to an ERESOURCE. Its state belongs to the mutex of its lot.
struct Resource {
  [[nodiscard]] static bool valid(PERESOURCE resource, const char* function, const void* caller) noexcept {
    if (!at_most(APC_LEVEL, "ERESOURCE", function, resource, caller)) return false;
    if (resource->Itself == resource) return true;
    nmr_wdk_misuse("ERESOURCE", function, "not initialised, or moved since", resource);
    return false;
  }

  [[nodiscard]] static BOOLEAN acquire(PERESOURCE resource, bool alone, bool wait, const char* function,
                                       const void* caller) noexcept {
    if (!valid(resource, function, caller)) return FALSE;
    void* const mine = &this_thread();
    Lot& lot = lot_of(resource);
    LockGuard lock(lot.mutex);
    while (resource->OwnerThread != mine &&
           (resource->OwnerThread != nullptr || (alone && resource->Shared != 0))) {
      if (!wait) return FALSE;
      lot.changed.wait(lot.mutex);
    }
    if (alone || resource->OwnerThread == mine) {
      resource->OwnerThread = mine;
      ++resource->Recursion;
    } else {
      ++resource->Shared;
    }
    return TRUE;
  }

  static void release(PERESOURCE resource, const char* function, const void* caller) noexcept {
    if (!valid(resource, function, caller)) return;
    Lot& lot = lot_of(resource);
    lot.mutex.lock();
    const bool owns = resource->OwnerThread == &this_thread();
    const bool held = owns || (resource->OwnerThread == nullptr && resource->Shared != 0);
    if (owns) {
      if (--resource->Recursion == 0) resource->OwnerThread = nullptr;
    } else if (held) {
      --resource->Shared;
    }
    lot.changed.notify_all();
    lot.mutex.unlock();
    if (!held) nmr_wdk_misuse("ERESOURCE", function, "released by a thread that does not hold it", resource);
  }
};

}  // namespace wdk
NMR_END_NAMESPACE

NTSTATUS ExInitializeResourceLite(PERESOURCE Resource) {
  *Resource = {Resource, nullptr, 0, 0};
  return STATUS_SUCCESS;
}
NTSTATUS ExDeleteResourceLite(PERESOURCE Resource) {
  if (!nmr::wdk::Resource::valid(Resource, "ExDeleteResourceLite", __builtin_return_address(0)))
    return STATUS_INVALID_PARAMETER;
  bool held = false;
  {
    nmr::LockGuard lock(nmr::wdk::lot_of(Resource).mutex);
    held = Resource->OwnerThread != nullptr || Resource->Shared != 0;
    if (!held) Resource->Itself = nullptr;
  }
  if (held) nmr_wdk_misuse("ERESOURCE", "ExDeleteResourceLite", "deleted while it is held", Resource);
  return held ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}
BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait) {
  return nmr::wdk::Resource::acquire(Resource, true, Wait != FALSE, "ExAcquireResourceExclusiveLite",
                                     __builtin_return_address(0));
}
BOOLEAN ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait) {
  return nmr::wdk::Resource::acquire(Resource, false, Wait != FALSE, "ExAcquireResourceSharedLite",
                                     __builtin_return_address(0));
}
VOID ExReleaseResourceLite(PERESOURCE Resource) {
  nmr::wdk::Resource::release(Resource, "ExReleaseResourceLite", __builtin_return_address(0));
}
PVOID ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource) {
  KeEnterCriticalRegion();
  (void)nmr::wdk::Resource::acquire(Resource, true, true, "ExEnterCriticalRegionAndAcquireResourceExclusive",
                                    __builtin_return_address(0));
  return nullptr;
}
PVOID ExEnterCriticalRegionAndAcquireResourceShared(PERESOURCE Resource) {
  KeEnterCriticalRegion();
  (void)nmr::wdk::Resource::acquire(Resource, false, true, "ExEnterCriticalRegionAndAcquireResourceShared",
                                    __builtin_return_address(0));
  return nullptr;
}
VOID ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource) {
  nmr::wdk::Resource::release(Resource, "ExReleaseResourceAndLeaveCriticalRegion",
                              __builtin_return_address(0));
  KeLeaveCriticalRegion();
}
