#include <doctest/doctest.h>

#include <wdm.h>

#include <nmr/wdk/support/verifier.hpp>

#include "platform/threads.hpp"
#include "support/misuse.hpp"
#include "wdk_support/driver/tap.h"
#include "wdk_support/levels.hpp"

// The driver is in this program three times: as C of two years and as C++.
extern "C" DRIVER_INITIALIZE DriverEntry11;
extern "C" DRIVER_INITIALIZE DriverEntry17;
extern "C" DRIVER_INITIALIZE DriverEntry20;

namespace {

/// Provides the tap interface: shows the tap something, and counts what is acknowledged.
class Shows {
 public:
  Shows() {
    characteristics_.Length = sizeof characteristics_;
    characteristics_.ProviderAttachClient = &attach;
    characteristics_.ProviderDetachClient = &detach;
    characteristics_.ProviderRegistrationInstance = {
        0, sizeof(NPI_REGISTRATION_INSTANCE), &NPI_TAP_ID, &id_, 0, nullptr};
    REQUIRE(NmrRegisterProvider(&characteristics_, this, &handle_) == STATUS_SUCCESS);
  }
  Shows(const Shows&) = delete;
  Shows& operator=(const Shows&) = delete;
  ~Shows() {
    if (handle_ != nullptr) leave();
  }

  void leave() {
    CHECK(NmrDeregisterProvider(handle_) == STATUS_PENDING);
    CHECK(NmrWaitForProviderDeregisterComplete(handle_) == STATUS_SUCCESS);
    handle_ = nullptr;
  }

  /// As a network would, at DISPATCH_LEVEL. Returns what the tap says, and STATUS_DELETE_PENDING where it is gone.
  NTSTATUS show(UCHAR what) {
    const AtLevel dispatch(DISPATCH_LEVEL);
    if (!ExAcquireRundownProtection(&shown_)) return STATUS_DELETE_PENDING;
    const NTSTATUS status = client_->Indicate(context_, &what, 1);
    ExReleaseRundownProtection(&shown_);
    return status;
  }

  bool attached = false;
  LONG sum = 0;

 private:
  static NTSTATUS attach(HANDLE, PVOID self, PNPI_REGISTRATION_INSTANCE, PVOID context, const void* dispatch,
                         PVOID* own_context, const void** own_dispatch) {
    auto& shows = *static_cast<Shows*>(self);
    shows.client_ = static_cast<const TAP_CLIENT_DISPATCH*>(dispatch);
    shows.context_ = context;
    shows.attached = true;
    *own_context = self;
    *own_dispatch = &shows.dispatch_;
    return STATUS_SUCCESS;
  }
  static NTSTATUS detach(PVOID self) {
    ExWaitForRundownProtectionRelease(&static_cast<Shows*>(self)->shown_);
    return STATUS_SUCCESS;
  }
  static NTSTATUS acknowledge(PVOID self, const UCHAR* data, SIZE_T length) {
    InterlockedAdd(&static_cast<Shows*>(self)->sum, length == 1 ? *data : 1'000'000);
    return STATUS_SUCCESS;
  }

  NPI_MODULEID id_{sizeof(NPI_MODULEID), MIT_GUID, {{1, 2, 3, {}}}};
  NPI_PROVIDER_CHARACTERISTICS characteristics_{};
  TAP_PROVIDER_DISPATCH dispatch_{TAP_VERSION_1, &acknowledge};
  const TAP_CLIENT_DISPATCH* client_ = nullptr;
  void* context_ = nullptr;
  EX_RUNDOWN_REF shown_{};
  HANDLE handle_ = nullptr;
};

}  // namespace

TEST_CASE(
    "R158: a driver's file runs as it is, in C and in C++: what it took is acknowledged, and nothing is "
    "left") {
  for (const PDRIVER_INITIALIZE entry : {&DriverEntry11, &DriverEntry17, &DriverEntry20}) {
    DEVICE_OBJECT device{};
    DRIVER_OBJECT driver{&device, nullptr};
    UNICODE_STRING path{};
    Shows shows;
    REQUIRE(entry(&driver, &path) == STATUS_SUCCESS);
    REQUIRE(shows.attached);
    LONG taken = 0;
    Threads(3, [&](int) {
      for (int i = 0; i < 500; ++i) {
        if (shows.show(3) == STATUS_SUCCESS) InterlockedAdd(&taken, 3);
      }
    }).join();
    CHECK(taken == 3 * 500 * 3);
    driver.DriverUnload(&driver);
    nmr::wdk::wait_for_work_items();
    CHECK(shows.sum == taken);
    CHECK(nmr::wdk::report_pool_leaks() == 0);
    CHECK(nmr::wdk::report_rundown_leaks() == 0);
  }
}

TEST_CASE("R158: it may be unloaded, and its provider may leave, while threads show it something") {
  for (int turn = 0; turn < 40; ++turn) {
    DEVICE_OBJECT device{};
    DRIVER_OBJECT driver{&device, nullptr};
    UNICODE_STRING path{};
    Shows shows;
    REQUIRE((turn % 4 < 2 ? DriverEntry11 : DriverEntry20)(&driver, &path) == STATUS_SUCCESS);
    REQUIRE(shows.attached);
    LONG taken = 0;
    Threads threads(2, [&](int) {
      while (shows.show(1) == STATUS_SUCCESS) InterlockedIncrement(&taken);
    });
    spin_until([&] { return ReadAcquire(&taken) >= 20; });
    if (turn % 2 == 0) {
      driver.DriverUnload(&driver);
    } else {
      shows.leave();
    }
    threads.join();
    CHECK(shows.sum == taken);
    if (turn % 2 != 0) driver.DriverUnload(&driver);
    nmr::wdk::wait_for_work_items();
    CHECK(nmr::wdk::report_pool_leaks() == 0);
    CHECK(nmr::wdk::report_rundown_leaks() == 0);
  }
}
