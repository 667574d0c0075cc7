#pragma once
/// For code that includes "../km/ntifs.h", with nmr/wdk among the include directories.
#include <nmr/wdk/ntifs.h>
