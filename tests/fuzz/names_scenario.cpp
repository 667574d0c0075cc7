// Handles and calls by the Windows names in whatever order: a program for each input, on one thread, whose callbacks are
// part of it.
#include <cstdio>
#include <deque>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <netioddk.h>

#include "fuzz/bytes.hpp"
#include "fuzz/expect.hpp"
#include "fuzz/scenarios.hpp"
#include "support/misuse.hpp"

namespace fuzz {
namespace {

constexpr NPIID kNpi{0xf022, 1, 2, {}};

enum class Kind : std::uint8_t { kClient, kProvider, kClientBinding, kProviderBinding };

struct Program;

struct Side {
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
struct Registration {
  Program* program;
  Kind kind;
  HANDLE handle = nullptr;
  bool live = false;
  bool deregistered = false;
};

struct Program {
  Program(std::span<const std::uint8_t> input, std::set<std::string>* things) : bytes(input), met(things) {
    handles.push_back(nullptr);
  }

  Bytes bytes;
  std::set<std::string>* met;
  std::deque<Side> sides;
  std::deque<Registration> registrations;
  std::vector<HANDLE> handles;  // all that were ever seen
  int depth = 0;

  /// Notes a thing that a kept input may be there for.
  void meets(const std::string& thing) {
    if (met != nullptr) met->insert(thing);
  }
  void meets(const char* function, NTSTATUS status) {
    char number[16];
    std::snprintf(number, sizeof number, "%08x", static_cast<unsigned>(status));
    meets(function + std::string(depth == 0 ? "" : " in a callback") + " gives 0x" + number);
  }

  [[nodiscard]] bool is_live(HANDLE handle, Kind kind) const {
    for (const Side& side : sides) {
      if (side.handle == handle && side.kind == kind) return side.live;
    }
    for (const Registration& registration : registrations) {
      if (registration.handle == handle && registration.kind == kind) return registration.live;
    }
    return false;
  }
  Registration* registration_of(HANDLE handle, Kind kind) {
    for (Registration& registration : registrations) {
      if (registration.live && registration.handle == handle && registration.kind == kind)
        return &registration;
    }
    return nullptr;
  }

  HANDLE any_handle() {
    const std::size_t which = bytes.pick(12);
    if (which == 0)
      return reinterpret_cast<HANDLE>((bytes.next() + 1u) * std::uintptr_t{0x10001} << bytes.pick(8));
    return handles[bytes.pick(handles.size())];
  }

  static const char* name_of(const Side& side) {
    return side.kind == Kind::kClientBinding ? "a client" : "a provider";
  }

  void enroll(Kind kind);
  void complete(Side& side) {
    meets(std::string(name_of(side)) + (side.pending         ? " completes after its detach callback"
                                        : side.detaches == 0 ? " completes before it is asked"
                                                             : " completes in its detach callback"));
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
  void call(std::size_t function, HANDLE handle) {
    static constexpr Kind kWanted[] = {Kind::kClient,         Kind::kProvider,      Kind::kClient,
                                       Kind::kProvider,       Kind::kClientBinding, Kind::kClientBinding,
                                       Kind::kProviderBinding};
    static constexpr const char* kNames[] = {"Deregister a client", "Deregister a provider",
                                             "Wait for a client", "Wait for a provider", "Attach"};
    const Kind wanted = kWanted[function];
    const bool live = is_live(handle, wanted);
    const bool stands_for_it = (function == 5 && is_live(handle, Kind::kClient)) ||
                               (function == 6 && is_live(handle, Kind::kProvider));
    Registration* const registration = registration_of(handle, wanted);
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
    for (const Side& side : sides) {
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
    if (met != nullptr && !live) meets(trap.operation() + " " + trap.rule());
    if (met != nullptr && live) meets(kNames[function], status);
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
    const std::size_t what = bytes.pick(10);
    if (what == 0) return enroll(Kind::kClient);
    if (what == 1) return enroll(Kind::kProvider);
    if (what == 2) return complete_all();
    call(what - 3, any_handle());
  }
  /// What a callback does on the way.
  void steps_inside() {
    if (depth >= 3) return;
    ++depth;
    for (std::size_t count = bytes.pick(3); count != 0; --count) step();
    --depth;
  }

  void run() {
    const MisuseTrap trap;  // what callbacks do wrong
    while (bytes.more()) step();
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
    for (const Side& side : sides) {
      expect(side.detaches == (side.attached ? 1 : 0), "not one detach of a side that was attached");
      expect(side.cleanups == side.detaches, "not one cleanup of a side that was detached");
      expect(!side.live, "a binding that does not end");
    }
  }

  Side& begin(HANDLE handle, Kind kind) {
    for (const HANDLE before : handles) expect(before != handle, "a handle that was there before");
    handles.push_back(handle);
    return sides.emplace_back(Side{this, kind, handle});
  }
};

NTSTATUS detach(void* context) {
  auto& side = *static_cast<Side*>(context);
  Program& program = *side.program;
  ++side.detaches;
  program.meets(std::string(Program::name_of(side)) +
                (side.completed ? " is asked after its completion" : " is asked"));
  program.steps_inside();
  switch (program.bytes.pick(6)) {
    case 0:
    case 1: return side.completed ? STATUS_PENDING : STATUS_SUCCESS;
    case 2:
      if (!side.completed) program.complete(side);
      expect(side.cleanups == 0, "cleaned up while its detach callback runs");
      return STATUS_PENDING;
    case 3:
      if (side.completed) return STATUS_PENDING;
      program.meets(std::string(Program::name_of(side)) + " returns an error from its detach callback");
      return STATUS_UNSUCCESSFUL;
    default: side.pending = !side.completed; return STATUS_PENDING;
  }
}
void clean_up(void* context) {
  auto& side = *static_cast<Side*>(context);
  side.live = false;
  side.pending = false;
  expect(++side.cleanups == 1, "cleaned up twice");
  side.program->steps_inside();
}
NTSTATUS attach_provider(HANDLE binding, void* context, PNPI_REGISTRATION_INSTANCE) {
  Program& program = *static_cast<Registration*>(context)->program;
  Side& side = program.begin(binding, Kind::kClientBinding);
  side.in_turn = true;
  program.steps_inside();
  NTSTATUS status = STATUS_NOINTERFACE;
  if (program.bytes.pick(8) != 7) {
    void* peer = nullptr;
    const void* dispatch = nullptr;
    status = NmrClientAttachProvider(binding, &side, nullptr, &peer, &dispatch);
    side.attached = NT_SUCCESS(status);
    side.in_turn = !side.attached;
    program.steps_inside();
    if (program.bytes.pick(12) == 11) status = STATUS_NO_MEMORY;
  } else if (program.bytes.pick(4) == 3) {
    status = STATUS_SUCCESS;
  }
  if (side.attached != NT_SUCCESS(status))
    program.meets(side.attached ? "a client fails after it has attached"
                                : "a client succeeds without the provider");
  side.attached = side.attached && NT_SUCCESS(status);
  side.live = side.attached;
  side.in_turn = false;
  if (!side.attached) side.pending = false;
  return status;
}
NTSTATUS attach_client(HANDLE binding, void* context, PNPI_REGISTRATION_INSTANCE, void*, const void*,
                       void** own, const void**) {
  Program& program = *static_cast<Registration*>(context)->program;
  Side& side = program.begin(binding, Kind::kProviderBinding);
  program.steps_inside();
  side.attached = side.live = program.bytes.pick(8) != 7;
  *own = &side;
  program.meets(side.attached ? "a provider agrees" : "a provider refuses");
  return side.attached ? STATUS_SUCCESS : STATUS_NOINTERFACE;
}

void Program::enroll(Kind kind) {
  static const NPI_CLIENT_CHARACTERISTICS kClient{
      0,
      sizeof(NPI_CLIENT_CHARACTERISTICS),
      &attach_provider,
      &detach,
      &clean_up,
      {0, sizeof(NPI_REGISTRATION_INSTANCE), &kNpi, nullptr, 0, nullptr}};
  static const NPI_PROVIDER_CHARACTERISTICS kProvider{
      0,
      sizeof(NPI_PROVIDER_CHARACTERISTICS),
      &attach_client,
      &detach,
      &clean_up,
      {0, sizeof(NPI_REGISTRATION_INSTANCE), &kNpi, nullptr, 0, nullptr}};
  if (registrations.size() == 6) return;
  Registration& registration = registrations.emplace_back(Registration{this, kind});
  registration.live = true;
  const NTSTATUS status = kind == Kind::kClient
                              ? NmrRegisterClient(&kClient, &registration, &registration.handle)
                              : NmrRegisterProvider(&kProvider, &registration, &registration.handle);
  expect(status == STATUS_SUCCESS, "a registration that fails");
  handles.push_back(registration.handle);
}

}  // namespace

void run_names(std::span<const std::uint8_t> input, std::set<std::string>* things) {
  Program(input, things).run();
}

}  // namespace fuzz
