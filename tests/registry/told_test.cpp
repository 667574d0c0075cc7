// What may still run when an end is told: no post() of the executors of both sides, and no completion of the same end.
#include <memory>
#include <utility>

#include "platform/threads.hpp"
#include "registry/fixture.hpp"

namespace {

enum class Way : std::uint8_t {
  kThread,  // its own thread runs what is posted, and post() lasts longer than what it has posted
  kHere,  // post() runs it, and goes on
  kHelping,  // whichever post() is running runs what others post
};

/// An executor whose post() is seen while it runs. In kThread it lasts until what it has posted has run a while ago,
/// or is waiting for it.
class Watched : public nmr::Executor {
 public:
  explicit Watched(Way way) : Executor{&post_here}, way_(way) {
    if (way == Way::kThread) thread_ = std::thread([this] { run_all(); });
  }
  ~Watched() {
    CHECK(inside_ == 0);
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] int inside() const { return inside_; }
  [[nodiscard]] bool is_thread(std::thread::id id) const { return thread_.get_id() == id; }

 private:
  static void post_here(nmr::Executor& executor, nmr::Completion& completion) noexcept {
    auto& self = static_cast<Watched&>(executor);
    ++self.inside_;
    switch (self.way_) {
      case Way::kThread: {
        const int taken = self.taken_;
        self.push(completion);
        if (self.is_thread(std::this_thread::get_id())) break;  // it is the one that will run it
        spin_until([&] { return self.taken_ != taken; });
        for (int i = 0; i < 20; ++i) std::this_thread::yield();  // what is too early has time to show
        break;
      }
      case Way::kHere: completion.run(); break;
      case Way::kHelping:
        self.push(completion);
        while (nmr::Completion* const next = self.pop()) next->run();
        break;
    }
    --self.inside_;
  }

  void push(nmr::Completion& completion) {
    std::lock_guard lock(mutex_);
    completion.link() = first_;
    first_ = &completion;
  }
  nmr::Completion* pop() {
    std::lock_guard lock(mutex_);
    nmr::Completion* const next = first_;
    if (next != nullptr) first_ = next->link();
    return next;
  }
  void run_all() {
    while (!stop_) {
      nmr::Completion* const next = pop();
      if (next == nullptr) {
        std::this_thread::yield();
        continue;
      }
      ++taken_;
      next->run();
    }
  }

  const Way way_;
  std::mutex mutex_;
  nmr::Completion* first_ = nullptr;
  std::atomic<int> inside_{0};
  std::atomic<int> taken_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// A completion that looks, when it runs, which posts are running.
struct Looks : nmr::Completion {
  explicit Looks(std::vector<Watched*> at) : Completion(&look, this), executors(std::move(at)) {}
  static void look(Completion&, void* self) noexcept {
    auto& looks = *static_cast<Looks*>(self);
    for (Watched* executor : looks.executors) looks.posting += executor->inside();
    looks.thread = std::this_thread::get_id();
    looks.ran = true;
  }
  std::vector<Watched*> executors;
  int posting = 0;
  std::thread::id thread;
  std::atomic<bool> ran{false};
};

/// Ends a binding whose sides have these executors, by a call that leaves last on another thread.
template <class Calls>
void end_with(Watched* of_client, Watched* of_provider, const std::vector<Watched*>& all,
              bool threads_alone) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  provider.module.executor = of_provider;
  client.module.executor = of_client;
  enroll(provider, client);
  auto hold = client.attachment().handle.try_call().hold();
  Looks looks(all), peers(all);
  CHECK(provider.registration.deregister(looks) == Status::kPending);
  CHECK(client.registration.deregister(peers) == Status::kPending);
  std::thread last([&] { hold.leave(); });
  CHECK(provider.registration.wait_for_deregister_complete() == Status::kSuccess);
  for (const Watched* executor : all) CHECK(executor->inside() == 0);
  CHECK(looks.ran);
  CHECK(client.registration.wait_for_deregister_complete() == Status::kSuccess);
  CHECK(peers.ran);
  const std::thread::id leaver = last.get_id();
  last.join();
  for (const Looks* told : {&looks, &peers}) {
    CHECK(told->posting == 0);
    if (threads_alone) CHECK(told->thread != leaver);  // but an executor's
  }
}

}  // namespace

TEST_CASE_TEMPLATE("an end is told when each post() has returned, on the executor", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (int i = 0; i < 3; ++i) {
    for (const Way way : {Way::kThread, Way::kHere, Way::kHelping}) {
      CAPTURE(static_cast<int>(way));
      const bool thread = way == Way::kThread;
      Watched one(way);
      end_with<Calls>(&one, nullptr, {&one}, thread);
      end_with<Calls>(nullptr, &one, {&one}, thread);
      end_with<Calls>(&one, &one, {&one}, thread);
      for (const Way others : {Way::kThread, Way::kHere, Way::kHelping}) {
        Watched other(others);
        end_with<Calls>(&one, &other, {&one, &other}, thread);
      }
    }
  }
}

TEST_CASE_TEMPLATE("an executor that runs what other threads post leaves no end untold", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  for (int i = 0; i < 50; ++i) {
    Watched helping(Way::kHelping);
    World<Calls> world;
    Provider<Calls> provider(world, 1);
    Client<Calls> first(world, 2), second(world, 3);
    for (auto* client : {&first, &second}) client->module.executor = &helping;
    provider.module.executor = &helping;
    enroll(provider, first, second);
    std::thread one([&] { first.leave(); });
    std::thread two([&] { second.leave(); });
    provider.leave();
    CHECK(helping.inside() <= 2);  // of the clients' bindings at most
    one.join();
    two.join();
    CHECK(helping.inside() == 0);
  }
}

TEST_CASE_TEMPLATE("R70: inside post() a wait for the end of what is posted is a wait for oneself", Calls,
                   nmr::PerThreadCalls, nmr::OneWordCalls) {
  static Client<Calls>* waits;
  struct WaitsInPost : nmr::Executor {
    WaitsInPost()
        : Executor{[](nmr::Executor& self, nmr::Completion& completion) noexcept {
            completion.run();
            static_cast<WaitsInPost&>(self).status = waits->registration.wait_for_deregister_complete();
          }} {}
    Status status = Status::kNotFound;
  };
  WaitsInPost executor;
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  waits = &client;
  client.module.executor = &executor;
  enroll(provider, client);
  SUBCASE("of the thread that deregisters") { client.leave(); }
  SUBCASE("of the last to leave") {
    auto hold = client.attachment().handle.try_call().hold();
    CHECK(client.registration.deregister() == Status::kPending);
    hold.leave();
  }
  CHECK(executor.status == Status::kPossibleDeadlock);
}

TEST_CASE_TEMPLATE("a wait returns when the completions of the same end have", Calls, nmr::PerThreadCalls,
                   nmr::OneWordCalls) {
  World<Calls> world;
  Provider<Calls> provider(world, 1);
  Client<Calls> client(world, 2);
  enroll(provider, client);
  struct Lasts : nmr::Completion {
    Lasts()
        : Completion(
              [](Completion&, void* self) noexcept {
                auto& lasts = *static_cast<Lasts*>(self);
                lasts.begun = true;
                for (int i = 0; i < 50; ++i) std::this_thread::yield();
                lasts.over = true;
              },
              this) {}
    std::atomic<bool> begun{false};
    std::atomic<bool> over{false};
  };
  Lasts lasts, notified;
  auto hold = client.attachment().handle.try_call().hold();
  CHECK(client.registration.deregister(lasts) == Status::kPending);
  CHECK(client.registration.notify_deregister_complete(notified) == Status::kSuccess);
  std::thread leaver([&] { hold.leave(); });
  SUBCASE("that began before") {}
  SUBCASE("that begins meanwhile") {
    spin_until([&] { return lasts.begun.load(); });
  }
  SUBCASE("of a destructor") {
    client.registration = {};
    CHECK(lasts.over);
  }
  if (client.registration) CHECK(client.registration.wait_for_deregister_complete() == Status::kSuccess);
  CHECK(lasts.over);
  CHECK(notified.over);
  leaver.join();
}
