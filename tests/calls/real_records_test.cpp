// Records of real threads, each on a stack whose memory goes with it.
#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/mman.h>

#include <cstddef>
#include <set>

#include <nmr/calls.hpp>

TEST_CASE("records of real threads that have ended are used again, once the memory of those is gone") {
  nmr::BasicCallDomain<nmr::StdAtomics> domain;
  struct One {
    nmr::CallDomain* domain;
    const void* record;
  } one{&domain, nullptr};
  std::set<const void*> records;
  constexpr std::size_t kStack = 1024 * 1024;  // the thread sanitizer needs that much
  char* const room =
      static_cast<char*>(mmap(nullptr, 500 * kStack, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  REQUIRE(room != MAP_FAILED);
  for (std::size_t i = 0; i != 500; ++i) {
    char* const stack = room + i * kStack;
    REQUIRE(mprotect(stack, kStack, PROT_READ | PROT_WRITE) == 0);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, kStack);
    pthread_t thread;
    const auto body = [](void* self) -> void* {
      One& its = *static_cast<One*>(self);
      if (!its.domain->prepare_thread()) return nullptr;
      const auto me = nmr::platform::thread_pointer();
      const auto& lane = its.domain->next_lane();
      auto* slot = its.domain->find_slot(lane, me);
      if (slot == nullptr) slot = lane.further_looks(me);
      if (slot != nullptr) its.record = &nmr::CallDomain::Record::of(*slot);
      return nullptr;
    };
    REQUIRE(pthread_create(&thread, &attributes, body, &one) == 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    munmap(stack, kStack);
    records.insert(one.record);
  }
  CHECK(records.size() <= nmr::StdAtomics::kFirstCallRecords + 1);  // or none, where there is no barrier
}
