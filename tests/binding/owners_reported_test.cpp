// Owners that end before what was made with them, or before those whom they serve: each is reported where it happens.
#include <doctest/doctest.h>

#include <string>

#include "binding/echo.hpp"
#include "support/death.hpp"
#include "support/in_place.hpp"

using nmr::Status;

namespace {

/// What the process says that does something, and ends of.
template <class What>
std::string last_words(What what) {
  const Death death = run_in_child(what);
  CHECK(death.signal == SIGABRT);
  return death.output;
}

bool says(const std::string& text, const char* what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST_CASE_TEMPLATE(
    "a domain that ends before a handle that is attached is reported, and before an empty one is not", Calls,
    PerThread, PerThreadRealFences, OneWord) {
  for (const bool attached : {false, true}) {
    for (const bool called : {false, true}) {
      CAPTURE(attached);
      CAPTURE(called);
      const Death death = run_in_child([&] {
        EchoModule<Calls> module;
        InPlace<typename Calls::Domain> domain;
        EchoHandle<Calls> handle(*domain);
        if (attached && handle.attach(module.binding) != Status::kSuccess) _exit(1);
        if (called && calls_well(handle) != attached) _exit(1);
        domain.end();
        if (attached) _exit(2);
      });
      CHECK(death.signal == (attached ? SIGABRT : 0));
      CHECK(death.status == 0);
      CHECK(attached == says(death.output, "destroyed while a handle that was made with it is attached"));
    }
  }
}

TEST_CASE_TEMPLATE("a binding that ends while it is attached, or with a call in it, is reported as one",
                   Calls, PerThread, PerThreadRealFences, OneWord) {
  enum class While : unsigned char { kAttached, kGuard, kHold, kLateHold };
  for (const While what : {While::kAttached, While::kGuard, While::kHold, While::kLateHold}) {
    CAPTURE(what);
    const std::string words = last_words([&] {
      EchoProvider provider;
      InPlace<EchoBinding<Calls>> binding(provider.table(), provider.context());
      typename Calls::Domain domain;
      EchoHandle<Calls> handle(domain);
      if (handle.attach(*binding) != Status::kSuccess) _exit(1);
      EchoGuard<Calls> guard(handle.cell());
      EchoHold<Calls> hold;
      if (what == While::kAttached) guard.leave();
      if (what == While::kHold) hold = guard.hold();
      if (what != While::kAttached) handle.detach();
      if (what == While::kLateHold) hold = guard.hold();
      binding.end();
      _exit(2);
    });
    CHECK(says(words, "misuse of Attachment "));
    CHECK(says(words, "destroyed while attached, or before the last call to it has left"));
  }
}

TEST_CASE("a handle whose calls are counted in it is reported where it ends before they have left") {
  const std::string words = last_words([] {
    OneWord::Domain domain;
    EchoModule<OneWord> module;
    InPlace<EchoHandle<OneWord>> handle(domain);
    if (handle->attach(module.binding) != Status::kSuccess) _exit(1);
    const EchoGuard<OneWord> guard(handle->cell());
    handle->detach();
    handle.end();
    _exit(2);
  });
  CHECK(says(words, "destroyed while references are held"));
}
