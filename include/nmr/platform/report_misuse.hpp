#pragma once
/// Where the default policy tells of misuse: see misuse.hpp.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <nmr/platform/misuse.hpp>
#include <nmr/platform/system.hpp>

NMR_BEGIN_NAMESPACE
namespace platform {

/// A line of text that is put together without the library's formatted output: whoever releases a reference in a signal
/// handler may be told of misuse there, and no file of stdio is brought into each unit that releases one.
class ErrorLine {
 public:
  NMR_COLD ErrorLine& add(const char* text) noexcept {
    while (*text != '\0' && size_ < kMost) text_[size_++] = *text++;
    return *this;
  }
  NMR_COLD ErrorLine& add(const void* address) noexcept {
    const auto number = reinterpret_cast<std::uintptr_t>(address);
    add("0x");
    unsigned digits = 1;
    while (digits < 2 * sizeof number && number >> 4 * digits != 0) ++digits;
    while (digits-- != 0 && size_ < kMost) text_[size_++] = "0123456789abcdef"[number >> 4 * digits & 15];
    return *this;
  }
  /// Writes it to the standard error, in one piece where the system does so.
  NMR_COLD void print() noexcept {
    text_[size_++] = '\n';
    write_error(text_, size_);
  }

 private:
  enum : std::size_t { kMost = 511 };

  char text_[kMost + 1];
  std::size_t size_ = 0;
};

}  // namespace platform

// Not declared noreturn: a handler may return, and what is built with the default is not to be other code.
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wmissing-noreturn"
#endif
NMR_COLD inline void report_misuse(const MisuseReport& report) noexcept {
#ifdef NMR_MISUSE_HANDLER
  ::NMR_MISUSE_HANDLER(report);
#else
  platform::ErrorLine line;
  line.add("nmr: misuse of ").add(report.object).add(" ").add(report.address);
  line.add(" in ").add(report.operation).add(": ").add(report.rule).print();
  std::abort();
#endif
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

NMR_END_NAMESPACE
