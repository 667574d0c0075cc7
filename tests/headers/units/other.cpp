// The unit that is built with other settings than main.cpp.
#include "units.hpp"

const Unit& built_otherwise() noexcept { return kThisUnit; }
