// What code in C does with the Windows names; and what it takes to be declared in C++ alone.
#include <doctest/doctest.h>

#include <netioddk.h>

extern "C" int nmr_test_names_in_c_11();
extern "C" int nmr_test_names_in_c_17();

TEST_CASE("R130: code in C registers, attaches, detaches and runs down, as C11 and as C17") {
  CHECK(nmr_test_names_in_c_11() == 0);
  CHECK(nmr_test_names_in_c_17() == 0);
}

TEST_CASE("R138: module identifiers are equal if they are of one kind and have one value") {
  NPI_MODULEID one{sizeof(NPI_MODULEID), MIT_GUID, {{1, 2, 3, {4}}}};
  NPI_MODULEID other = one;
  CHECK(NmrIsEqualNpiModuleId(&one, &other) == TRUE);
  other.Guid.Data4[7] = 1;
  CHECK(NmrIsEqualNpiModuleId(&one, &other) == FALSE);
  other = one;
  other.Type = MIT_IF_LUID;
  CHECK(NmrIsEqualNpiModuleId(&one, &other) == FALSE);
  one.Type = MIT_IF_LUID;
  one.Guid.Data4[7] = 9;  // behind the identifier that counts
  CHECK(NmrIsEqualNpiModuleId(&one, &other) == TRUE);
  one.IfLuid.HighPart = 77;
  CHECK(NmrIsEqualNpiModuleId(&one, &other) == FALSE);
}

TEST_CASE("R137: a process may end with modules registered, as this one does") {
  static constexpr NPIID kUnused{0x0ddba11, 0, 0, {}};
  static const NPI_CLIENT_CHARACTERISTICS kStays{
      0,
      sizeof(NPI_CLIENT_CHARACTERISTICS),
      [](HANDLE, PVOID, PNPI_REGISTRATION_INSTANCE) { return NTSTATUS{STATUS_NOINTERFACE}; },
      [](PVOID) { return NTSTATUS{STATUS_SUCCESS}; },
      nullptr,
      {0, sizeof(NPI_REGISTRATION_INSTANCE), &kUnused, nullptr, 0, nullptr}};
  HANDLE stays = nullptr;
  CHECK(NmrRegisterClient(&kStays, nullptr, &stays) == STATUS_SUCCESS);
}
