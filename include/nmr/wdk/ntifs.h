#pragma once
/// As wdm.h.
#include <nmr/wdk/ntddk.h>
