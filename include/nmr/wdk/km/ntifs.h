#pragma once
/// For code that includes <km/ntifs.h>.
#include <nmr/wdk/ntifs.h>
