#pragma once
/// For code that includes <km/wdm.h>.
#include <nmr/wdk/wdm.h>
