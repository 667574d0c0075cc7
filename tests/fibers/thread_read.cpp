// What tests/fibers/loads.py disassembles: two calls, and something in between that the compiler does not know.
#include <nmr/binding.hpp>

struct EchoNpi {
  struct ProviderDispatch {
    int (*echo)(void* context, int value);
  };
};

extern "C" void opaque();
extern "C" int call_twice(nmr::BindingHandle<EchoNpi>& handle);
extern "C" int call_twice(nmr::BindingHandle<EchoNpi>& handle) {
  int sum = 0;
  if (const auto guard = handle.try_call()) sum += guard->echo(guard.context(), 1);
  opaque();
  if (const auto guard = handle.try_call()) sum += guard->echo(guard.context(), 2);
  return sum;
}
