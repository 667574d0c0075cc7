#pragma once
/// As wdm.h.
#include <nmr/wdk/wdm.h>
