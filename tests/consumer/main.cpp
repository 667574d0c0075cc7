// What somebody else's project might do with the library; built against it in every way that it can be found.
#include <nmr/rundown.hpp>

static_assert(NMR_VERSION_MAJOR == 0);

int main() {
  nmr::RundownRef ref;
  {
    const auto guard = nmr::try_guard(ref);
    if (!guard) return 1;
  }
  ref.run_down();
  return ref.try_acquire() ? 1 : 0;
}
