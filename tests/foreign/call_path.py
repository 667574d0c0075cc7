"""What one guarded call executes on aarch64: no barrier, no exclusive and no atomic read-modify-write, two release
stores, and few acquire loads.

  python3 tests/foreign/call_path.py WORK

Builds bench/one_call.cpp in the directory WORK, runs it in the emulator, and reads the way of the last call through
guarded_call() from the emulator's log and the disassembly.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOLS = "aarch64-linux-gnu-"
# The records of the domain, a slot that is free, and the cell again after it has been published.
ACQUIRE_LOADS = 3
RELEASE_STORES = 2

BARRIER = re.compile(r"d[ms]b|isb")
ACQUIRE = re.compile(r"ldap?u?r[bh]?|ldapursw")
RELEASE = re.compile(r"stlu?r[bh]?")
ATOMIC = re.compile(r"(ld|st)a?l?x[rp][bh]?|casp?a?l?[bh]?|swpa?l?[bh]?|(ld|st)(add|clr|eor|set|[su]max|[su]min)a?l?[bh]?")
BRANCH = re.compile(r"b|b\.\w+|bl|br|blr|ret|cbn?z|tbn?z")


def is_atomic(mnemonic, operands):
    return ATOMIC.fullmatch(mnemonic) or "__aarch64_" in operands


def run(*command):
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def disassemble(program):
    """Returns {address: (mnemonic, operands)} of guarded_call()."""
    out = run(TOOLS + "objdump", "-d", "--no-show-raw-insn", "--disassemble=guarded_call", program)
    return {int(address, 16): (mnemonic, operands)
            for address, mnemonic, operands in re.findall(r"^ *([0-9a-f]+):\t(\S+)\s*(.*)$", out, re.M)}


def last_call(program, code, work):
    """Returns the addresses that the last call executes. The log has the beginning of each block."""
    log = work / "call_path.log"
    run("qemu-aarch64", "-d", "exec,nochain", "-dfilter", f"{min(code):#x}+{max(code) + 4 - min(code):#x}",
        "-D", log, program, "function", 3)
    blocks = [int(pc, 16) for pc in re.findall(r"\[[0-9a-f]+/([0-9a-f]+)/", log.read_text(encoding="utf-8"))]
    blocks = blocks[len(blocks) - 1 - blocks[::-1].index(min(code)):]
    path = []
    for block, following in zip(blocks, blocks[1:] + [None]):
        address = block
        while address in code:
            path.append(address)
            if BRANCH.fullmatch(code[address][0]) or address + 4 == following:
                break
            address += 4
    return path


def main(work):
    work.mkdir(parents=True, exist_ok=True)
    program = work / "one_call"
    run(TOOLS + "g++", "-std=c++20", "-O2", "-static", "-I", ROOT / "include", ROOT / "bench/one_call.cpp",
        ROOT / "bench/echo.cpp", "-o", program)
    code = disassemble(program)
    path = [code[address] for address in last_call(program, code, work)]
    loads = sum(1 for mnemonic, _ in path if ACQUIRE.fullmatch(mnemonic))
    stores = sum(1 for mnemonic, _ in path if RELEASE.fullmatch(mnemonic))
    barriers = sum(1 for mnemonic, _ in path if BARRIER.fullmatch(mnemonic))
    atomics = sum(1 for each in path if is_atomic(*each))
    print(f"{len(path)} instructions, {loads} acquire loads, {stores} release stores, {barriers} barriers, "
          f"{atomics} exclusives or atomics")
    good = (len(path) > 10 and path[-1][0] == "ret" and loads <= ACQUIRE_LOADS and stores == RELEASE_STORES
            and barriers == 0 and atomics == 0)
    if not good:
        print("\n".join(f"{mnemonic}\t{operands}" for mnemonic, operands in path))
    return 0 if good else 1


sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
