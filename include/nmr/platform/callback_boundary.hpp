#pragma once
#include <cstdlib>

#include <nmr/platform/report_misuse.hpp>
#include <nmr/platform/status.hpp>

#if defined(__cpp_exceptions) && (defined(__GLIBCXX__) || defined(_LIBCPP_VERSION))
#include <cxxabi.h>
#endif

// There is no object behind an unwinding that is forced: what is caught is a reference to nothing.
#if defined(__GNUC__)
#define NMR_CATCHES_FORCED_UNWINDING __attribute__((no_sanitize("null")))
#else
#define NMR_CATCHES_FORCED_UNWINDING
#endif

NMR_BEGIN_NAMESPACE
namespace platform {

/// How a translation unit was built. What depends on it is a template of it, by a default argument: so that it
/// has another name in a unit that was built otherwise, and the linker lends no unit the other's code.
struct UnitWithExceptions {
  enum : bool { kUnwinds = true };
};
struct UnitWithoutExceptions {
  enum : bool { kUnwinds = false };
};

/// Calls of functions that may throw, or whose thread may be ended in them.
///
///   contain(f, passes, report)   calls `f`, which returns a Status and may throw. Returns its status, or
///                                kUnhandledException: an exception must not cross a registry, whose other
///                                bindings go on. The unwinding of a thread that ends (pthread_exit,
///                                cancellation) is no exception and cannot be stopped: it passes, if the
///                                frames below can be unwound, else it is reported and the program aborted.
///   translate(f, otherwise)      calls `f`, and `otherwise` inside the handler if it throws. Returns what they do.
///   bar(f, report)               calls `f`, which must not end by unwinding, and reports it if it does.
template <class Unit>
struct Callbacks;

#if defined(__cpp_exceptions)

using ThisUnit = UnitWithExceptions;

template <>
struct Callbacks<UnitWithExceptions> {
  template <class F>
  NMR_CATCHES_FORCED_UNWINDING static Status contain(F f, bool passes, const MisuseReport& report) {
    try {
      return f();
#if defined(__GLIBCXX__)
    } catch (abi::__forced_unwind&) {
      if (!passes) stop(report);
      throw;
#endif
    } catch (...) {
#if defined(_LIBCPP_VERSION)
      if (abi::__cxa_current_exception_type() == nullptr) {  // of no language that could be contained
        if (!passes) stop(report);
        throw;
      }
#endif
      return Status::kUnhandledException;
    }
  }

  template <class Result, class F, class G>
  NMR_CATCHES_FORCED_UNWINDING static Result translate(F& f, G& otherwise) {
    try {
      return f();
#if defined(__GLIBCXX__)
    } catch (abi::__forced_unwind&) {
      throw;
#endif
    } catch (...) {
      return otherwise();
    }
  }

  template <class F>
  static void bar(F f, const MisuseReport& report) noexcept {
    try {
      f();
    } catch (...) {
      stop(report);
    }
  }

 private:
  [[noreturn]] static void stop(const MisuseReport& report) noexcept {
    report_misuse(report);
    std::abort();  // what was caught cannot be dropped
  }
};

#else

using ThisUnit = UnitWithoutExceptions;

template <>
struct Callbacks<UnitWithoutExceptions> {
  template <class F>
  static Status contain(F f, bool, const MisuseReport&) {
    return f();
  }
  template <class Result, class F, class G>
  static Result translate(F& f, G&) {
    return f();
  }
  template <class F>
  static void bar(F f, const MisuseReport&) noexcept {
    f();
  }
};

#endif

}  // namespace platform
NMR_END_NAMESPACE
