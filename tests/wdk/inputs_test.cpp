// Handles and calls in whatever order: a program for each input, on one thread, whose callbacks are part of it. More of
// them than a test has time for, under a sanitizer: NMR_WDK_INPUTS=1000000.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "support/misuse.hpp"
#include "wdk/modules.hpp"

namespace {

/// Bytes that follow from a number; zeros in the end, so that each program ends.
class Bytes {
 public:
  explicit Bytes(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  unsigned next(unsigned limit) {
    if (left_ == 0) return 0;
    --left_;
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<unsigned>(state_ >> 33) % limit;
  }
  [[nodiscard]] bool empty() const { return left_ == 0; }

 private:
  std::uint64_t state_;
  int left_ = 120;
};

enum class Kind : std::uint8_t { kClient, kProvider, kClientBinding, kProviderBinding };

struct Program;

struct OneSide {
  Program* program;
  Kind kind;
  HANDLE handle;
  bool live = true;  // its name is
  bool attached = false;
  bool in_turn = false;  // of a client, that may attach
  bool pending = false;  // owes a completion
  bool completed = false;
  int detaches = 0;
  int cleanups = 0;
};
struct OneRegistration {
  Program* program;
  Kind kind;
  HANDLE handle = nullptr;
  bool live = false;
  bool deregistered = false;
};

struct Program {
  explicit Program(std::uint64_t seed) : bytes(seed) { handles.push_back(nullptr); }

  Bytes bytes;
  std::deque<OneSide> sides;
  std::deque<OneRegistration> registrations;
  std::vector<HANDLE> handles;  // all that were ever seen
  int depth = 0;
  int wrong = 0;  // what was not as it should be
  std::string first_wrong;

  void expect(bool good, const char* what) {
    if (good) return;
    if (wrong++ == 0) first_wrong = what;
  }

  [[nodiscard]] bool is_live(HANDLE handle, Kind kind) const {
    for (const OneSide& side : sides) {
      if (side.handle == handle && side.kind == kind) return side.live;
    }
    for (const OneRegistration& registration : registrations) {
      if (registration.handle == handle && registration.kind == kind) return registration.live;
    }
    return false;
  }
  OneRegistration* registration_of(HANDLE handle, Kind kind) {
    for (OneRegistration& registration : registrations) {
      if (registration.live && registration.handle == handle && registration.kind == kind)
        return &registration;
    }
    return nullptr;
  }

  HANDLE any_handle() {
    const unsigned which = bytes.next(12);
    if (which == 0)
      return reinterpret_cast<HANDLE>(static_cast<std::uintptr_t>(bytes.next(1u << 20)) * 0x10001u);
    return handles[bytes.next(static_cast<unsigned>(handles.size()))];
  }

  void enroll(Kind kind);
  void complete(OneSide& side) {
    side.pending = false;
    side.completed = true;
    if (side.kind == Kind::kClientBinding) {
      NmrClientDetachProviderComplete(side.handle);
    } else {
      NmrProviderDetachClientComplete(side.handle);
    }
  }
  void complete_all() {
    for (std::size_t i = 0; i != sides.size(); ++i) {
      if (sides[i].pending) complete(sides[i]);
    }
  }

  /// Calls a function with a handle that may be anything.
  void call(unsigned function, HANDLE handle) {
    static constexpr Kind kWanted[] = {Kind::kClient,         Kind::kProvider,      Kind::kClient,
                                       Kind::kProvider,       Kind::kClientBinding, Kind::kClientBinding,
                                       Kind::kProviderBinding};
    const Kind wanted = kWanted[function];
    const bool live = is_live(handle, wanted);
    const bool stands_for_it = (function == 5 && is_live(handle, Kind::kClient)) ||
                               (function == 6 && is_live(handle, Kind::kProvider));
    OneRegistration* const registration = registration_of(handle, wanted);
    if (stands_for_it) return;  // R122 has its own tests; here it would complete what the program owes
    if (function == 2 || function == 3) {
      if (live && registration->deregistered) complete_all();  // it would wait for what this thread owes
    }
    if (live && function >= 5) {
      for (std::size_t i = 0; i != sides.size(); ++i) {
        if (sides[i].handle == handle && !sides[i].completed) return complete(sides[i]);
      }
      return;  // twice: R121
    }
    for (const OneSide& side : sides) {
      if (function == 4 && side.handle == handle && side.in_turn) return;  // its callback does
    }
    const bool again = live && function < 4 && registration->deregistered;
    if (live && function < 2) registration->deregistered = true;
    const MisuseTrap trap;
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    void* context = nullptr;
    const void* dispatch = nullptr;
    switch (function) {
      case 0: status = NmrDeregisterClient(handle); break;
      case 1: status = NmrDeregisterProvider(handle); break;
      case 2: status = NmrWaitForClientDeregisterComplete(handle); break;
      case 3: status = NmrWaitForProviderDeregisterComplete(handle); break;
      case 4: status = NmrClientAttachProvider(handle, nullptr, nullptr, &context, &dispatch); break;
      case 5: NmrClientDetachProviderComplete(handle); break;
      default: NmrProviderDetachClientComplete(handle); break;
    }
    if (!live) {
      expect(status == STATUS_INVALID_PARAMETER, "another status for a handle that is not what is wanted");
      expect(trap.count() == 1, "not one report of a handle that is not what is wanted");
    } else if (function < 2) {
      expect(status == (again ? STATUS_INVALID_DEVICE_STATE : STATUS_PENDING),
             "another status of Deregister");
    } else if (function < 4) {
      if (!again) expect(status == STATUS_INVALID_PARAMETER, "Wait before Deregister");
      if (status == STATUS_SUCCESS) registration->live = false;
      expect(status == STATUS_SUCCESS || status == STATUS_POSSIBLE_DEADLOCK ||
                 status == STATUS_INVALID_PARAMETER,
             "another status of Wait");
    } else {
      expect(status == STATUS_INVALID_DEVICE_STATE, "attached out of turn");
    }
  }

  void step() {
    const unsigned what = bytes.next(10);
    if (what == 0) return enroll(Kind::kClient);
    if (what == 1) return enroll(Kind::kProvider);
    if (what == 2) return complete_all();
    call(what - 3, any_handle());
  }
  /// What a callback does on the way.
  void steps_inside() {
    if (depth >= 3) return;
    ++depth;
    for (unsigned count = bytes.next(3); count != 0; --count) step();
    --depth;
  }

  void run() {
    const MisuseTrap trap;  // what callbacks do wrong
    while (!bytes.empty()) step();
    for (std::size_t i = 0; i != registrations.size(); ++i) {
      if (!registrations[i].live || registrations[i].deregistered) continue;
      call(registrations[i].kind == Kind::kClient ? 0 : 1, registrations[i].handle);
    }
    complete_all();
    for (std::size_t i = 0; i != registrations.size(); ++i) {
      if (registrations[i].live)
        call(registrations[i].kind == Kind::kClient ? 2 : 3, registrations[i].handle);
      expect(!registrations[i].live, "a registration that does not end");
    }
    for (const OneSide& side : sides) {
      expect(side.detaches == (side.attached ? 1 : 0), "not one detach of a side that was attached");
      expect(side.cleanups == side.detaches, "not one cleanup of a side that was detached");
      expect(!side.live, "a binding that does not end");
    }
  }

  OneSide& begin(HANDLE handle, Kind kind) {
    for (const HANDLE before : handles) expect(before != handle, "a handle that was there before");
    handles.push_back(handle);
    return sides.emplace_back(OneSide{this, kind, handle});
  }
};

NTSTATUS detach(void* context) {
  auto& side = *static_cast<OneSide*>(context);
  Program& program = *side.program;
  ++side.detaches;
  program.steps_inside();
  switch (program.bytes.next(6)) {
    case 0:
    case 1: return side.completed ? STATUS_PENDING : STATUS_SUCCESS;
    case 2:
      if (!side.completed) program.complete(side);
      program.expect(side.cleanups == 0, "cleaned up while its detach callback runs");
      return STATUS_PENDING;
    case 3: return side.completed ? STATUS_PENDING : STATUS_UNSUCCESSFUL;
    default: side.pending = !side.completed; return STATUS_PENDING;
  }
}
void clean_up(void* context) {
  auto& side = *static_cast<OneSide*>(context);
  side.live = false;
  side.pending = false;
  side.program->expect(++side.cleanups == 1, "cleaned up twice");
  side.program->steps_inside();
}
NTSTATUS attach_provider(HANDLE binding, void* context, PNPI_REGISTRATION_INSTANCE) {
  Program& program = *static_cast<OneRegistration*>(context)->program;
  OneSide& side = program.begin(binding, Kind::kClientBinding);
  side.in_turn = true;
  program.steps_inside();
  NTSTATUS status = STATUS_NOINTERFACE;
  if (program.bytes.next(8) != 7) {
    void* peer = nullptr;
    const void* dispatch = nullptr;
    status = NmrClientAttachProvider(binding, &side, nullptr, &peer, &dispatch);
    side.attached = NT_SUCCESS(status);
    side.in_turn = !side.attached;
    program.steps_inside();
    if (program.bytes.next(12) == 11) status = STATUS_NO_MEMORY;
  } else if (program.bytes.next(4) == 3) {
    status = STATUS_SUCCESS;
  }
  side.attached = side.attached && NT_SUCCESS(status);
  side.live = side.attached;
  side.in_turn = false;
  if (!side.attached) side.pending = false;
  return status;
}
NTSTATUS attach_client(HANDLE binding, void* context, PNPI_REGISTRATION_INSTANCE, void*, const void*,
                       void** own, const void**) {
  Program& program = *static_cast<OneRegistration*>(context)->program;
  OneSide& side = program.begin(binding, Kind::kProviderBinding);
  program.steps_inside();
  side.attached = side.live = program.bytes.next(8) != 7;
  *own = &side;
  return side.attached ? STATUS_SUCCESS : STATUS_NOINTERFACE;
}

void Program::enroll(Kind kind) {
  static const NPI_CLIENT_CHARACTERISTICS kClient{
      0,
      sizeof(NPI_CLIENT_CHARACTERISTICS),
      &attach_provider,
      &detach,
      &clean_up,
      {0, sizeof(NPI_REGISTRATION_INSTANCE), &kOtherNpi, nullptr, 0, nullptr}};
  static const NPI_PROVIDER_CHARACTERISTICS kProvider{
      0,
      sizeof(NPI_PROVIDER_CHARACTERISTICS),
      &attach_client,
      &detach,
      &clean_up,
      {0, sizeof(NPI_REGISTRATION_INSTANCE), &kOtherNpi, nullptr, 0, nullptr}};
  if (registrations.size() == 6) return;
  OneRegistration& registration = registrations.emplace_back(OneRegistration{this, kind});
  registration.live = true;
  const NTSTATUS status = kind == Kind::kClient
                              ? NmrRegisterClient(&kClient, &registration, &registration.handle)
                              : NmrRegisterProvider(&kProvider, &registration, &registration.handle);
  expect(status == STATUS_SUCCESS, "a registration that fails");
  handles.push_back(registration.handle);
}

}  // namespace

TEST_CASE(
    "R120, R121, R132: handles and calls in any order end nothing that is not theirs, and leave nothing "
    "behind") {
  const char* const asked = std::getenv("NMR_WDK_INPUTS");
  const std::uint64_t inputs = asked != nullptr ? std::strtoull(asked, nullptr, 10) : 3000;
  for (std::uint64_t input = 0; input != inputs; ++input) {
    Program program(input);
    program.run();
    if (program.wrong == 0) continue;
    CAPTURE(input);
    CHECK(program.first_wrong == "");
    return;
  }
  CHECK(inputs != 0);
}
