// The one file of the tests that defines the Windows names.
#define NMR_WDK_IMPLEMENTATION
#include <netioddk.h>
