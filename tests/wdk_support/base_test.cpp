#include <doctest/doctest.h>

#include <ntifs.h>
#include <wsk.h>

#include <nmr/platform/status.hpp>

#include "support/misuse.hpp"

extern "C" int nmr_test_base_c11();
extern "C" int nmr_test_base_c17();
// Each of these is defined where it is declared, in whatever order the words come.
const GUID DECLSPEC_SELECTANY kOne = {1, 2, 3, {4}};
DECLSPEC_SELECTANY GUID kTwo = {2, 2, 3, {4}};
extern "C" const GUID DECLSPEC_SELECTANY kThree = {3, 2, 3, {4}};
__declspec(selectany) extern const GUID kFour = {4, 2, 3, {4}};
// Two files in C define it too.
DEFINE_GUID(nmr_test_guid, 0x2227e803, 0x8d8b, 0x11d4, 0xab, 0xad, 0x00, 0x90, 0x27, 0x71, 0x9e, 0x09);

namespace {

constexpr bool same(NTSTATUS code, nmr::Status status) { return code == static_cast<NTSTATUS>(status); }
static_assert(same(STATUS_SUCCESS, nmr::Status::kSuccess) && same(STATUS_TIMEOUT, nmr::Status::kTimeout) &&
              same(STATUS_PENDING, nmr::Status::kPending) &&
              same(STATUS_INVALID_PARAMETER, nmr::Status::kInvalidParameter) &&
              same(STATUS_REVISION_MISMATCH, nmr::Status::kRevisionMismatch) &&
              same(STATUS_INSUFFICIENT_RESOURCES, nmr::Status::kInsufficientResources) &&
              same(STATUS_DEVICE_NOT_READY, nmr::Status::kDeviceNotReady) &&
              same(STATUS_NOT_SUPPORTED, nmr::Status::kNotSupported) &&
              same(STATUS_UNHANDLED_EXCEPTION, nmr::Status::kUnhandledException) &&
              same(STATUS_INVALID_DEVICE_STATE, nmr::Status::kInvalidDeviceState) &&
              same(STATUS_POSSIBLE_DEADLOCK, nmr::Status::kPossibleDeadlock) &&
              same(STATUS_NOT_FOUND, nmr::Status::kNotFound) &&
              same(STATUS_NOINTERFACE, nmr::Status::kNoInterface));

}  // namespace

TEST_CASE("R140: code in C, of 2011 and of 2017, uses what a file in C++ defines") {
  CHECK(nmr_test_base_c11() == 0);
  CHECK(nmr_test_base_c17() == 0);
}

TEST_CASE("R140: GUIDs are compared by value, and one that is defined twice is one") {
  GUID guid = nmr_test_guid;
  CHECK(guid == nmr_test_guid);
  CHECK(IsEqualGUID(guid, nmr_test_guid));
  CHECK(nmr_test_guid.Data1 == 0x2227e803);
  guid.Data4[7] = 0;
  CHECK_FALSE(InlineIsEqualGUID(guid, nmr_test_guid));
  CHECK(kOne.Data1 + kTwo.Data1 + kThree.Data1 + kFour.Data1 == 10);
}

TEST_CASE("R140: Windows' own modules and its sockets interface are who they are there") {
  CHECK(NPI_MS_IPV4_MODULEID.Type == MIT_GUID);
  CHECK(NPI_MS_IPV4_MODULEID.Guid.Data1 == 0xeb004a00);
  CHECK(NPI_MS_IPV6_MODULEID.Guid.Data1 == 0xeb004a01);
  CHECK(NmrIsEqualNpiModuleId(&NPI_MS_IPV4_MODULEID, &NPI_MS_IPV4_MODULEID) == TRUE);
  CHECK(NmrIsEqualNpiModuleId(&NPI_MS_IPV4_MODULEID, &NPI_MS_IPV6_MODULEID) == FALSE);
  CHECK(NPI_WSK_INTERFACE_ID == nmr_test_guid);
  CHECK(MAKE_WSK_VERSION(1, 2) == 0x102);
  CHECK(WSK_MAJOR_VERSION(0x102) == 1);
  CHECK(WSK_MINOR_VERSION(0x102) == 2);
}

TEST_CASE("R140: a verified expression is evaluated, and told as TRUE or FALSE") {
  int evaluated = 0;
  CHECK(NT_VERIFY(++evaluated == 1) == TRUE);
  ASSERT(evaluated == 1);
  CHECK(evaluated == 1);
}
