// A process that is restored from a checkpoint: the kernel has forgotten that it asked for the process-wide barrier, and
// refuses it until it asks again. The C library's way into the kernel is replaced by one that can forget.
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdarg>
#include <string>

#include "binding/echo.hpp"
#include "support/death.hpp"

using nmr::Status;

namespace {

struct Kernel {
  bool registered = false;
  bool has_barrier = true;
  int registrations = 0;
  int barriers = 0;
  int forgets_after = -1;  // barriers; never if below 0

  /// As after a restore.
  void forget() noexcept { registered = false; }

  long membarrier(int command) noexcept {
    if (!has_barrier) return errno = ENOSYS, -1;
    if (command == MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) {
      ++registrations;
      registered = true;
      return 0;
    }
    if (forgets_after == 0) registered = false;
    if (forgets_after >= 0) --forgets_after;
    if (!registered) return errno = EPERM, -1;
    ++barriers;
    return 0;
  }
};
Kernel kernel;

}  // namespace

// Reads six arguments however many there are, as the original does: not for the address sanitizer to see.
extern "C" [[gnu::no_sanitize_address]] long syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  long arguments[6];
  for (long& each : arguments) each = va_arg(list, long);
  va_end(list);
  using Way = long (*)(long, ...);
  static const auto way = reinterpret_cast<Way>(dlsym(RTLD_NEXT, "syscall"));
  const long result =
      way(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
  // The kernel's own barrier too, for what it does; what it answers is played.
  return number == __NR_membarrier ? kernel.membarrier(static_cast<int>(arguments[0])) : result;
}

TEST_CASE("after a restore the next detach registers for the barrier anew, and is one") {
  for (const bool inside : {false, true}) {
    // Restored before a detach, or in the midst of it.
    for (const int barriers_before : {0, 1}) {
      CAPTURE(inside);
      CAPTURE(barriers_before);
      kernel = {};
      nmr::CallDomain domain;
      nmr::BindingHandle<EchoNpi> handle(domain);
      EchoModule<PerThread> module;
      CHECK(handle.attach(module.binding) == Status::kSuccess);
      CHECK(calls_well<PerThread>(handle));
      const Kernel before = kernel;
      CHECK(before.registered);
      CountedCompletion done;
      {
        auto guard = handle.try_call();
        if (!inside) guard.leave();
        kernel.forgets_after = barriers_before;
        CHECK(handle.detach(done));
        CHECK(done.runs() == (inside ? 0 : 1));
        CHECK_FALSE(calls_well<PerThread>(handle));
      }
      CHECK(done.runs() == 1);
      // Two where somebody is inside; the one that failed has not happened.
      CHECK(kernel.barriers - before.barriers == (inside ? 2 : 1));
      CHECK(kernel.registrations - before.registrations == (inside || barriers_before == 0 ? 1 : 0));
    }
  }
}

TEST_CASE("one registration after a restore serves all domains, older and newer ones") {
  kernel = {};
  nmr::CallDomain first;
  nmr::CallDomain second;
  nmr::BindingHandle<EchoNpi> handles[2]{nmr::BindingHandle<EchoNpi>(first),
                                         nmr::BindingHandle<EchoNpi>(second)};
  EchoModule<PerThread> modules[2];
  for (int turn = 0; turn != 3; ++turn) {
    for (int i = 0; i != 2; ++i) {
      CHECK(handles[i].attach(modules[i].binding) == Status::kSuccess);
      CHECK(calls_well<PerThread>(handles[i]));
    }
    kernel.forget();
    const int before = kernel.registrations;
    for (auto& handle : handles) CHECK(handle.detach_and_wait() == Status::kSuccess);
    CHECK(kernel.registrations - before == 1);
  }
}

TEST_CASE("restored where there is no such barrier: reported, and the process ends") {
  kernel = {};
  const Death death = run_in_child([] {
    nmr::CallDomain domain;
    nmr::BindingHandle<EchoNpi> handle(domain);
    EchoModule<PerThread> module;
    if (handle.attach(module.binding) != Status::kSuccess) _exit(1);
    kernel.has_barrier = false;
    handle.detach();
    _exit(2);
  });
  CHECK(death.signal == SIGABRT);
  CHECK(death.output.find("denied after it had worked") != std::string::npos);
}
