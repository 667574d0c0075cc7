// A registry of one's own, made of BindingTable and RundownRef alone: modules come and go in numbered places, and are
// called there. A module frees itself when it has been replaced or removed and its last call has left. So the registry
// takes no lock, and does not know who is where.
#include <nmr/binding.hpp>
#include <nmr/rundown.hpp>

#include <atomic>
#include <cstdio>
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
  enum : std::size_t { kPlaces = 8 };

  /// Puts a module in a place that appends a word; the one that was there drains. Returns false once close() has begun.
  bool install(std::size_t place, std::string word) {
    auto guard = nmr::try_guard(modules_);
    if (!guard) return false;
    auto* const module = new Module(std::move(guard), std::move(word));
    return places_[place].attach(module->attachment) == nmr::Status::kSuccess;
  }
  void remove(std::size_t place) { (void)places_[place].detach(); }

  /// Returns nothing if no module is in the place.
  std::optional<std::string> transform(std::size_t place, const std::string& text) {
    const auto call = places_[place].try_call();
    if (!call) return std::nullopt;
    return call->transform(call.context(), text);
  }

  /// Takes no more modules, removes all, and returns when the last has gone. Not while another thread is in install():
  /// what that puts in its place afterwards would stay.
  void close() {
    modules_.begin_rundown();
    for (auto& place : places_) (void)place.detach();
    modules_.wait_for_rundown();
  }

 private:
  struct Module {
    Module(nmr::RundownGuard guard, std::string text) : registry(std::move(guard)), word(std::move(text)) {}
    static std::string transform(void* self, const std::string& text) {
      return text + static_cast<Module*>(self)->word;
    }
    static void free(nmr::Completion&, void* self) noexcept { delete static_cast<Module*>(self); }
    static constexpr TextNpi::ProviderDispatch kDispatch{&transform};

    nmr::RundownGuard registry;  // first, so that it goes last
    std::string word;
    nmr::Completion gone{&free, this};
    nmr::Attachment<TextNpi> attachment{&kDispatch, this, gone};
  };

  nmr::CallDomain domain_;
  nmr::BindingTable<TextNpi, kPlaces> places_{domain_};
  nmr::RundownRef modules_;
};

}  // namespace

int main() {
  TextModules modules;
  std::atomic<bool> stop = false;
  std::atomic<int> calls = 0, wrong = 0;

  std::vector<std::thread> threads;
  for (std::size_t i = 0; i != 3; ++i) {
    threads.emplace_back([&, place = i]() mutable {
      while (!stop) {
        const auto result = modules.transform(place++ % TextModules::kPlaces, "hello, ");
        if (!result) continue;  // nobody is there just now
        ++calls;
        if (*result != "hello, world" && *result != "hello, moon") ++wrong;
      }
    });
  }

  for (std::size_t round = 0; round < 1000 || calls == 0; ++round) {
    const std::size_t place = round % TextModules::kPlaces;
    expect(modules.install(place, "world"), "a module takes the place");
    expect(modules.install(place, "moon"), "another takes it over");
    if (round % 3 == 0) modules.remove(place);
  }
  modules.close();
  expect(!modules.install(0, "sun"), "a closed registry takes no module");
  stop = true;
  for (auto& thread : threads) thread.join();

  expect(wrong == 0, "every call that got in was served by a module that was there");
  std::puts("2000 modules came and went under load; each call that got in was served by one that was there");
}
