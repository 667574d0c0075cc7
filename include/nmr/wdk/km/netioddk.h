#pragma once
/// For code that includes <km/netioddk.h>.
#include <nmr/wdk/netioddk.h>
