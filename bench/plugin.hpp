#pragma once
#include <atomic>
#include <cstddef>

#include "echo.hpp"

extern "C" {

/// Return the CPU time in ns of one call, of `times` made by code of the plug-in;
/// `turn` counts up, see often.hpp.
double plugin_guarded(nmr::BindingHandle<EchoNpi>& handle, int times, std::size_t turn);
double plugin_bare(std::atomic<const EchoDispatch*>& table, int times, std::size_t turn);
}
