// A libFuzzer target of one scenario: NMR_FUZZ_SCENARIO.
#include <cstddef>

#include "fuzz/scenarios.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)fuzz::NMR_FUZZ_SCENARIO({data, size});
  return 0;
}
