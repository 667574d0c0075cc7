"""Copies the headers and plants faults in their plain code, which the explorer cannot change while it runs.

  plant.py INCLUDE OUTPUT LIST DEPFILE

Writes the headers to OUTPUT and the faults to LIST, a header. A fault does nothing until model::planted() says that it
is the one that is looked for.
"""
import pathlib
import sys

# (name, header, what it says, what it says then); PLANTED is true for the fault that is looked for. One that needs
# several changes stands several times.
FAULTS = [
    ("refused caller leaves no mark", "rundown/rundown_ref.hpp",
     "word_.fetch_sub(n * kOneRef - kDead,", "word_.fetch_sub(n * kOneRef - (PLANTED ? 0 : kDead),"),
    ("refused only at the first look", "rundown/rundown_ref.hpp",
     "(before + n * kOneRef) & (kBegun |", "(before + n * kOneRef) & ((PLANTED ? 0 : kBegun) |"),
    ("beginner cannot be last", "rundown/rundown_ref.hpp",
     "return give_back(1) ?", "if (PLANTED) word_.fetch_sub(kOneRef, order::release); "
     "return !PLANTED && give_back(1) ?"),
    ("refused caller cannot be last", "rundown/rundown_ref.hpp",
     "(void)give_back(n);", "if (PLANTED) word_.fetch_sub(n * kOneRef, order::release); else (void)give_back(n);"),
    ("opened beside a refused caller", "rundown/rundown_ref.hpp",
     "if (word < kOneRef && word_.", "if ((PLANTED || word < kOneRef) && word_."),
    ("not claimed before any has run", "rundown/completion_list.hpp",
     "if (node->claim_ != nullptr)", "if (!PLANTED && node->claim_ != nullptr)"),
    ("linked beside an unlink", "rundown/completion_list.hpp",
     "if ((head & kUnlinking) == 0) {", "if (PLANTED || (head & kUnlinking) == 0) {"),
    ("second beginner closes no shard", "rundown/sharded_rundown_ref.hpp",
     "if (first) centre_.set_begun();", "if (!first && PLANTED) return centre_.join(completion); "
     "if (first) centre_.set_begun();"),
    ("bias goes with the first shard", "rundown/sharded_rundown_ref.hpp",
     "order::acq_rel) != 1) return;", "order::acq_rel) != (PLANTED ? shard_mask_ + 1 : 1)) return;"),
    ("looks, then opens", "calls/call_target.hpp",
     "return refs_.try_reinitialize() &&",
     "if (PLANTED && refs_.run_down_already()) return refs_.reinitialize(), refs_.try_acquire(); "
     "return refs_.try_reinitialize() &&"),
    ("leaver concludes too early", "calls/drain_list.hpp",
     "if (target->phase_ == Target::Phase::kScanning &&",
     "if ((PLANTED || target->phase_ == Target::Phase::kScanning) &&"),
    ("last look at all slots", "calls/call_roster.hpp",
     "if ((slot.recheck.load(order::relaxed) & Slot::kDraining) == 0) return;",
     "if (!PLANTED && (slot.recheck.load(order::relaxed) & Slot::kDraining) == 0) return;"),
    ("flags more than its batch", "calls/call_roster.hpp",
     "!BasicDrainList<Atomics>::mark_inside(batch, target)",
     "(!BasicDrainList<Atomics>::mark_inside(batch, target) && !(PLANTED && draining_.find(target) != nullptr))"),
    ("flag of a used slot goes", "calls/call_roster.hpp",
     "if (draining_.find(slot.target.load(order::acquire)) != nullptr) return;",
     "if (!PLANTED && draining_.find(slot.target.load(order::acquire)) != nullptr) return;"),
    ("refused caller does not look", "calls/call_domain.hpp",
     "if (refused != nullptr) clear_slot(*refused, nullptr, thread);",
     "if (refused != nullptr && PLANTED) refused->target.store(Slot::mark(thread), order::release); "
     "else if (refused != nullptr) clear_slot(*refused, nullptr, thread);"),
    ("leaver on another thread leaves its own mark", "calls/call_domain.hpp",
     "slot.target.store(Slot::mark(thread), order::release);",
     "slot.target.store(Slot::mark(PLANTED ? Atomics::thread_pointer() : thread), order::release);"),
    ("slotless call leaves where all look first", "calls/call_domain.hpp",
     "return slotless_.slots[0];", "return PLANTED ? void_.record.slots[0] : slotless_.slots[0];"),
    ("slotless call counts too late", "calls/call_domain.hpp",
     "    target->refs().duplicate();", "    if (PLANTED) mutex_.unlock(); target->refs().duplicate(); "
     "if (PLANTED) mutex_.lock();"),
    ("registers without the mutex", "calls/call_domain.hpp",
     "Record* const record = add_record(thread);",
     "if (PLANTED) mutex_.unlock(); Record* const record = add_record(thread); if (PLANTED) mutex_.lock();"),
    ("record in use is moved", "calls/call_domain.hpp",
     "if (outgrown != nullptr && !outgrown->idle())", "if (!PLANTED && outgrown != nullptr && !outgrown->idle())"),
    ("fast way in without a barrier", "calls/call_domain.hpp",
     "if (!real_fences_) set_first_look(", "if (PLANTED || !real_fences_) set_first_look("),
    ("two opened it", "rundown/completion_list.hpp",
     "return head_.compare_exchange_strong(head, 0, order::acquire, order::relaxed);",
     "return PLANTED ? (head = head_.exchange(0, order::acquire)) == kClosed || head == 0"
     " : head_.compare_exchange_strong(head, 0, order::acquire, order::relaxed);"),
    ("hold frees its slot first", "calls/per_thread_calls.hpp",
     "target.refs().duplicate();  // first", "if (PLANTED) leave(); target.refs().duplicate();  // first"),
    ("put in while calls are inside", "calls/one_word_calls.hpp",
     "calls_.wait_for_rundown();", "if (!PLANTED) calls_.wait_for_rundown();"),
    ("taken out, and not kept", "calls/one_word_calls.hpp",
     "target.refs().duplicate();  // until close()", "if (!PLANTED) target.refs().duplicate();  // until close()"),
    ("one side is enough", "registry/detach.hpp",
     "binding.sides_left = 2;",
     "binding.sides_left = PLANTED ? 1 : 2;"),
    ("cleaned up before both are done", "registry/detach.hpp",
     "if (--binding.sides_left != 0) return;",
     "if (--binding.sides_left != 0 && !PLANTED) return;"),
    ("sides counted without the mutex", "registry/detach.hpp",
     "LockGuard lock(side.registration.registry.mutex);",
     "typename State::Atomics::Mutex none;\n"
     "      LockGuard lock(PLANTED ? none : side.registration.registry.mutex);"),
    ("claimed on deregistration in any state", "registry/registry_core.hpp",
     "binding->side_of(registration.side).next) {\n        if (binding->state ==",
     "binding->side_of(registration.side).next) {\n        if (PLANTED || binding->state =="),
    ("detached by name in any state", "registry/registry_core.hpp",
     "if it is not yet\n        if (binding->state ==",
     "if it is not yet\n        if (PLANTED || binding->state =="),
    ("found by name when it is detached", "registry/registry_core.hpp",
     "if (binding->id != id || binding->state > BindingState::kAttached)",
     "if (binding->id != id || (!PLANTED && binding->state > BindingState::kAttached))"),
    ("detach by name forgotten while it is made", "registry/attach.hpp",
     "binding.detach_requested) {",
     "(!PLANTED && binding.detach_requested)) {"),
    ("client that left meanwhile stays", "registry/attach.hpp",
     "if (client.deregistering ||",
     "if ((!PLANTED && client.deregistering) ||"),
    ("provider that left meanwhile stays", "registry/attach.hpp",
     " provider.deregistering ||",
     " (!PLANTED && provider.deregistering) ||"),
    ("asked while calls are let in", "registry/detach.hpp",
     "target.refs().begin_rundown(side.advance);",
     "target.refs().begin_rundown(side.advance);\n    if (PLANTED) return;"),
    ("asked while calls are let in", "registry/detach.hpp",
     "    side.outgoing.refs().release();  // the callback\n",
     "    if (PLANTED && side.cell->remove(side.outgoing)) {\n      side.outgoing.link_to_close(nullptr);\n"
     "      Calls::close(side.registration.registry.calls, &side.outgoing);\n    }\n"
     "    side.outgoing.refs().release();  // the callback\n"),
    ("callback keeps no reference", "registry/detach.hpp",
     "registration.module.detach(registration.module.module,",
     "if (PLANTED) side.outgoing.refs().release();\n"
     "      registration.module.detach(registration.module.module,"),
    ("callback keeps no reference", "registry/detach.hpp",
     "side.outgoing.refs().release();  // the callback\n",
     "if (!PLANTED) side.outgoing.refs().release();  // the callback\n"),
    ("closed without rundown", "registry/detach.hpp",
     "target.refs().begin_rundown(side.advance);",
     "if (!PLANTED) target.refs().begin_rundown(side.advance);"),
    ("closes what another took out", "registry/detach.hpp",
     "if (!side.cell->remove(target)) return;",
     "if (!side.cell->remove(target) && !PLANTED) return;"),
    ("not closed, only taken out", "registry/detach.hpp",
     "target.link_to_close(to_close);\n    to_close = &target;",
     "target.link_to_close(to_close);\n    if (!PLANTED) to_close = &target;"),
    ("next of a batch read too late", "registry/detach.hpp",
     "      ask(provider);\n      batch = next;",
     "      ask(provider);\n      batch = PLANTED ? batch->batch : next;"),
    ("client told before the provider is let go", "registry/detach.hpp",
     "    Completion* const of_provider =",
     "    if (PLANTED) Completion::run_each(of_client);\n    Completion* const of_provider ="),
    ("client told before the provider is let go", "registry/detach.hpp",
     "    Completion::run_each(of_client);\n    Completion::run_each(of_provider);",
     "    if (!PLANTED) Completion::run_each(of_client);\n    Completion::run_each(of_provider);"),
    ("let go before it is unlinked", "registry/detach.hpp",
     "    {\n      LockGuard lock(state.mutex);\n      state.unlink(binding);",
     "    Completion* const early_client = PLANTED ? binding.client.registration.open.release_deferred() : "
     "nullptr;\n"
     "    Completion* const early_provider = PLANTED ? binding.provider.registration.open.release_deferred() "
     ": nullptr;\n    {\n      LockGuard lock(state.mutex);\n      state.unlink(binding);"),
    ("let go before it is unlinked", "registry/detach.hpp",
     "of_client = client.open.release_deferred();",
     "of_client = PLANTED ? early_client : client.open.release_deferred();"),
    ("let go before it is unlinked", "registry/detach.hpp",
     "of_provider = provider.open.release_deferred();",
     "of_provider = PLANTED ? early_provider : provider.open.release_deferred();"),
    ("unlinked without the mutex", "registry/detach.hpp",
     "LockGuard lock(state.mutex);\n      state.unlink(binding);",
     "LockGuard lock(state.mutex);\n      if (PLANTED) state.mutex.unlock();\n      state.unlink(binding);\n"
     "      if (PLANTED) state.mutex.lock();"),
    ("never unlinked", "registry/detach.hpp",
     "state.unlink(binding);",
     "if (!PLANTED) state.unlink(binding);"),
    ("client that has failed is asked", "registry/detach.hpp",
     "if (binding.state == BindingState::kAttached) {\n      --",
     "if (PLANTED || binding.state == BindingState::kAttached) {\n      --"),
    ("owned context goes before the cleanup", "registry/detach.hpp",
     "    if (side.asked && module.cleanup",
     "    if (PLANTED) side.owned.reset();\n    if (side.asked && module.cleanup"),
    ("client that has failed is cleaned up", "registry/detach.hpp",
     "if (side.asked && module.cleanup",
     "if ((PLANTED || side.asked) && module.cleanup"),
    ("provider of a client that has failed is kept", "registry/attach.hpp",
     "BasicDetach<Calls>::claim(binding, batch);  // of",
     "if (!PLANTED) BasicDetach<Calls>::claim(binding, batch);  // of"),
    ("detached provider still counts", "registry/detach.hpp",
     "--binding.provider.registration.attached;",
     "if (!PLANTED) --binding.provider.registration.attached;"),
    ("client cleaned up past its executor", "registry/detach.hpp",
     "go_on(binding.client, &clean_up_client);",
     "PLANTED ? clean_up_client(binding.client) : go_on(binding.client, &clean_up_client);"),
    ("offered before it can be found", "registry/registry_core.hpp",
     "state.link(*registration);",
     "if (PLANTED) state.mutex.unlock();\n      if (PLANTED) state.mutex.lock();\n"
     "      state.link(*registration);"),
    ("found before it is offered", "registry/registry_core.hpp",
     "      state.link(*registration);",
     "      if (!PLANTED) state.link(*registration);"),
    ("found before it is offered", "registry/registry_core.hpp",
     "if (!make_offers(state, *registration, offers)) {",
     "if (PLANTED) {\n        state.link(*registration);\n        state.mutex.unlock();\n"
     "        state.mutex.lock();\n      }\n      if (!make_offers(state, *registration, offers)) {"),
    ("given out after the callbacks", "registry/registry_core.hpp",
     "out = registration;",
     "if (!PLANTED) out = registration;"),
    ("given out after the callbacks", "registry/registry_core.hpp",
     "registration->open.release();\n",
     "registration->open.release();\n    if (PLANTED) out = registration;\n"),
    ("offered to one that leaves", "registry/registry_core.hpp",
     "if (peer->deregistering ||",
     "if ((!PLANTED && peer->deregistering) ||"),
    ("deregistered twice", "registry/registry_core.hpp",
     "if (registration.deregistering) return",
     "if (!PLANTED && registration.deregistering) return"),
    ("deregisters without a reference", "registry/registry_core.hpp",
     "(void)registration.open.try_acquire();  // this thread, until it is",
     "if (!PLANTED) (void)registration.open.try_acquire();  // this thread, until it is"),
    ("deregisters without a reference", "registry/registry_core.hpp",
     "registration.open.release();  // it may be gone",
     "if (!PLANTED) registration.open.release();  // it may be gone"),
    ("visit keeps nothing", "registry/registry_core.hpp",
     "if (side_ != nullptr)\n        side_->outgoing",
     "if (side_ != nullptr && !PLANTED)\n        side_->outgoing"),
    ("visit keeps nothing", "registry/registry_core.hpp",
     "if (side_ == nullptr) return left->outgoing",
     "if (PLANTED) return;\n      if (side_ == nullptr) return left->outgoing"),
    ("visit lets go before it goes on", "registry/registry_core.hpp",
     "Side* const left = side_;",
     "Side* const left = side_;\n      if (PLANTED) left->outgoing.refs().release();"),
    ("visit lets go before it goes on", "registry/registry_core.hpp",
     "if (side_ == nullptr) return left->outgoing",
     "if (PLANTED) return;\n      if (side_ == nullptr) return left->outgoing"),
    ("visits what is being detached", "registry/registry_core.hpp",
     "binding->state != BindingState::kAttached) {",
     "binding->state != BindingState::kAttached && !PLANTED) {"),
    ("called before it is aimed", "registry/attach.hpp",
     "client.outgoing.aim(to_provider.dispatch, to_provider.context);",
     "if (!PLANTED) client.outgoing.aim(to_provider.dispatch, to_provider.context);"),
    ("called before it is aimed", "registry/attach.hpp",
     "open(client, offer.replaced);",
     "open(client, offer.replaced);\n"
     "    if (PLANTED) client.outgoing.aim(to_provider.dispatch, to_provider.context);"),
    ("replaced before it is attached, and kept", "registry/attach.hpp",
     "        binding->detach_requested = true;",
     "        if (!PLANTED) binding->detach_requested = true;"),
    ("replaced is claimed in any state", "registry/attach.hpp",
     "if (binding->state == BindingState::kAttached) {",
     "if (PLANTED || binding->state == BindingState::kAttached) {"),
    ("replaced is closed first", "registry/attach.hpp",
     "if (replaced == nullptr) return;",
     "if (replaced == nullptr) return;\n    if (PLANTED) Calls::close(state.calls, replaced);"),
    ("replaced is closed first", "registry/attach.hpp",
     "Calls::close(state.calls, replaced);  // not",
     "if (!PLANTED) Calls::close(state.calls, replaced);  // not"),
    ("attaches out of turn", "registry/attach.hpp",
     "while (registration_.attaching_thread != 0 &&",
     "while (!PLANTED && registration_.attaching_thread != 0 &&"),
    ("end of a turn wakes nobody", "registry/attach.hpp",
     "state_.attach_ended.notify_all();",
     "if (!PLANTED) state_.attach_ended.notify_all();"),
    ("freed without the mutex", "registry/registry_state.hpp",
     "LockGuard lock(mutex);\n      unlink(registration);",
     "LockGuard lock(mutex);\n      if (PLANTED) mutex.unlock();\n      unlink(registration);\n"
     "      if (PLANTED) mutex.lock();"),
    ("client's owned context stays after a refusal", "registry/detach.hpp",
     "binding.client.owned.reset();",
     "if (!PLANTED) binding.client.owned.reset();"),
    ("visited before it can be called", "registry/attach.hpp",
     "    // The provider's way first:",
     "    if (PLANTED) {\n      LockGuard lock(state.mutex);\n      binding.state = BindingState::kHalfAttached;\n"
     "    }\n    // The provider's way first:"),
    ("listed without the mutex", "registry/registry_core.hpp",
     "    RegistrySnapshot all;\n    LockGuard lock(state_.mutex);",
     "    RegistrySnapshot all;\n    typename Atomics::Mutex none;\n"
     "    LockGuard lock(PLANTED ? none : state_.mutex);"),
    ("callback noted without the mutex", "registry/registry_state.hpp",
     "next_ = state_.in_callbacks_;",
     "if (PLANTED) state_.mutex.unlock();\n      next_ = state_.in_callbacks_;\n"
     "      if (PLANTED) state_.mutex.lock();"),
]


def main(include, output, listing, depfile):
    texts = {path.relative_to(include).as_posix(): path.read_text(encoding="utf-8")
             for path in sorted(include.rglob("*")) if path.is_file()}
    rows = {}  # by name
    for name, header, old, new in FAULTS:
        text = texts[f"nmr/{header}"]
        if text.count(old) != 1:
            sys.exit(f"{header} says {text.count(old)} times: {old}")
        line = text[:text.index(old)].count("\n") + 1
        rows.setdefault(name, f'    {{"{header}", {line}, Mutation::kPlanted, 0, "{name}"}},')
        texts[f"nmr/{header}"] = text.replace(old, new.replace("PLANTED", f'::model::planted("{name}")'))
    for name, text in texts.items():
        path = output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    listing.write_text('// Made by plant.py.\n#pragma once\n#include "mutation.hpp"\nnamespace model {\n'
                       "inline const Mutation kPlantedFaults[] = {\n" + "\n".join(rows.values()) + "\n};\n}\n", encoding="utf-8")
    depfile.write_text(f"{listing}: " + " ".join(str(include / name) for name in texts) + "\n", encoding="utf-8")


main(*map(pathlib.Path, sys.argv[1:]))
