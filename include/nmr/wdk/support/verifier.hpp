#pragma once
/// For tests of driver code: what it has left behind.
#include <cstddef>

#include <nmr/platform/config.hpp>
#include <nmr/wdk/ntdef.h>

NMR_BEGIN_NAMESPACE
namespace wdk {

struct PoolUse {
  std::size_t blocks;
  std::size_t bytes;
};

/// Returns what is allocated with a tag and not freed yet; with tag 0, with any.
[[nodiscard]] PoolUse pool_in_use(ULONG tag = 0);

/// Reports each block with that tag that is not freed yet as misuse of the pool, with its tag and the address that it
/// was asked for from. Returns how many those are.
std::size_t report_pool_leaks(ULONG tag = 0);

/// Reports each rundown reference that is held now, of files that are built with NMR_WDK_VERIFY_RUNDOWN, with the places
/// that have acquired and released: at the end of a test, or where a wait does not end. Returns how many objects have some.
std::size_t report_rundown_leaks();

/// Waits until no work item is queued and no routine of one runs. Not to be called in one.
void wait_for_work_items();

}  // namespace wdk
NMR_END_NAMESPACE
