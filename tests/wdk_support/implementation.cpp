// The one file of this program that defines the Windows names.
#define NMR_WDK_IMPLEMENTATION
#include <wdm.h>
#include <wsk.h>
