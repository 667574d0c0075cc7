// What the compiler calls at the beginning of each basic block of the files that are built with it.
#include "calls/steps.hpp"

namespace {
unsigned long count = 0;
}

extern "C" void __sanitizer_cov_trace_pc() { ++count; }

unsigned long steps() { return count; }
