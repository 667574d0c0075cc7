#include "fuzz/registry_world.hpp"
#include "fuzz/scenarios.hpp"

void fuzz::run_registry(std::span<const std::uint8_t> input) {
  Bytes bytes(input);
  if (bytes.next() % 2 == 0) {
    RegistryWorld<nmr::PerThreadCalls>(bytes).run();
  } else {
    RegistryWorld<nmr::OneWordCalls>(bytes).run();
  }
}
