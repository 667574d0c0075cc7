#pragma once
/// What drivers use beside network modules, in user mode: so that their files compile, and do what they say.
///
///   you need                                           page
///   InterlockedIncrement ...                           support/interlocked.h
///   KeRaiseIrql, KeGetCurrentIrql, PAGED_CODE          support/irql.h
///   KSPIN_LOCK, EX_SPIN_LOCK, EX_PUSH_LOCK             support/locks.h
///   ERESOURCE                                          support/resource.h
///   KEVENT, KMUTEX, KeWaitForSingleObject              support/wait.h
///   KTIMER, KDPC                                       support/timers.h
///   ExAllocatePool2, ExFreePoolWithTag ...             support/pool.h
///   IoQueueWorkItem, DRIVER_OBJECT                     support/work_items.h
///   LIST_ENTRY                                         support/lists.h
///   RtlZeroMemory, RtlCompareMemory ...                support/runtime.h
///   processors, threads, clocks                        support/machine.h
///   to know in a test what was left behind             support/verifier.hpp
///   and who holds rundown protection                   rundown_verified.h
///
/// To compile a driver's file as it is: -I include -I include/nmr/wdk, and -Wno-multichar -Wno-unknown-pragmas for its
/// tags and pragmas. Includes of "../km/netioddk.h" are found so, too.
///
/// One unit of the program defines NMR_WDK_IMPLEMENTATION before it includes this: it has the definitions, of C++20. All
/// other files may be of C11 or C++20. A plug-in has none of its own, and links to its host's: that exports them
/// (-rdynamic). What is not here does not compile.
#include <nmr/wdk/support/interlocked.h>
#include <nmr/wdk/support/irql.h>
#include <nmr/wdk/support/lists.h>
#include <nmr/wdk/support/locks.h>
#include <nmr/wdk/support/machine.h>
#include <nmr/wdk/support/pool.h>
#include <nmr/wdk/support/resource.h>
#include <nmr/wdk/support/runtime.h>
#include <nmr/wdk/support/timers.h>
#include <nmr/wdk/support/wait.h>
#include <nmr/wdk/support/work_items.h>

#if defined(NMR_WDK_IMPLEMENTATION) && defined(__cplusplus)
#include <nmr/wdk/support/once/irql.hpp>
#include <nmr/wdk/support/once/locks.hpp>
#include <nmr/wdk/support/once/machine.hpp>
#include <nmr/wdk/support/once/pool.hpp>
#include <nmr/wdk/support/once/resource.hpp>
#include <nmr/wdk/support/once/timers.hpp>
#include <nmr/wdk/support/once/wait.hpp>
#include <nmr/wdk/support/once/work_items.hpp>

#include <nmr/wdk/implementation.hpp>
#endif
