#pragma once
/// For code that includes <km/ntddk.h>.
#include <nmr/wdk/ntddk.h>
