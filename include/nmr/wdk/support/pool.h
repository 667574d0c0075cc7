#pragma once
/// Memory with tags. Each block is one of malloc()'s, so that sanitizers see what is done to it; its tag, its size and
/// the address that it was asked for from are kept apart, and a test may ask for them: see verifier.hpp.
///
/// Returns null where there is no memory. Reported as misuse, without effect: to free what is no block, or no more; with
/// another tag than its own; a block of 0 bytes or tag 0 asked of ExAllocatePool2(); paged pool above APC_LEVEL, any
/// pool above DISPATCH_LEVEL.
#include <nmr/wdk/support/irql.h>

typedef ULONG64 POOL_FLAGS;
#define POOL_FLAG_USE_QUOTA 0x0000000000000001ull
#define POOL_FLAG_UNINITIALIZED 0x0000000000000002ull
#define POOL_FLAG_SESSION 0x0000000000000004ull
#define POOL_FLAG_CACHE_ALIGNED 0x0000000000000008ull
#define POOL_FLAG_NON_PAGED 0x0000000000000040ull
#define POOL_FLAG_NON_PAGED_EXECUTE 0x0000000000000080ull
#define POOL_FLAG_PAGED 0x0000000000000100ull

/// Zeroed, but with POOL_FLAG_UNINITIALIZED.
NMR_WDK_API PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);
NMR_WDK_API PVOID ExAllocatePoolZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
NMR_WDK_API PVOID ExAllocatePoolUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
NMR_WDK_API PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
NMR_WDK_API PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes);
NMR_WDK_API VOID ExFreePool(PVOID P);
NMR_WDK_API VOID ExFreePoolWithTag(PVOID P, ULONG Tag);
