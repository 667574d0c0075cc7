#pragma once
/// For code that includes "../km/wdm.h", with nmr/wdk among the include directories.
#include <nmr/wdk/wdm.h>
