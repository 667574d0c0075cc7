/* A driver's file in C that is built to be verified: what it acquires and releases is known by its lines. */
#define NMR_WDK_VERIFY_RUNDOWN
#include <wdm.h>

BOOLEAN verified_enter(PEX_RUNDOWN_REF ref);
int verified_line(void);
void verified_leave_through_pointer(PEX_RUNDOWN_REF ref);

BOOLEAN verified_enter(PEX_RUNDOWN_REF ref) { return ExAcquireRundownProtection(ref); }
int verified_line(void) { return __LINE__ - 1; }

static void(NTAPI* const kLeave)(PEX_RUNDOWN_REF) = ExReleaseRundownProtection;
void verified_leave_through_pointer(PEX_RUNDOWN_REF ref) { kLeave(ref); }
