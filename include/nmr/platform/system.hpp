#pragma once
/// What the default policy wants of the system, one file for each: Mutex, Condition, SignalBlock, now_ns(),
/// sleep_for_ns(), yield_thread(), processor_count() and write_error(). Not `<mutex>` and `<condition_variable>` where it
/// can be helped: those pull in `<chrono>` and more than double the compile time of a header that a driver includes for
/// one word.
#if defined(__unix__) || defined(__APPLE__)
#include <nmr/platform/system_posix.hpp>
#elif defined(_WIN32)
#include <nmr/platform/system_windows.hpp>
#else
#include <nmr/platform/system_std.hpp>
#endif

NMR_BEGIN_NAMESPACE
namespace platform {

#if defined(__unix__) || defined(__APPLE__)
using namespace posix;
#elif defined(_WIN32)
using namespace windows;
#else
using namespace standard;
#endif

}  // namespace platform
NMR_END_NAMESPACE
