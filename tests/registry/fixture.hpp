#pragma once
/// Modules that record what happens to them and do what a test tells them, over either way to count calls:
///
///   TEST_CASE_TEMPLATE("R3: ...", Calls, nmr::PerThreadCalls, nmr::OneWordCalls) {
///     World<Calls> world;                     // the registry and the log of all callbacks
///     Provider<Calls> provider(world, 1);     // a module named 1; give it hooks, then register it
///     CHECK(provider.enroll() == Status::kSuccess);
///     Client<Calls> client(world, 2);
///     client.keep_detach = true;
///     CHECK(client.enroll() == Status::kSuccess);
///     CHECK(call(client.attachment(0), 5) == 5 + 1);
///   }
///
/// Modules are declared after their world. When it goes, the log is held to the invariants I2 to I5 and I11.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <nmr/registry.hpp>

using nmr::ModuleSide;
using nmr::Status;

/// An NPI with both tables and characteristics. Those of one number have one identifier, whatever their form.
template <std::uint32_t kNumber, char kForm = 'a'>
struct NumberedNpi {
  struct ProviderDispatch {
    int (*call)(void* context, int value);
  };
  struct ClientDispatch {
    int (*call)(void* context, int value);
  };
  struct ProviderCharacteristics {
    std::uint64_t rank;
  };
  struct ClientCharacteristics {
    std::uint64_t rank;
  };
  static constexpr nmr::NpiId kId{{kNumber, 0x1234, 0x5678, {1, 2, 3, 4, 5, 6, 7, 8}}};
};
using TestNpi = NumberedNpi<1>;
using SecondNpi = NumberedNpi<2>;

enum class What : std::uint8_t { kAttach, kAttachEnd, kDetach, kDetachEnd, kCleanup, kCleanupEnd };

/// The begin or the end of a callback.
struct Event {
  What what;
  ModuleSide side;
  const void* module;
  nmr::BindingId binding;
  void* context;  ///< as the callback got it
  Status status;  ///< of kAttachEnd: what it returned, kUnhandledException if it threw
  bool cleans_up;  ///< the module has a cleanup callback
  std::thread::id thread = std::this_thread::get_id();
};

/// All callbacks, in an order that all threads agree on. Does not allocate for the first few.
class Log {
 public:
  Log() { events_.reserve(512); }

  void add(const Event& event) {
    std::lock_guard lock(mutex_);
    events_.push_back(event);
  }
  [[nodiscard]] std::vector<Event> events() const {
    std::lock_guard lock(mutex_);
    return events_;
  }
  /// Events of one kind; of one module, if one is given.
  [[nodiscard]] int count(What what, const void* module = nullptr) const {
    return static_cast<int>(find(what, module).size());
  }
  [[nodiscard]] std::vector<Event> find(What what, const void* module = nullptr) const {
    std::lock_guard lock(mutex_);
    std::vector<Event> found;
    for (const Event& event : events_) {
      if (event.what == what && (module == nullptr || event.module == module)) found.push_back(event);
    }
    return found;
  }
  /// Where in the log an event first stands, or -1.
  [[nodiscard]] int position(What what, const void* module) const {
    std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (events_[i].what == what && events_[i].module == module) return static_cast<int>(i);
    }
    return -1;
  }
  [[nodiscard]] bool empty() const {
    std::lock_guard lock(mutex_);
    return events_.empty();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Event> events_;
};

/// What the log says of one side of a binding.
struct Life {
  int attaching = 0;
  bool agreed = false;
  bool cleans_up = false;
  int detaches = 0;
  int detaches_ended = 0;
  int cleanups = 0;
};

/// Returns what is wrong with the lives of all bindings, which have ended; empty if nothing is.
inline std::string wrong_lives(const std::vector<Event>& events) {
  std::map<nmr::BindingId, std::array<Life, 2>> bindings;
  std::string wrong;
  const auto expect = [&](bool good, const char* rule) {
    if (!good && wrong.size() < 1000) wrong += std::string(rule) + "; ";
  };
  const auto attached = [](const std::array<Life, 2>& sides, std::size_t which) {
    return sides[1].agreed && sides[which].agreed;  // the client is if the provider agreed too
  };
  for (const Event& event : events) {
    auto& sides = bindings[event.binding];
    const auto which = static_cast<std::size_t>(event.side);
    Life& life = sides[which];
    switch (event.what) {
      case What::kAttach:
        ++life.attaching;
        life.cleans_up = event.cleans_up;
        expect(sides[0].detaches + sides[1].detaches == 0, "attach after detach");
        break;
      case What::kAttachEnd:
        --life.attaching;
        life.agreed = nmr::succeeded(event.status);
        break;
      case What::kDetach:
        ++life.detaches;
        expect(attached(sides, which), "detach of what is not attached");
        expect(sides[0].attaching + sides[1].attaching == 0, "detach during attach");
        break;
      case What::kDetachEnd: ++life.detaches_ended; break;
      case What::kCleanup:
        ++life.cleanups;
        for (std::size_t i = 0; i < 2; ++i) {
          expect(sides[i].detaches_ended == (attached(sides, i) ? 1 : 0),
                 "cleanup before the detach of both has ended");
        }
        break;
      case What::kCleanupEnd: break;
    }
  }
  for (const auto& [binding, sides] : bindings) {
    for (std::size_t i = 0; i < 2; ++i) {
      const int owed = attached(sides, i) ? 1 : 0;
      expect(sides[i].detaches == owed, "attached and not detached once, or detached for nothing");
      expect(sides[i].cleanups == (sides[i].cleans_up ? owed : 0),
             "attached and not cleaned up once, or for nothing");
    }
  }
  return wrong;
}

template <class Calls>
struct World {
  using Registry = nmr::BasicNmrRegistry<TestNpi, Calls>;

  Log log;
  Registry registry;

  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() { CHECK(wrong_lives(log.events()) == std::string()); }
};

/// A client or a provider of an NPI. Hooks are set before it registers: callbacks read them on any thread.
template <class Calls, ModuleSide kSide, class N = TestNpi>
class TestModule {
 public:
  static constexpr bool kIsClient = kSide == ModuleSide::kClient;
  template <class IfClient, class IfProvider>
  using Choose = std::conditional_t<kIsClient, IfClient, IfProvider>;

  using Registry = nmr::BasicNmrRegistry<N, Calls>;
  using Module = Choose<typename Registry::ClientModule, typename Registry::ProviderModule>;
  using Registration = Choose<typename Registry::ClientRegistration, typename Registry::ProviderRegistration>;
  using Offer = Choose<typename Registry::ProviderOffer, typename Registry::ClientOffer>;
  using Handle = typename Offer::Handle;
  using Dispatch = Choose<typename N::ClientDispatch, typename N::ProviderDispatch>;
  using Characteristics = Choose<typename N::ClientCharacteristics, typename N::ProviderCharacteristics>;

  /// This side's context of one binding. Stays after its cleanup, as long as the module.
  struct Attachment {
    Attachment(TestModule& of, typename Calls::Domain& domain, Offer& offer)
        : module(of), handle(domain), binding(offer.binding()), peer(&offer.peer()) {}
    TestModule& module;
    Handle handle;  ///< for calls to the other side
    const nmr::BindingId binding;
    const nmr::RegistrationInstance* const peer;  ///< until cleanup
    nmr::DetachCompletion kept;  ///< with keep_detach; see complete()
    std::atomic<int> served{0};  ///< calls from the other side that came in
    std::atomic<bool> cleaned{false};
  };

  TestModule(Registry& registry, Log& log, std::uint64_t name)
      : characteristics{name}, registry_(registry), log_(log) {
    if constexpr (kIsClient) {
      module.attach_provider = &attach;
      module.detach_provider = &detach;
    } else {
      module.attach_client = &attach;
      module.detach_client = &detach;
    }
    module.cleanup_binding_context = &cleanup;
    module.module_id = nmr::ModuleId(name);
    module.characteristics = &characteristics;
  }
  TestModule(World<Calls>& world, std::uint64_t name) : TestModule(world.registry, world.log, name) {}
  TestModule(const TestModule&) = delete;
  TestModule& operator=(const TestModule&) = delete;
  /// Deregisters, if that has not been done, and waits; what was kept is completed first.
  ~TestModule() {
    keep_detach = false;
    complete_all();
  }

  Status enroll() { return enroll(registration); }
  Status enroll(Registration& into) {
    if constexpr (kIsClient) {
      return registry_.register_client(module, this, into);
    } else {
      return registry_.register_provider(module, this, into);
    }
  }
  /// Deregisters and waits.
  void leave() {
    CHECK(registration.deregister() == Status::kPending);
    CHECK(registration.wait_for_deregister_complete() == Status::kSuccess);
  }

  /// What it does by default when asked: accepts with a new attachment, and its handle or the given one.
  /// Returns what the offer returned.
  Status accept(Offer& offer, const Dispatch* dispatch = &kDispatch, Handle* handle = nullptr) {
    Attachment* made = nullptr;
    {
      std::lock_guard lock(mutex_);
      made = &attachments_.emplace_back(*this, registry_.call_domain(), offer);
    }
    const Status status = offer.accept(handle != nullptr ? *handle : made->handle, made, dispatch);
    if (!nmr::succeeded(status)) {
      std::lock_guard lock(mutex_);
      for (auto each = attachments_.begin(); each != attachments_.end(); ++each) {
        if (&*each != made) continue;
        in_vain_.splice(in_vain_.end(), attachments_, each);
        break;
      }
    }
    return status;
  }

  /// The attachments that it accepted, oldest first.
  [[nodiscard]] Attachment& attachment(std::size_t index = 0) {
    std::lock_guard lock(mutex_);
    REQUIRE(index < attachments_.size());
    return *std::next(attachments_.begin(), static_cast<std::ptrdiff_t>(index));
  }
  /// The same at one moment, all of them. Those stay that turn out to be in vain later.
  [[nodiscard]] std::vector<Attachment*> all_attachments() {
    std::lock_guard lock(mutex_);
    std::vector<Attachment*> all;
    for (Attachment& attachment : attachments_) all.push_back(&attachment);
    return all;
  }
  [[nodiscard]] std::size_t attachments() const {
    std::lock_guard lock(mutex_);
    return attachments_.size();
  }

  /// Completes a detach that was kept; the attachment may be cleaned up when it returns.
  void complete(Attachment& attachment) {
    nmr::DetachCompletion done;
    {
      std::lock_guard lock(mutex_);
      done = std::move(attachment.kept);
    }
    done.complete();
  }
  void complete_all() {
    for (Attachment& attachment : attachments_) attachment.kept = {};
  }

  [[nodiscard]] int count(What what) const { return log_.count(what, this); }
  [[nodiscard]] Log& log() noexcept { return log_; }

  Characteristics characteristics;
  Module module;

  Status answer = Status::kSuccess;  ///< another one: it declines with that
  bool keep_detach = false;  ///< it keeps each DetachCompletion until complete()
  /// In place of what it does by default; what they are not given to do is not done.
  std::function<Status(Offer&)> on_attach;
  std::function<void(Attachment&, nmr::DetachCompletion)> on_detach;
  std::function<void(Attachment&)> on_cleanup;
  std::function<int(Attachment&, int)> on_call;

  static constexpr Dispatch kDispatch{[](void* context, int value) {
    auto& attachment = *static_cast<Attachment*>(context);
    ++attachment.served;
    return attachment.module.on_call ? attachment.module.on_call(attachment, value) : value + 1;
  }};

 private:
  void note(What what, nmr::BindingId binding, void* context, Status status = Status::kSuccess) {
    log_.add({what, kSide, this, binding, context, status, module.cleanup_binding_context != nullptr});
  }

  static Status attach(void* context, Offer& offer) {
    auto& self = *static_cast<TestModule*>(context);
    struct Noted {
      TestModule& module;
      nmr::BindingId binding;
      Status status = Status::kUnhandledException;
      ~Noted() { module.note(What::kAttachEnd, binding, &module, status); }
    };
    self.note(What::kAttach, offer.binding(), context);
    Noted noted{self, offer.binding()};
    noted.status = self.answer != Status::kSuccess ? self.answer
                   : self.on_attach                ? self.on_attach(offer)
                                                   : self.accept(offer);
    return noted.status;
  }

  static void detach(void* context, nmr::DetachCompletion done) noexcept {
    auto& attachment = *static_cast<Attachment*>(context);
    auto& self = attachment.module;
    self.note(What::kDetach, attachment.binding, context);
    if (self.on_detach) {
      self.on_detach(attachment, std::move(done));
    } else if (self.keep_detach) {
      std::lock_guard lock(self.mutex_);
      attachment.kept = std::move(done);
    } else {
      done.complete();
    }
    self.note(What::kDetachEnd, attachment.binding, context);
  }

  static void cleanup(void* context) noexcept {
    auto& attachment = *static_cast<Attachment*>(context);
    auto& self = attachment.module;
    self.note(What::kCleanup, attachment.binding, context);
    if (self.on_cleanup) self.on_cleanup(attachment);
    attachment.cleaned = true;
    self.note(What::kCleanupEnd, attachment.binding, context);
  }

  Registry& registry_;
  Log& log_;
  mutable std::mutex mutex_;
  std::list<Attachment> attachments_;
  std::list<Attachment> in_vain_;  // others may be about to look at them

 public:
  Registration registration;  // last, so that it goes first
};

template <class Calls, class N = TestNpi>
using Client = TestModule<Calls, ModuleSide::kClient, N>;
template <class Calls, class N = TestNpi>
using Provider = TestModule<Calls, ModuleSide::kProvider, N>;

/// Registers modules, one after the other.
template <class... Modules>
void enroll(Modules&... modules) {
  for (const Status status : {modules.enroll()...}) CHECK(status == Status::kSuccess);
}

/// A provider named 1 and a client named 2, for each other.
template <class Calls>
struct ModulePair {
  void enroll() { ::enroll(provider, client); }
  [[nodiscard]] int detaches() const { return world.log.count(What::kDetach); }
  [[nodiscard]] int cleanups() const { return world.log.count(What::kCleanup); }

  World<Calls> world;
  Provider<Calls> provider{world, 1};
  Client<Calls> client{world, 2};
};

/// Calls the other side of an attachment. Returns what it returned, or nothing if the call was refused.
template <class Attachment>
std::optional<int> call(Attachment& attachment, int value) {
  auto guard = attachment.handle.try_call();
  if (!guard) return std::nullopt;
  return guard->call(guard.context(), value);
}
