// A driver with a rundown reference: built without a hosted implementation, exceptions or RTTI, and without anything that
// runs before or after it. tests/headers/check.py sees that its object file wants nothing but its kernel's functions.
#include "driver.h"
#include "policy.hpp"

namespace {

using Ref = nmr::BasicRundownRef<KernelPolicy>;

constinit Ref serving{Ref::BornRunDown{}};  // refuses until driver_start()
constinit int factor = 0;

constinit nmr::Completion stopped{[](nmr::Completion&, void*) noexcept { kernel_driver_stopped(); }, nullptr};

}  // namespace

void driver_start() {
  factor = 2;  // all is ready before the first request gets in
  serving.reinitialize();
}

bool driver_request(int value, int* answer) {
  const nmr::BasicRundownGuard<Ref> guard(serving);
  if (!guard) return false;
  *answer = value * factor;
  return true;
}

void driver_stop() {
  serving.run_down();
  factor = 0;  // nobody reads it any more
}

void driver_begin_stop() { (void)serving.begin_rundown(stopped); }
