#pragma once
/// For code that includes <km/wsk.h>.
#include <nmr/wdk/wsk.h>
