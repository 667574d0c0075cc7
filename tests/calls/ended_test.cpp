#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <latch>
#include <vector>

#include <nmr/binding.hpp>

#include "support/alloc.hpp"

namespace {

struct Npi {
  struct ProviderDispatch {
    int (*f)(void*);
  };
};
int f(void*) { return 1; }
constexpr Npi::ProviderDispatch kDispatch{&f};

constexpr std::size_t kStack = 1024 * 1024;  // the thread sanitizer needs that much

/// Memory in which each thread has its stack at another address, and which stays when the threads have gone.
class Stacks {
 public:
  explicit Stacks(std::size_t count)
      : bytes_(count * kStack),
        memory_(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                     0)) {
    REQUIRE(memory_ != MAP_FAILED);
  }
  Stacks(const Stacks&) = delete;
  Stacks& operator=(const Stacks&) = delete;
  ~Stacks() { munmap(memory_, bytes_); }

  pthread_t start(std::size_t i, void* (*run)(void*), void* with) const {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    REQUIRE(pthread_attr_setstack(&attributes, static_cast<char*>(memory_) + i * kStack, kStack) == 0);
    pthread_t thread{};
    REQUIRE(pthread_create(&thread, &attributes, run, with) == 0);
    pthread_attr_destroy(&attributes);
    return thread;
  }

 private:
  std::size_t bytes_;
  void* memory_;
};

struct Place {
  nmr::CallDomain domain;
  nmr::BindingHandle<Npi> handle{domain};
  nmr::Attachment<Npi> binding{&kDispatch, nullptr};
};

void* call_once(void* place) {
  auto guard = static_cast<Place*>(place)->handle.try_call();
  return guard ? place : nullptr;
}

}  // namespace

TEST_CASE(
    "threads that come one after the other share a table, also where the memory of their stacks stays") {
  constexpr std::size_t kThreads = 500;
  const Stacks stacks(kThreads);
  Place place;
  REQUIRE(place.handle.attach(place.binding) == nmr::Status::kSuccess);
  const alloc::Scope scope;
  for (std::size_t i = 0; i != kThreads; ++i) {
    void* called = nullptr;
    REQUIRE(pthread_join(stacks.start(i, &call_once, &place), &called) == 0);
    REQUIRE(called == &place);
  }
  CHECK(scope.made() <= 2);  // twice as many records as threads at a time, rounded up
  CHECK(place.handle.detach_and_wait() == nmr::Status::kSuccess);
}

TEST_CASE("threads that live keep their records however many others come and go") {
  constexpr std::size_t kLiving = 40;
  constexpr std::size_t kPassing = 400;
  struct Living : Place {
    std::latch registered{kLiving};
    std::latch passed{1};
    std::atomic<int> inside{0};
  } place;
  REQUIRE(place.handle.attach(place.binding) == nmr::Status::kSuccess);
  const Stacks stacks(kLiving + kPassing);
  std::vector<pthread_t> threads;
  for (std::size_t i = 0; i != kLiving; ++i) {
    threads.push_back(stacks.start(
        i,
        [](void* with) -> void* {
          auto& here = *static_cast<Living*>(with);
          {
            const auto guard = here.handle.try_call();
          }
          here.registered.count_down();
          here.passed.wait();
          const auto guard = here.handle.try_call_prepared();  // refused if it had lost its record
          here.inside += guard ? 1 : 0;
          return nullptr;
        },
        &place));
  }
  place.registered.wait();
  for (std::size_t i = 0; i != kPassing; ++i) {
    pthread_join(stacks.start(kLiving + i, &call_once, static_cast<Place*>(&place)), nullptr);
  }
  place.passed.count_down();
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
  CHECK(place.inside == static_cast<int>(kLiving));
  CHECK(place.handle.detach_and_wait() == nmr::Status::kSuccess);
}
