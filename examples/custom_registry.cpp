// A registry of one's own, made of BindingHandle and RundownRef alone: modules come and go by name, and
// clients that were bound to a name call whichever module has it now.
#include <nmr/binding.hpp>
#include <nmr/rundown.hpp>

#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "expect.hpp"

namespace {

struct TextNpi {
  struct ProviderDispatch {
    std::string (*transform)(void* context, const std::string& text);
  };
};

class TextModules {
 public:
  /// What a client gets: the place that a name's module is called through. Movable; keeps the registry from
  /// closing.
  class Client {
   public:
    [[nodiscard]] nmr::CallGuard<TextNpi> try_call() { return handle_->try_call(); }

   private:
    friend class TextModules;
    Client(nmr::RundownGuard registry, nmr::BindingHandle<TextNpi>& handle)
        : registry_(std::move(registry)), handle_(&handle) {}

    nmr::RundownGuard registry_;
    nmr::BindingHandle<TextNpi>* handle_;
  };

  /// Gives the name to a module; calls to the one that had it before go on, and that one drains.
  bool add(const std::string& name, nmr::Attachment<TextNpi>& module) {
    return place(name).attach(module) == nmr::Status::kSuccess;
  }
  /// Takes the name away, and returns when the last call has left the module: it may be freed then.
  void remove(const std::string& name) { (void)place(name).detach_and_wait(); }

  /// Takes no more clients, and waits until the last has gone.
  void close() { clients_.run_down(); }

  /// Binds a client to a name, whether or not a module has it now. None once close() has begun.
  std::optional<Client> find(const std::string& name) {
    auto guard = nmr::try_guard(clients_);
    if (!guard) return std::nullopt;
    return Client(std::move(guard), place(name));
  }

 private:
  nmr::BindingHandle<TextNpi>& place(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return places_.try_emplace(name, domain_).first->second;  // a map's elements stay where they are
  }

  nmr::CallDomain domain_;
  std::mutex mutex_;  // of the map; not taken by calls
  std::map<std::string, nmr::BindingHandle<TextNpi>> places_;
  nmr::RundownRef clients_;
};

/// A module: appends its word. The word is gone when the module is.
struct Append {
  explicit Append(const char* text) : word(std::make_unique<std::string>(text)) {}
  static std::string transform(void* self, const std::string& text) {
    return text + *static_cast<Append*>(self)->word;
  }
  static constexpr TextNpi::ProviderDispatch kDispatch{&transform};

  std::unique_ptr<std::string> word;
  nmr::Attachment<TextNpi> attachment{&kDispatch, this};
};

}  // namespace

int main() {
  TextModules modules;
  std::atomic<bool> stop = false;
  std::atomic<int> calls = 0, wrong = 0;

  std::vector<std::thread> threads;
  for (int i = 0; i != 3; ++i) {
    threads.emplace_back([&, client = modules.find("append")]() mutable {
      while (!stop) {
        const auto call = client->try_call();
        if (!call) {
          std::this_thread::yield();  // nobody has the name just now
          continue;
        }
        const std::string result = call->transform(call.context(), "hello, ");
        ++calls;
        if (result != "hello, world" && result != "hello, moon") ++wrong;
      }
    });
  }

  for (int round = 0; round < 100 || calls == 0; ++round) {
    auto world = std::make_unique<Append>("world");
    auto moon = std::make_unique<Append>("moon");
    expect(modules.add("append", world->attachment), "a module takes the name");
    std::this_thread::yield();
    expect(modules.add("append", moon->attachment), "another takes it over");
    expect(world->attachment.wait_until_detached() == nmr::Status::kSuccess, "the first drains");
    world.reset();
    modules.remove("append");
    moon.reset();
  }
  stop = true;
  modules.close();
  expect(!modules.find("append"), "a closed registry takes no client");
  for (auto& thread : threads) thread.join();

  expect(wrong == 0, "every call that got in was served by a module that was there");
  std::puts("200 modules came and went under load; each call that got in was served by one that was there");
}
