#pragma once
#include <nmr/platform/status.hpp>

NMR_BEGIN_NAMESPACE
namespace platform {

/// Calls a callback that returns a Status and may throw. Returns its status, or kUnhandledException: an
/// exception must not cross a registry, whose other bindings go on.
template <class F>
Status contain(F callback) noexcept {
#if defined(__cpp_exceptions)
  try {
    return callback();
  } catch (...) {
    return Status::kUnhandledException;
  }
#else
  return callback();
#endif
}

}  // namespace platform
NMR_END_NAMESPACE
