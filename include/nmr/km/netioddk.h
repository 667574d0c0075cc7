#pragma once
/// For code that includes "../km/netioddk.h", with nmr/wdk among the include directories.
#include <nmr/wdk/netioddk.h>
