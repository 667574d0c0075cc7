#pragma once
/// For code that includes "../km/ntddk.h", with nmr/wdk among the include directories.
#include <nmr/wdk/ntddk.h>
