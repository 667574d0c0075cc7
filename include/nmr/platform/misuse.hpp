#pragma once
/// What happens when a caller breaks a rule that can be checked cheaply: it is always reported, in release builds too,
/// and never corrupts. The policy is told; the default one prints the report and aborts (report_misuse.hpp), and
/// NMR_MISUSE_HANDLER replaces that.
///
/// What a doc comment says is "trapped" is checked, and reported here.
///
/// If a handler returns, the operation that was misused has had no effect. Destructors are the exception: the object is
/// gone afterwards, and whoever still uses it uses what is not there.
#include <nmr/platform/config.hpp>

namespace nmr {

struct NMR_PUBLIC_TYPE MisuseReport {
  const char* object;  ///< type of the object, as spelt in the headers
  const char* operation;  ///< member function that was misused
  const char* rule;  ///< the rule that was broken, as one sentence
  const void* address;  ///< the object
};

}  // namespace nmr

#ifdef NMR_MISUSE_HANDLER
void NMR_MISUSE_HANDLER(const nmr::MisuseReport& report) noexcept;
#endif
