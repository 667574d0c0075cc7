// Loads a plug-in, uses it in one way, unloads it, and looks whether it has really gone.
//
//   host CHECK PLUGIN.so
#include <array>
#include <cstdio>
#include <deque>
#include <functional>
#include <future>
#include <span>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "../../examples/hot_swap/library.hpp"
#include "plugin.hpp"

namespace {

std::filesystem::path g_plugin_file;
int g_loaded = 0;

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}
template <class T>
void require_equal(T is, T should_be, const char* what) {
  require(is == should_be, what);
}

/// A host thread that lives on while plug-ins come and go.
class Worker {
 public:
  ~Worker() {
    post(nullptr);
    thread_.join();
  }
  /// Runs the task on the thread and waits for its end; throws what it threw.
  void run(std::function<void()> task) {
    std::packaged_task<void()> packaged(std::move(task));
    auto end = packaged.get_future();
    post(&packaged);
    end.get();
  }

 private:
  void post(std::packaged_task<void()>* task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(task);
    changed_.notify_one();
  }
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return !tasks_.empty(); });
      auto* const task = tasks_.front();
      tasks_.pop_front();
      if (task == nullptr) return;
      lock.unlock();
      (*task)();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::packaged_task<void()>*> tasks_;
  std::thread thread_{[this] { work(); }};
};

/// One load of the plug-in. Its completion unloads it, on the thread that runs the completion.
class Plugin {
 public:
  Plugin()
      : library_(g_plugin_file, directory().path() / (std::to_string(g_loaded++) + ".so")),
        exports_(library_.function<const PluginExports*()>("plugin_exports")()) {}

  const PluginExports* operator->() const { return exports_; }
  [[nodiscard]] void* provider_context() const { return exports_->context; }
  void unload() { unmapped_ = library_.unload(); }

  nmr::Completion unload_now{
      [](nmr::Completion&, void* self) noexcept { static_cast<Plugin*>(self)->unload(); }, this};
  /// As above, for a plug-in that was registered.
  nmr::Completion forget_and_unload{[](nmr::Completion&, void* self) noexcept {
                                      static_cast<Plugin*>(self)->exports_->forget();
                                      static_cast<Plugin*>(self)->unload();
                                    },
                                    this};

  void require_unmapped() const { require(unmapped_, "the plug-in is still mapped"); }

 private:
  static TemporaryDirectory& directory() {
    static TemporaryDirectory directory;
    return directory;
  }

  Library library_;
  const PluginExports* exports_;
  bool unmapped_ = false;
};

// ---- what is checked ------------------------------------------------------------------------------------------------

/// The plug-in had a domain and registries of its own, and a host thread used them that lives on.
void after_using_everything() {
  Worker worker;
  for (int round = 0; round != 3; ++round) {
    Plugin plugin;
    worker.run([&] {
      if (const char* const part = plugin->use_everything()) throw std::runtime_error(part);
    });
    plugin.unload();
    plugin.require_unmapped();
  }
}

/// Code of the plug-in has made a host thread known to the host's domain, and has called through a handle of
/// the host's.
void after_calling_the_host() {
  Worker worker;
  nmr::CallDomain domain;
  nmr::BindingHandle<EchoNpi> handle(domain);
  Plugin provider;
  nmr::Attachment<EchoNpi> binding(provider->dispatch, provider.provider_context());
  require_equal(handle.attach(binding), nmr::Status::kSuccess, "attach");
  for (int round = 0; round != 3; ++round) {
    Plugin caller;
    worker.run([&] { require_equal(caller->call(handle, 7), 8, "a call from the plug-in"); });
    caller.unload();
    caller.require_unmapped();
    worker.run(
        [&] { require_equal(provider->call(handle, 7), 8, "a call after the first caller has gone"); });
  }
  require_equal(handle.detach_and_wait(), nmr::Status::kSuccess, "detach");
  provider.unload();
  provider.require_unmapped();
}

template <class Calls>
nmr::BasicAttachment<EchoNpi, Calls>& of_the_plugin(Plugin& plugin) {
  if constexpr (std::is_same_v<Calls, nmr::OneWordCalls>) {
    return *plugin->one_word_binding;
  } else {
    return *plugin->binding;
  }
}

/// The completion of a detach unloads the provider, and the binding with it if that is the plug-in's: on the
/// thread that leaves last, inside leave().
template <class Calls>
void by_the_last_one_out() {
  Worker worker;
  typename Calls::Domain domain;
  nmr::BasicBindingHandle<EchoNpi, Calls> handle(domain);
  for (int round = 0; round != 8; ++round) {
    Plugin plugin;
    nmr::BasicAttachment<EchoNpi, Calls> of_the_host(plugin->dispatch, plugin.provider_context());
    auto& binding = round % 4 < 2 ? of_the_host : of_the_plugin<Calls>(plugin);
    require_equal(handle.attach(binding), nmr::Status::kSuccess, "attach");
    worker.run([&] {
      auto call = handle.try_call();
      require_equal(call->echo(call.context(), 1), 2, "a call");
      nmr::BasicCallHold<EchoNpi, Calls> hold;
      if (round % 2 == 0) hold = call.hold();
      std::thread([&] { handle.detach(plugin.unload_now); }).join();
      const int draining = hold ? hold->echo(hold.context(), 2) : call->echo(call.context(), 2);
      require_equal(draining, 3, "a call while its provider drains");
      call.leave();
      hold.leave();
    });
    plugin.require_unmapped();
  }
}

/// More old versions drain at a time than static thread-local storage of libraries would have room for.
template <std::size_t kSwaps>
void overlapping_swaps() {
  constexpr std::size_t kOverlap = 100;
  struct Version {
    Plugin plugin;
    nmr::Attachment<EchoNpi> binding{plugin->dispatch, plugin.provider_context()};
    nmr::CallHold<EchoNpi> hold;
  };
  nmr::CallDomain domain;
  nmr::BindingHandle<EchoNpi> handle(domain);
  std::deque<Version> versions;
  std::atomic<bool> stop = false;
  std::array<int, 2> wrong{};
  std::vector<std::thread> callers;
  callers.reserve(wrong.size());
  require_equal(handle.attach(versions.emplace_back().binding), nmr::Status::kSuccess, "attach");
  for (int& bad : wrong) {
    callers.emplace_back([&] {
      for (int value = 0; !stop; value = (value + 1) & 0xFFFF) {
        const auto call = handle.try_call();
        bad += !call || call->echo(call.context(), value) != value + 1;
      }
    });
  }
  const auto retire_oldest = [&] {
    Version& oldest = versions.front();
    require_equal(oldest.hold->echo(oldest.hold.context(), 3), 4, "a call through an old hold");
    oldest.hold.leave();
    require_equal(oldest.binding.wait_until_detached(), nmr::Status::kSuccess, "drain");
    oldest.plugin.unload();
    oldest.plugin.require_unmapped();
    versions.pop_front();
  };
  for (std::size_t swap = 0; swap != kSwaps; ++swap) {
    versions.back().hold = handle.try_call().hold();
    require_equal(handle.attach(versions.emplace_back().binding), nmr::Status::kSuccess, "swap");
    if (versions.size() > kOverlap) retire_oldest();
  }
  stop = true;
  for (auto& caller : callers) caller.join();
  versions.back().hold = handle.try_call().hold();
  handle.detach();
  while (!versions.empty()) retire_oldest();
  require(wrong[0] + wrong[1] == 0, "a call was refused, or gave a wrong result");
}

// ---- the host's registry ----

/// A module of the host's, of either side.
struct HostModules {
  HostModules() {
    provider.module_id = client.module_id = nmr::ModuleId(std::uint64_t{1});
    provider.attach_client = [](void* self, nmr::ClientOffer<EchoNpi>& offer) {
      return offer.accept(static_cast<HostModules*>(self)->to_client, &added, &kDispatch);
    };
    provider.detach_client = [](void*, nmr::DetachCompletion) noexcept {};
    client.attach_provider = [](void* self, nmr::ProviderOffer<EchoNpi>& offer) {
      return offer.accept(static_cast<HostModules*>(self)->to_provider, self, nullptr);
    };
    client.detach_provider = [](void*, nmr::DetachCompletion) noexcept {};
  }

  inline static int added = 10;
  static constexpr EchoNpi::ProviderDispatch kDispatch{
      [](void* context, int value) noexcept { return value + *static_cast<int*>(context); }};

  nmr::NmrRegistry<EchoNpi> registry;
  nmr::BindingHandle<EchoNpi> to_provider{registry.call_domain()};
  nmr::BindingHandle<nmr::CallbacksOf<EchoNpi>> to_client{registry.call_domain()};
  nmr::ProviderModule<EchoNpi> provider;
  nmr::ClientModule<EchoNpi> client;
};

/// A provider that was registered by code of the plug-in is unloaded by the completion of its deregistration,
/// on a host thread: the last one out of a call.
void a_registered_provider() {
  Worker worker;
  HostModules host;
  nmr::ClientRegistration<EchoNpi> uses;
  require_equal(host.registry.register_client(host.client, &host, uses), nmr::Status::kSuccess, "register");
  for (int round = 0; round != 3; ++round) {
    Plugin plugin;
    require_equal(plugin->register_provider(host.registry), nmr::Status::kSuccess, "register");
    worker.run([&] {
      auto hold = host.to_provider.try_call().hold();
      require_equal(hold->echo(hold.context(), 1), 2, "a call");
      require_equal(plugin->deregister(plugin.forget_and_unload), nmr::Status::kPending, "deregister");
      hold.leave();
    });
    plugin.require_unmapped();
  }
}

/// The same with a client in the plug-in, which the host's provider calls.
void a_registered_client() {
  Worker worker;
  HostModules host;
  nmr::ProviderRegistration<EchoNpi> provides;
  require_equal(host.registry.register_provider(host.provider, &host, provides), nmr::Status::kSuccess,
                "register");
  for (int round = 0; round != 3; ++round) {
    Plugin plugin;
    require_equal(plugin->register_client(host.registry), nmr::Status::kSuccess, "register");
    worker.run([&] {
      auto hold = host.to_client.try_call().hold();
      require_equal(hold->told(hold.context(), 1), 3, "a call");
      require_equal(plugin->deregister(plugin.forget_and_unload), nmr::Status::kPending, "deregister");
      hold.leave();
    });
    plugin.require_unmapped();
  }
}

/// The plug-in was there first: the binding is made by code of the host, and detached by the host's
/// deregistration.
void a_provider_that_was_first() {
  Worker worker;
  HostModules host;
  Plugin plugin;
  require_equal(plugin->register_provider(host.registry), nmr::Status::kSuccess, "register");
  {
    nmr::ClientRegistration<EchoNpi> uses;
    require_equal(host.registry.register_client(host.client, &host, uses), nmr::Status::kSuccess, "register");
    worker.run([&] {
      auto hold = host.to_provider.try_call().hold();
      require_equal(uses.deregister(), nmr::Status::kPending, "deregister");
      require_equal(plugin->deregister(plugin.forget_and_unload), nmr::Status::kPending, "deregister");
      hold.leave();
    });
  }
  plugin.require_unmapped();
}

/// A plug-in calls another, which comes and goes.
void a_provider_that_a_plugin_calls() {
  nmr::NmrRegistry<EchoNpi> registry;
  const auto leave = [](Plugin& plugin) {
    nmr::Event gone;
    require_equal(plugin->deregister(gone), nmr::Status::kPending, "deregister");
    gone.wait();
    plugin->forget();
    plugin.unload();
    plugin.require_unmapped();
  };
  Plugin client;
  require_equal(client->register_client(registry), nmr::Status::kSuccess, "register");
  std::atomic<bool> stop = false;
  std::atomic<int> served = 0, wrong = 0;
  std::thread caller([&] {
    for (int value = 0; !stop; value = (value + 1) & 0xFFFF) {
      const int result = client->call_provider(value);
      if (result == value + 1) {
        ++served;
      } else if (result != -1) {
        ++wrong;
      }
    }
  });
  for (int round = 0; round != 20; ++round) {
    Plugin provider;
    const int before = served;
    require_equal(provider->register_provider(registry), nmr::Status::kSuccess, "register");
    while (served == before) std::this_thread::yield();
    leave(provider);
  }
  stop = true;
  caller.join();
  leave(client);
  require(wrong == 0, "a call gave a wrong result");
}

/// For a library that does not obey the rule: that it stays is found out.
void a_library_that_stays() {
  const TemporaryDirectory directory;
  Library library(g_plugin_file, directory.path() / "stays.so");
  require(!library.unload(), "a library that stays was taken for unmapped");
}

struct Check {
  const char* name;
  void (*run)();
};
constexpr Check kChecks[] = {
    {"after_using_everything", &after_using_everything},
    {"after_calling_the_host", &after_calling_the_host},
    {"by_the_last_one_out", &by_the_last_one_out<nmr::PerThreadCalls>},
    {"by_the_last_one_out_of_one_word", &by_the_last_one_out<nmr::OneWordCalls>},
    {"overlapping_swaps", &overlapping_swaps<300>},
    {"a_registered_provider", &a_registered_provider},
    {"a_registered_client", &a_registered_client},
    {"a_provider_that_was_first", &a_provider_that_was_first},
    {"a_provider_that_a_plugin_calls", &a_provider_that_a_plugin_calls},
};
/// Those that are not for every plug-in.
constexpr Check kMoreChecks[] = {
    {"thousands_of_overlapping_swaps", &overlapping_swaps<3000>},
    {"a_library_that_stays", &a_library_that_stays},
};

void run(std::string_view name) {
  for (const auto& list : {std::span<const Check>(kChecks), std::span<const Check>(kMoreChecks)}) {
    for (const Check& check : list) {
      if (check.name == name) return check.run();
    }
  }
  throw std::runtime_error("there is no such check");
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 2 && argv[1] == std::string_view("--list")) {
    for (const Check& check : kChecks) std::puts(check.name);
    return 0;
  }
  require(argc == 3, "usage: host --list | host CHECK PLUGIN.so");
  g_plugin_file = std::filesystem::canonical(argv[2]);
  run(argv[1]);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
