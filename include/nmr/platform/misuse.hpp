#pragma once
/// What happens when a caller breaks a rule that can be checked cheaply: it is always reported, in release builds too,
/// and never corrupts. The default prints the report and aborts; NMR_MISUSE_HANDLER replaces it.
///
/// What a doc comment says is "trapped" is checked, and reported here.
///
/// If a handler returns, the operation that was misused has had no effect. Destructors are the exception: the object is
/// gone afterwards, and whoever still uses it uses what is not there.
#include <cstdio>
#include <cstdlib>

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

NMR_BEGIN_NAMESPACE

// Not declared noreturn: a handler may return, and what is built with the default is not to be other code.
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wmissing-noreturn"
#endif
NMR_COLD inline void report_misuse(const MisuseReport& report) noexcept {
#ifdef NMR_MISUSE_HANDLER
  ::NMR_MISUSE_HANDLER(report);
#else
  std::fprintf(stderr, "nmr: misuse of %s %p in %s: %s\n", report.object, report.address, report.operation,
               report.rule);
  std::abort();
#endif
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

NMR_END_NAMESPACE
