"""Copies the headers and plants faults in their plain code, which the explorer cannot change while it runs.

  plant.py INCLUDE OUTPUT LIST DEPFILE

Writes the headers to OUTPUT and the faults to LIST, a header. A fault does nothing until model::planted() says that it
is the one that is looked for.
"""
import pathlib
import sys

# (name, header, what it says, what it says then); PLANTED is true for the fault that is looked for.
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
]


def main(include, output, listing, depfile):
    texts = {path.relative_to(include).as_posix(): path.read_text(encoding="utf-8")
             for path in sorted(include.rglob("*")) if path.is_file()}
    rows = []
    for name, header, old, new in FAULTS:
        text = texts[f"nmr/{header}"]
        if text.count(old) != 1:
            sys.exit(f"{header} says {text.count(old)} times: {old}")
        line = text[:text.index(old)].count("\n") + 1
        rows.append(f'    {{"{header}", {line}, Mutation::kPlanted, 0, "{name}"}},')
        texts[f"nmr/{header}"] = text.replace(old, new.replace("PLANTED", f'::model::planted("{name}")'))
    for name, text in texts.items():
        path = output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    listing.write_text('// Made by plant.py.\n#pragma once\n#include "mutation.hpp"\nnamespace model {\n'
                       "inline const Mutation kPlantedFaults[] = {\n" + "\n".join(rows) + "\n};\n}\n", encoding="utf-8")
    depfile.write_text(f"{listing}: " + " ".join(str(include / name) for name in texts) + "\n", encoding="utf-8")


main(*map(pathlib.Path, sys.argv[1:]))
