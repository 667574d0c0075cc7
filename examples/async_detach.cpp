// A request that outlives the call that started it. Detach completes when the request has, and when the
// provider has written back what it still had. Neither blocks a callback, and nobody counts anything.
#include <nmr/registry.hpp>

#include <chrono>
#include <cstdio>
#include <latch>
#include <thread>
#include <utility>

#include "expect.hpp"

namespace {

/// The interface: a disk that is read from.
struct DiskNpi {
  static constexpr nmr::NpiId kId{
      {0x8841e2b6, 0xc05f, 0x4aa3, {0xb1, 0x2d, 0x7f, 0x38, 0x04, 0xe9, 0x5a, 0xd0}}};
  struct ProviderDispatch {
    int (*read)(void* context, int sector);
  };
};

/// The client module.
class Reader {
 public:
  explicit Reader(nmr::NmrRegistry<DiskNpi>& registry) : disk_(registry.call_domain()) {
    module_.module_id = nmr::ModuleId(std::uint64_t{1});
    module_.attach_provider = [](void* self, nmr::ProviderOffer<DiskNpi>& offer) {
      return offer.accept(static_cast<Reader*>(self)->disk_, self);
    };
    module_.detach_provider = [](void*, nmr::DetachCompletion) noexcept {
    };  // open requests are waited for anyway
    expect(registry.register_client(module_, this, registration_) == nmr::Status::kSuccess,
           "register the client");
  }

  /// Starts a request, which reads when `due` and stores the data. None if there is no disk.
  std::thread start_read(std::latch& due, int sector, int& data) {
    auto hold = disk_.try_call().hold();
    if (!hold) return {};
    return std::thread([&due, &data, sector, hold = std::move(hold)] {
      due.wait();
      data = hold->read(hold.context(), sector);
    });  // and with the function its hold goes
  }

 private:
  nmr::BindingHandle<DiskNpi> disk_;
  nmr::ClientModule<DiskNpi> module_;
  nmr::ClientRegistration<DiskNpi> registration_;
};

/// The provider module. It has a cache that must be written before it can go.
class Disk {
 public:
  explicit Disk(nmr::NmrRegistry<DiskNpi>& registry) {
    module_.module_id = nmr::ModuleId(std::uint64_t{2});
    module_.attach_client = [](void* self, nmr::ClientOffer<DiskNpi>& offer) {
      return offer.accept(self, &kDispatch);
    };
    module_.detach_client = [](void* self, nmr::DetachCompletion done) noexcept {
      static_cast<Disk*>(self)->unwritten_ =
          std::move(done);  // kept: pending. Dropped here, it would say: done.
    };
    expect(registry.register_provider(module_, this, registration_) == nmr::Status::kSuccess,
           "register the provider");
  }

  void cache_is_written() { unwritten_.complete(); }
  nmr::ProviderRegistration<DiskNpi>& registration() { return registration_; }

 private:
  static int read(void*, int sector) { return sector * 2; }
  static constexpr DiskNpi::ProviderDispatch kDispatch{&read};

  nmr::DetachCompletion unwritten_;
  nmr::ProviderModule<DiskNpi> module_;
  nmr::ProviderRegistration<DiskNpi> registration_;
};

}  // namespace

int main() {
  nmr::NmrRegistry<DiskNpi> registry;
  Reader reader(registry);
  Disk disk(registry);
  auto& registration = disk.registration();
  const auto still_pending = [&] {
    return registration.wait_for_deregister_complete_for(std::chrono::milliseconds(20)) ==
           nmr::Status::kTimeout;
  };

  int data = 0;
  std::latch due(1);
  std::thread request = reader.start_read(due, 21, data);
  std::puts("a request was started; the call that started it has returned");

  nmr::Completion gone([](nmr::Completion&, void*) noexcept { std::puts("the disk is gone"); }, nullptr);
  expect(registration.deregister(gone) == nmr::Status::kPending, "deregister");
  expect(!reader.start_read(due, 22, data).joinable(), "no request starts once the disk is being detached");
  expect(still_pending(), "a request is open");
  std::puts("the disk wants to go: no new request starts, the open one keeps it");

  due.count_down();
  request.join();
  expect(data == 42, "the request was served by a disk that was being detached");
  expect(still_pending(), "the cache is not written yet");
  std::puts("the request has ended; the disk writes its cache");

  disk.cache_is_written();  // the last that was waited for, so `gone` runs in here
  expect(registration.wait_for_deregister_complete() == nmr::Status::kSuccess, "wait");
}
