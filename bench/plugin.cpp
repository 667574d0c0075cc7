// A plug-in that calls through a handle of its host's. Built with default flags.
#include "plugin.hpp"

#include "often.hpp"

namespace {

struct Guarded {
  nmr::BindingHandle<EchoNpi>& handle;
  NMR_ALWAYS_INLINE int call(int value) noexcept {
    const auto guard = handle.try_call();
    return guard ? guard->echo(guard.context(), value) : -1;
  }
};
struct Bare {
  std::atomic<const EchoDispatch*>& table;
  NMR_ALWAYS_INLINE int call(int value) noexcept {
    return table.load(std::memory_order_relaxed)->echo(this, value);
  }
};

}  // namespace

double plugin_guarded(nmr::BindingHandle<EchoNpi>& handle, int times, std::size_t turn) {
  Guarded guarded{handle};
  return ns_per_call(guarded, times, turn);
}
double plugin_bare(std::atomic<const EchoDispatch*>& table, int times, std::size_t turn) {
  Bare bare{table};
  return ns_per_call(bare, times, turn);
}
