#pragma once
/// For code that includes "../km/wsk.h", with nmr/wdk among the include directories.
#include <nmr/wdk/wsk.h>
