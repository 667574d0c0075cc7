// What a driver would take of floors 0 and 1, compiled without exceptions, RTTI and guarded statics.
// tests/headers/check.py looks at the object file: nothing in it may ask for memory, for thread-local storage
// or for the C++ runtime.
#include <nmr/rundown/std_rundown.hpp>

struct Device {
  nmr::RundownRef ref;
  nmr::RundownRef closed{nmr::RundownRef::BornRunDown{}};
  int served = 0;
};

bool serve(Device& device) {
  const nmr::RundownGuard guard(device.ref);
  if (!guard) return false;
  ++device.served;
  return true;
}

bool serve_later(Device& device) { return device.ref.try_acquire(2); }

void served(Device& device) { device.ref.release(2); }

bool unload(Device& device, nmr::Completion& completion) {
  return device.ref.begin_rundown(completion) == nmr::RundownState::kDrained;
}

bool wait(Device& device) {
  if (device.ref.wait_for_rundown_until_ns(nmr::platform::now_ns() + 1'000'000)) return true;
  device.ref.wait_for_rundown();
  return device.ref.run_down_already();
}

void load_again(Device& device) {
  device.ref.reinitialize();
  device.closed.reinitialize();
}

void destroy(Device& device) { device.~Device(); }
