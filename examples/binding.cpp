// The caller's side: a handle, through which a module is called that may be detached at any time.
#include <nmr/binding.hpp>

#include <cstdio>
#include <latch>
#include <thread>

#include "expect.hpp"

namespace {

/// The interface: what a provider offers. The first parameter is the provider's own.
struct CounterNpi {
  struct ProviderDispatch {
    int (*next)(void* context);
  };
};

constexpr CounterNpi::ProviderDispatch kByOne{[](void* context) { return *static_cast<int*>(context) += 1; }};
constexpr CounterNpi::ProviderDispatch kByTen{
    [](void* context) { return *static_cast<int*>(context) += 10; }};

}  // namespace

int main() {
  nmr::CallDomain domain;  // one for all handles of the program
  nmr::BindingHandle<CounterNpi> handle(domain);
  expect(!handle.try_call(), "a call through an empty handle is refused");

  int count = 0;
  nmr::Attachment<CounterNpi> by_one(&kByOne, &count);
  expect(handle.attach(by_one) == nmr::Status::kSuccess, "attach");
  if (auto call = handle.try_call()) {
    std::printf("attached: %d\n", call->next(call.context()));
  }

  // Detach while another thread is inside a call.
  std::latch inside(1), go_on(1);
  std::thread caller([&] {
    const auto call = handle.try_call();
    inside.count_down();
    go_on.wait();
    std::printf("the call that was inside goes on: %d\n", call->next(call.context()));
  });
  inside.wait();
  nmr::Completion left([](nmr::Completion&, void*) noexcept { std::puts("the last call has left"); },
                       nullptr);
  handle.detach(left);  // does not wait; `left` runs on the caller's thread
  expect(!handle.try_call(), "a call after detach is refused");
  std::puts("detached: new calls are refused");
  expect(!by_one.detached(), "detach is not complete while a call is inside");
  go_on.count_down();
  caller.join();
  expect(by_one.detached(), "detach completes with the last call");

  // The handle can be attached again; and swapped, without a moment in which a call would be refused.
  nmr::Attachment<CounterNpi> by_ten(&kByTen, &count);
  expect(handle.attach(by_one) == nmr::Status::kSuccess, "attach again");
  expect(handle.attach(by_ten) == nmr::Status::kSuccess, "swap");
  if (auto call = handle.try_call()) {
    std::printf("swapped: %d\n", call->next(call.context()));
  }
  expect(handle.detach_and_wait() == nmr::Status::kSuccess, "detach");
  expect(count == 12, "three calls were made");
}
