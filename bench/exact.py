"""The bars that do not depend on how fast or busy a machine is: instructions, disassembly, sizes; and compile times.

  python3 bench/exact.py [--quick | --smoke] [--json FILE] [--work DIRECTORY]
  python3 bench/exact.py --test [--work DIRECTORY]

Needs valgrind and objdump; measures with each of the compilers that it finds. Prints a line for each bar. With --test only
those that are the same on each run, for an exit status of 1 if one is missed; with --smoke the rest for an instant, and of
two mechanisms.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLAGS = ["-std=c++20", "-O2", "-I", str(ROOT / "include")]
# Instructions of a guarded call above the bare one, for each compiler that has a bar.
INSTRUCTIONS = {"g++": 24, "clang++-19": 22}

LINE = 64

Bar = collections.namedtuple("Bar", "bar what value limit kind holds")


def run(*command):
    """Runs a command. Returns what it prints, both streams."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def build(compiler, work, name, *flags):
    program = work / ".".join([name, *flags, compiler])
    sources = [ROOT / "bench" / f"{name}.cpp", ROOT / "bench" / "echo.cpp"]
    run(compiler, *FLAGS, *flags, *map(str, sources), "-o", str(program), "-pthread")
    return program


class Bars(list):
    def at_most(self, bar, what, value, limit, kind="exact"):
        holds = value <= limit
        self.append(Bar(bar, what, value, limit, kind, holds))
        print(f"bar {bar}: {what}: {value:.4g} (bar: <= {limit:.4g}) {'ok' if holds else 'MISSED'}", flush=True)


def instructions(program, what, times):
    """Returns how many instructions the program takes, as callgrind counts them."""
    out = run("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, what, str(times))
    return int(re.search(r"Collected : (\d+)", out)[1])


def instructions_per_call(program, what):
    few, many = 1000, 101000  # what differs from start to start is less than a hundredth of an instruction then
    return (instructions(program, what, many) - instructions(program, what, few)) / (many - few)


Instruction = collections.namedtuple("Instruction", "address length text")


def disassemble(program, function):
    """Returns a function's instructions."""
    listing = run("objdump", "-d", "--disassemble=" + function, program)
    found = []
    for line in listing.splitlines():
        match = re.match(r"\s+([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*(.*)", line)
        if not match:
            continue
        length = len(match[2].split())
        if match[3]:
            found.append(Instruction(int(match[1], 16), length, match[3]))
        elif found:  # the rest of a long one
            found[-1] = found[-1]._replace(length=found[-1].length + length)
    if not found:
        sys.exit(f"{function} was not found in {program}")
    return found


def executed(program, work):
    """Returns the addresses of guarded_call() that its calls run through, as offsets of its first instruction."""
    out = work / "callgrind.out"
    options = ["--dump-instr=yes", "--compress-pos=no", "--compress-strings=no", f"--callgrind-out-file={out}"]
    run("valgrind", "--tool=callgrind", *options, program, "function", "100")
    addresses, inside = set(), False
    for line in out.read_text().splitlines():
        if line.startswith("fn="):
            inside = line == "fn=guarded_call"
        elif inside and line.startswith("0x"):
            addresses.add(int(line.split()[0], 16))
    first = min(addresses)
    return {address - first for address in addresses}


LOCKED = re.compile(r"\block\b|\bxchg\b.*\(|\b[lms]fence\b|\bxacquire\b|\bcmpxchg|\bxadd")


def look_at_code(bars, compiler, program, work):
    code = disassemble(program, "guarded_call")
    locked = [instruction.text for instruction in code if LOCKED.search(instruction.text)]
    bars.at_most(4, f"locked instructions and fences in a guarded call, {compiler}", len(locked), 0)
    start = code[0].address
    hot_addresses = executed(program, work)
    hot = sum(i.length for i in code if i.address - start in hot_addresses)
    bars.at_most(17, f"bytes of hot code of a guarded call, {compiler}", hot, 160)
    print(f"  {compiler}: {sum(i.length for i in code)} bytes with what seldom runs")


def count(bars, compiler, program):
    bare = instructions_per_call(program, "bare call")
    above = instructions_per_call(program, "guarded call") - bare
    bars.at_most(3, f"instructions of a guarded call above the bare one, {compiler}", round(above, 2), INSTRUCTIONS[compiler])
    batch = instructions_per_call(program, "batch") - bare
    bars.at_most(19, f"instructions of a call under a guard that is kept, above a bare one, {compiler}", round(batch, 2), 4)
    handle = instructions_per_call(program, "client handle")
    for what, way in (("Client::call()", "client call"), ("a call through Client::try_call()", "client guard")):
        more = instructions_per_call(program, way) - handle
        bars.at_most(18, f"instructions of {what} above those of one through its handle, {compiler}", round(more, 2) + 0.0, 0)
    further = instructions_per_call(program, "further looks") / instructions_per_call(program, "first look")
    bars.at_most(3, f"instructions of a call that looks further for its record / of one that does not, {compiler}", further, 3)


def by_windows_names(bars, compiler, program):
    for what, limit, way in (("ExAcquireRundownProtection() and ExReleaseRundownProtection()", 0, ""),
                             ("the same with CacheAware", 2, "_sharded")):
        more = instructions_per_call(program, "windows" + way) - instructions_per_call(program, "library" + way)
        bars.at_most(20, f"instructions of {what} above the library's own, {compiler}", round(more, 2) + 0.0, limit)


def locked_instructions(program, locked, work, what, times):
    """Returns how many instructions at the addresses in `locked` the program executes."""
    out = work / "callgrind.out"
    options = ["--dump-instr=yes", "--dump-line=no", "--compress-pos=no", f"--callgrind-out-file={out}"]
    run("valgrind", "--tool=callgrind", *options, program, what, str(times))
    executed, inclusive = 0, False
    for line in out.read_text().splitlines():
        if line.startswith("0x") and not inclusive:
            address, count = line.split()[:2]
            executed += int(count) if int(address, 16) in locked else 0
        inclusive = line.startswith("calls=")
    return executed


def shared_stores(program, what, times):
    """Returns how many stores of a call go to a cache line that another thread's calls, through the same mechanism,
    read or write."""
    symbols = run("nm", program)
    phase_at = int(re.search(r"^([0-9a-f]+) . .*g_phase", symbols, re.MULTILINE)[1], 16)
    phase, stores, others = 0, [], set()
    for line in run("valgrind", "--tool=lackey", "--trace-mem=yes", program, what, str(times), "twice").splitlines():
        match = re.match(r" ([LSM]) ([0-9a-f]+),", line)
        if not match:
            continue
        address = int(match[2], 16)
        if address == phase_at:
            phase += match[1] != "L"
        elif phase == 1 and match[1] != "L":
            stores.append(address // LINE)
        elif phase == 3:
            others.add(address // LINE)
    if phase != 4 or not others:
        sys.exit(f"{what}: the trace is not what it should be")
    return sum(line in others for line in stores) / times


def costs_of_mechanisms(program, work, most):
    """Returns for each of the first `most` mechanisms the instructions, the locked instructions and the stores to shared
    lines of a call."""
    listing = run("objdump", "-d", "--no-show-raw-insn", program)
    lines = re.findall(r"^\s+([0-9a-f]+):\t(.*)$", listing, re.MULTILINE)
    locked = {int(address, 16) for address, text in lines if LOCKED.search(text)}
    few, many = 100, 1100
    costs = {}
    for name in re.findall(r'kName = "(.*)"', (ROOT / "bench" / "mechanisms.hpp").read_text())[:most]:
        counts = [locked_instructions(program, locked, work, name, times) for times in (few, many)]
        costs[name] = {
            "instructions": round(instructions_per_call(program, name), 1),
            "locked": round((counts[1] - counts[0]) / (many - few), 2),
            "shared_stores": round(shared_stores(program, name, few), 2),
        }
        print(f"  {name}: {costs[name]['instructions']} instructions a call, {costs[name]['locked']} locked, "
              f"{costs[name]['shared_stores']} stores to shared lines", flush=True)
    return costs


def facts(bars, compiler, work):
    for line in run(build(compiler, work, "facts")).splitlines():
        bar, figure, limit, what = line.split(None, 3)
        bars.at_most(int(bar), what, int(figure), int(limit))


def cpu_seconds(compiler, source):
    child = subprocess.Popen([compiler, *FLAGS, "-c", str(source), "-o", os.devnull])
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"{compiler} does not compile {source}")
    return usage.ru_utime + usage.ru_stime


COMPILE = [
    # ours, what it is compared with, how many times as long it may take
    (["nmr/rundown.hpp"], ["atomic"], 1.25),
    (["nmr/nmr.hpp"], ["atomic", "mutex", "condition_variable", "functional", "memory"], 1.5),
]


def compile_times(bars, compiler, work, rounds):
    for ours, theirs, limit in COMPILE:
        sources = []
        for name, headers in (("ours", ours), ("theirs", theirs)):
            source = work / f"{name}.cpp"
            source.write_text("".join(f"#include <{header}>\n" for header in headers) + "int main() {}\n")
            sources.append(source)
        ratios = [cpu_seconds(compiler, sources[0]) / cpu_seconds(compiler, sources[1]) for _ in range(rounds)]
        what = f"compile time of <{ours[0]}> / of <{'> <'.join(theirs)}>, {compiler}"
        bars.at_most(15, what, statistics.median(ratios), limit, "timed")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--test", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "exact")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)

    bars = Bars()
    compilers = [compiler for compiler in INSTRUCTIONS if shutil.which(compiler)]
    if not compilers:
        sys.exit("none of " + ", ".join(INSTRUCTIONS) + " was found")
    for compiler in compilers:
        program = build(compiler, options.work, "one_call")
        count(bars, compiler, program)
        look_at_code(bars, compiler, program, options.work)
        by_windows_names(bars, compiler, build(compiler, options.work, "windows_names"))
    # One image, libraries and all, whose addresses are those of its disassembly.
    static = build(compilers[0], options.work, "one_call", "-static")
    bars.at_most(5, "stores of a guarded call to lines that another thread's calls touch, in a memory trace",
                 shared_stores(static, "guarded call", 100), 0)
    facts(bars, compilers[0], options.work)
    if options.test:
        print(f"exact bars: {sum(bar.holds for bar in bars)} of {len(bars)} hold")
        sys.exit(0 if all(bar.holds for bar in bars) else 1)
    costs = costs_of_mechanisms(static, options.work, 2 if options.smoke else None)
    for compiler in compilers:
        compile_times(bars, compiler, options.work, 1 if options.smoke else 5 if options.quick else 11)
    if options.json:
        options.json.write_text(json.dumps({"bars": [bar._asdict() for bar in bars], "costs": costs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
