// The whole of its host: loads it, calls it, unloads it, and looks whether it has gone.
//
//   plugin_host PLUGIN.so
#include <dlfcn.h>

#include "adder.hpp"

struct Adder;  // of the plug-in

int main(int argc, char** argv) {
  nmr::NmrRegistry<AdderNpi> registry;
  nmr::Client<AdderNpi> client(registry, nmr::ModuleId(1));
  void* const library = argc == 2 ? dlopen(argv[1], RTLD_NOW) : nullptr;
  if (library == nullptr) return 1;
  Adder* adder = reinterpret_cast<Adder* (*)(nmr::NmrRegistry<AdderNpi>&)>(dlsym(library, "start"))(registry);
  const auto sum = client.call<&AdderNpi::ProviderDispatch::add>(1);
  reinterpret_cast<void (*)(Adder*)>(dlsym(library, "stop"))(adder);
  return dlclose(library) == 0 && !dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD) && sum == 6 ? 0 : 1;
}
