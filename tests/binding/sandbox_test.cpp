// Sandboxes and the process-wide barrier: which end the process, which do not, and how to do without asking.
#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "binding/echo.hpp"
#include "calls/deny_barrier.hpp"
#include "support/death.hpp"
#include "support/in_place.hpp"

using nmr::Status;

namespace {

/// Calls, detaches with a call in progress, and attaches again. Ends the process with status 1 if anything of it goes
/// wrong.
template <class Domain>
void use(Domain& domain) {
  using Handle = nmr::BasicBindingHandle<EchoNpi, PerThread>;
  EchoModule<PerThread> module;
  Handle handle(domain);
  for (int turn = 0; turn != 2; ++turn) {
    CountedCompletion done;
    if (handle.attach(module.binding) != Status::kSuccess) _exit(1);
    {
      const auto guard = handle.try_call();
      if (!guard || !calls_well<PerThread>(handle)) _exit(1);
      handle.detach(done);
      if (done.runs() != 0 || calls_well<PerThread>(handle)) _exit(1);
    }
    if (done.runs() != 1) _exit(1);
  }
}

}  // namespace

TEST_CASE("a sandbox that kills whoever asks for the barrier: a domain can be told not to ask") {
  const Death asks = run_in_child([] {
    if (!deny_barrier(SECCOMP_RET_KILL_PROCESS)) _exit(1);
    nmr::CallDomain domain;
    _exit(2);
  });
  CHECK(asks.signal == SIGSYS);
  const Death does_not = run_in_child([] {
    if (!deny_barrier(SECCOMP_RET_KILL_PROCESS)) _exit(1);
    nmr::CallDomain domain{nmr::WithoutBarrier{}};
    use(domain);
    OneWord::Domain words{nmr::WithoutBarrier{}};
  });
  CHECK(does_not.signal == 0);
  CHECK(does_not.status == 0);
}

TEST_CASE("a sandbox that closes later does not matter to a domain that does without the barrier") {
  for (const unsigned how : {unsigned{SECCOMP_RET_ERRNO | EPERM}, unsigned{SECCOMP_RET_KILL_PROCESS}}) {
    const Death death = run_in_child([how] {
      nmr::CallDomain domain{nmr::WithoutBarrier{}};
      use(domain);
      if (!deny_barrier(how)) _exit(1);
      use(domain);
    });
    CHECK(death.signal == 0);
    CHECK(death.status == 0);
  }
}

TEST_CASE("a sandbox of one thread: a detach there is reported and ends the process, one elsewhere works") {
  for (const bool detaches_there : {false, true}) {
    for (const bool without : {false, true}) {
      CAPTURE(detaches_there);
      CAPTURE(without);
      const Death death = run_in_child([&] {
        InPlace<nmr::CallDomain> with_barrier;
        InPlace<nmr::CallDomain> without_barrier{nmr::WithoutBarrier{}};
        nmr::CallDomain& domain = without ? *without_barrier : *with_barrier;
        std::thread([&] {
          if (!deny_barrier()) _exit(1);
          if (detaches_there) use(domain);
        }).join();
        use(domain);
        _exit(0);
      });
      const bool ends = detaches_there && !without;
      CHECK(death.signal == (ends ? SIGABRT : 0));
      CHECK(death.status == 0);
      CHECK((death.output.find("denied after it had worked") != std::string::npos) == ends);
    }
  }
}
