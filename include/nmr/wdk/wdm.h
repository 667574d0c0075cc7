#pragma once
/// Of the driver kit's header of this name what code around network modules uses: see driver_support.h for what that is,
/// and rundown.h for rundown protection. No requests (IRP), no devices that could be opened, no registry.
#include <nmr/wdk/driver_support.h>
#include <nmr/wdk/ntdef.h>
#include <nmr/wdk/rundown.h>
