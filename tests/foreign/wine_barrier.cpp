// Goes into programs that run under wine, whose FlushProcessWriteBuffers() does nothing: in its place Linux's own
// process-wide barrier, which a program may ask for past wine. A call of the function goes through this pointer.
#include <cstdlib>

namespace {

enum : long { kPrivateExpedited = 1 << 3, kRegisterPrivateExpedited = 1 << 4 };

long membarrier(long command) noexcept {
  long result = 324;  // the number of the call on x86-64
  __asm__ __volatile__("syscall" : "+a"(result) : "D"(command), "S"(0L), "d"(0L) : "rcx", "r11", "memory");
  return result;
}

void __stdcall flush_process_write_buffers() {
  if (membarrier(kPrivateExpedited) == 0) return;
  if (membarrier(kRegisterPrivateExpedited) != 0 || membarrier(kPrivateExpedited) != 0) std::abort();
}

}  // namespace

extern "C" {
extern void(__stdcall* const imported_barrier)() __asm__("__imp_FlushProcessWriteBuffers");
void(__stdcall* const imported_barrier)() = &flush_process_write_buffers;
}
