// Loads plug-ins that were built apart from it, in one of the loader's ways, and checks what they answer.
//
//   host works|refuses WAY PLUGIN     WAY: local, global, deepbind, namespace
//   host unloads global|local FIRST SECOND
//
// Prints what is wrong, or nothing.
#include <dlfcn.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>

#include "../../examples/hot_swap/library.hpp"
#include "images.hpp"

namespace {

int g_wrong = 0;

template <class T>
void expect(T is, T wanted, const char* what) {
  if (is == wanted) return;
  std::printf("%s: %lld, wanted %lld\n", what, static_cast<long long>(is), static_cast<long long>(wanted));
  ++g_wrong;
}

bool mapped(const char* library) { return is_mapped(std::filesystem::canonical(library)); }

void* load(const char* way, const char* file) {
  void* library = nullptr;
  if (std::strcmp(way, "namespace") == 0) {
    library = dlmopen(LM_ID_NEWLM, file, RTLD_NOW);
  } else if (std::strcmp(way, "global") == 0) {
    library = dlopen(file, RTLD_NOW | RTLD_GLOBAL);
  } else {
    library = dlopen(file, RTLD_NOW | (std::strcmp(way, "deepbind") == 0 ? RTLD_DEEPBIND : RTLD_LOCAL));
  }
  if (library == nullptr) std::printf("%s\n", dlerror());
  return library;
}

template <class Calls>
struct Own {
  Own() {
    client.module_id = nmr::ModuleId(std::uint64_t{1});
    client.attach_provider = [](void* place, nmr::BasicProviderOffer<AddNpi, Calls>& offer) {
      return offer.accept(*static_cast<nmr::BasicBindingHandle<AddNpi, Calls>*>(place), nullptr);
    };
    client.detach_provider = [](void*, nmr::DetachCompletion) noexcept {};
  }
  void enter() {
    expect(registry.register_client(client, &handle, registration), nmr::Status::kSuccess,
           "the host's client");
  }
  Place<Calls> place() { return {&registry, &registry.call_domain(), &handle}; }

  nmr::BasicNmrRegistry<AddNpi, Calls> registry;
  nmr::BasicBindingHandle<AddNpi, Calls> handle{registry.call_domain()};
  nmr::BasicClientModule<AddNpi, Calls> client;
  typename nmr::BasicNmrRegistry<AddNpi, Calls>::ClientRegistration registration;
};

template <class Calls>
int call(Own<Calls>& own) {
  const auto guard = own.handle.try_call();
  return guard ? guard->add(guard.context(), 1) : -1;
}

void check(const Answers& is, std::int32_t wanted, int sum, const char* which) {
  expect(is.provider, wanted, which);
  expect(is.client, wanted, which);
  expect(is.typed_provider, wanted, which);
  expect(is.typed_client, wanted, which);
  expect(is.attach, wanted, which);
  expect(is.sum, sum, which);
}

int use(bool works, const char* way, const char* file) {
  void* const library = load(way, file);
  if (library == nullptr) return 1;
  const auto start = reinterpret_cast<Start>(dlsym(library, "images_start"));
  const auto plugin_calls = reinterpret_cast<Call>(dlsym(library, "images_call"));
  const auto stop = reinterpret_cast<Stop>(dlsym(library, "images_stop"));
  {
    Own<nmr::PerThreadCalls> per_thread;
    Own<nmr::OneWordCalls> one_word;
    nmr::RundownRef reference;
    Host host{per_thread.place(), one_word.place(), &reference};
    Answers answers[2]{};
    per_thread.enter();
    one_word.enter();
    expect(start(&host, &answers[0], &answers[1]), true, "a reference of the host's");
    const auto wanted = works ? nmr::Status::kSuccess : nmr::Status::kRevisionMismatch;
    check(answers[0], static_cast<std::int32_t>(wanted), works ? 42 : -1, "counted per thread");
    check(answers[1], static_cast<std::int32_t>(wanted), works ? 42 : -1, "counted in one word");
    expect(call(per_thread), works ? 2 : -1, "the host calls, counted per thread");
    expect(call(one_word), works ? 2 : -1, "the host calls, counted in one word");
    if (works) {
      expect(plugin_calls(&host), 84, "the plug-in calls");
      std::thread([&] { expect(plugin_calls(&host), 84, "the plug-in calls on a thread"); }).join();
      std::atomic<bool> stopped{false};
      std::atomic<int> calls{0};
      std::thread caller([&] {
        while (!stopped) calls += plugin_calls(&host) != 0;
      });
      while (calls < 1000) std::this_thread::yield();
      stop(&host);  // beside calls
      stopped = true;
      caller.join();
    } else {
      stop(&host);
    }
    expect(call(per_thread), -1, "the plug-in is gone, counted per thread");
    expect(call(one_word), -1, "the plug-in is gone, counted in one word");
    reference.run_down();
  }
  dlclose(library);
  expect(mapped(file), false, "still mapped");
  return g_wrong;
}

/// Two plug-ins are loaded; the first goes first.
int unload(const char* way, const char* first, const char* second) {
  void* const one = load(way, first);
  void* const two = load(way, second);
  if (one == nullptr || two == nullptr) return 1;
  {
    Own<nmr::PerThreadCalls> per_thread;
    Own<nmr::OneWordCalls> one_word;
    nmr::RundownRef reference;
    Host host{per_thread.place(), one_word.place(), &reference};
    Answers answers[2]{};
    for (void* library : {two, one}) {
      expect(reinterpret_cast<Start>(dlsym(library, "images_start"))(&host, &answers[0], &answers[1]), true,
             "start");
      check(answers[0], 0, 42, "counted per thread");
      reinterpret_cast<Stop>(dlsym(library, "images_stop"))(&host);
    }
  }
  dlclose(one);
  expect(mapped(first), false, "the first is mapped while the second is loaded");
  expect(mapped(second), true, "the second is mapped");
  dlclose(two);
  expect(mapped(second), false, "the second is mapped");
  return g_wrong;
}

}  // namespace

int main(int count, char** words) {
  if (count == 4 && std::strcmp(words[1], "unloads") != 0) {
    return use(std::strcmp(words[1], "works") == 0, words[2], words[3]) != 0;
  }
  if (count == 5) return unload(words[2], words[3], words[4]) != 0;
  std::fputs("see the top of host.cpp\n", stderr);
  return 2;
}
